//! The command line of labs.

use super::ask::family;
use super::{Format, LabBreak, LabHeal, LabStatus, SourceArgs, check};
use crate::model::{Check, Family};
use clap::Subcommand;

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Lab {
    #[command(subcommand)]
    pub(in crate::cli) command: LabCommand,
}

/// What is done with a lab.
#[derive(Subcommand, Debug)]
pub(in crate::cli) enum LabCommand {
    /// Builds the cluster on this machine: every node and pod a network namespace, every node
    /// programmed by the same apply.
    Up(LabUp),
    /// Brings changed sources to a lab that runs: every node applies them, and its pods serve what they
    /// say now.
    Apply(LabApply),
    /// Lists the labs that run.
    List(LabList),
    /// Runs a command in a place of a lab: pod/NAMESPACE/NAME, node/NAME, container/NODE/NAME,
    /// outside, router or switch. Ends as the command does.
    Exec(LabExec),
    /// Asks somebody from a place of a lab, and prints the answer. Exit code 4: not answered.
    Curl(LabCurl),
    /// Asks the kernel, with packets, whether every `assert` holds, what is checked of every network, and
    /// who answers for every rule of an ingress.
    Test(LabTest),
    /// Shows the hosts and pods of a lab, what is broken of them, and what has passed on their links.
    Status(LabStatus),
    /// Breaks something of a lab on purpose: cuts links, makes them slow or lossy, stops nodes.
    Break(LabBreak),
    /// Heals what is broken.
    Heal(LabHeal),
    /// Ends a lab: all its processes, and with them all its namespaces.
    Down(LabDown),
    /// Makes a lab. Started by `netc lab up` itself.
    #[command(hide = true)]
    Hub(LabProcess),
    /// Is a machine of a lab. Started by the hub.
    #[command(hide = true)]
    Host(LabProcess),
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabUp {
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    /// The lab's name [default: the cluster's].
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(in crate::cli) name: Option<String>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabApply {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabList {
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabExec {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// Where: pod/shop/web-0, node1, container/node1/web, outside, router or switch.
    #[arg(value_name = "PLACE")]
    pub(in crate::cli) place: String,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(in crate::cli) command: Vec<std::ffi::OsString>,
    /// How to show what is wrong.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabCurl {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// Who asks, who is asked, and the path: pod/shop/web-0 service/shop/api:http /welcome. `outside`
    /// alone is the lab's; other names are as for `netc trace`. A node without a port is asked where
    /// it serves ingresses.
    #[arg(required = true, num_args = 1.., value_name = "FROM TO [PATH]")]
    pub(in crate::cli) words: Vec<String>,
    /// The host that is asked for by HTTP [default: the address].
    #[arg(long, value_name = "NAME", value_parser = host, conflicts_with = "udp")]
    pub(in crate::cli) host: Option<String>,
    /// Ask by UDP.
    #[arg(long)]
    pub(in crate::cli) udp: bool,
    /// The family of the addresses: 4 or 6 [default: the first that both have].
    #[arg(long, value_parser = family)]
    pub(in crate::cli) family: Option<Family>,
    /// Ask so often, and show how many answers came of whom.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(in crate::cli) count: u32,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabTest {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// Only this check, and no assert. May be repeated.
    #[arg(long, value_name = "NAME", value_parser = check)]
    pub(in crate::cli) check: Vec<Check>,
    /// Leave this check out. May be repeated.
    #[arg(long, value_name = "NAME", value_parser = check, conflicts_with = "check")]
    pub(in crate::cli) skip: Vec<Check>,
    /// Ask so many questions of all checks at most [default: 2000].
    #[arg(long, value_name = "N")]
    pub(in crate::cli) most: Option<usize>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabDown {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// End all labs of this user.
    #[arg(long, conflicts_with = "name")]
    pub(in crate::cli) all: bool,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

/// A process of a lab.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabProcess {
    /// Whose it is, for whoever lists processes.
    #[arg(value_name = "NAME")]
    pub(in crate::cli) names: Vec<String>,
}

/// Which lab is meant.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct WhichLab {
    /// The lab's name [default: the only one that runs].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
}

/// A name that can stand in a request.
fn host(word: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.:[]*".contains(letter);
    match !word.is_empty() && word.chars().all(fits) {
        true => Ok(word.to_owned()),
        false => Err("it is a host name, perhaps with a port: `shop.example`".into()),
    }
}

/// A name that can be that of a folder.
fn name(word: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let begins = word.starts_with(|first: char| first.is_ascii_alphanumeric());
    if begins && word.len() <= 63 && word.chars().all(fits) {
        Ok(word.to_owned())
    } else {
        Err("it has up to 63 letters, digits, `-`, `_` and `.`, a letter or digit first".into())
    }
}
