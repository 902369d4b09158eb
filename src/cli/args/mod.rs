//! The command line.

mod ask;
mod import;
mod lab;
mod live;
mod mishap;

pub(super) use ask::{
    Carried, Graph, GraphFormat, Show, ShowAll, ShowDocker, ShowNode, ShowOnNode, ShowOne,
    ShowWhat, Trace, TraceFormat, Why,
};

pub(super) use import::{
    Import, ImportCni, ImportDocker, ImportFlannel, ImportFrom, ImportInto, ImportK8s,
};
pub(super) use lab::{
    Lab, LabApply, LabCommand, LabCurl, LabDown, LabExec, LabList, LabTest, LabUp, WhichLab,
};
pub(super) use live::{Apply, Back, Destroy, Healthz, Live, LiveNode, ThisNode, Watchdog};
pub(super) use mishap::{LabBreak, LabHeal, LabStatus};

use clap::{ColorChoice, Parser, Subcommand, ValueEnum};
use netc_lang::suggest::{all_of, did_you_mean};
use std::path::PathBuf;

/// The declarative node-network compiler: describes a cluster's network, compiles it into what
/// each Linux node must hold in its kernel, shows it, and makes it so.
#[derive(Parser, Debug)]
#[command(version, about, max_term_width = 100)]
pub(super) struct Args {
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Reads everything and reports all faults at once.
    Check(Check),
    /// Shows the ordered operations that make each node from nothing.
    Plan(Plan),
    /// Writes the artefacts of every node, or compares them with a folder.
    Build(Build),
    /// Shows what changes from one description or build of the cluster to another, or on the live
    /// node.
    Diff(Diff),
    /// Makes the live node so, as a whole or not at all.
    Apply(Apply),
    /// Keeps what `netc apply --confirm-within` has made.
    Confirm(Live),
    /// Brings the live node back to what it was before the last apply, or before one that was
    /// interrupted.
    Rollback(Back),
    /// Removes all that netc has made on the live node.
    Destroy(Destroy),
    /// Undoes an apply that nobody confirms. Started by apply itself.
    #[command(hide = true)]
    Watchdog(Watchdog),
    /// Answers load balancers that ask whether this node has endpoints of a service; reads its sources
    /// again on SIGHUP, ends on SIGTERM.
    Healthz(Healthz),
    /// Draws the cluster's topology, or the dependency graph of a node.
    Graph(Graph),
    /// Shows one thing of the cluster and all that belongs to it.
    Show(Show),
    /// Tells why something is on a node: which statements made it, what it needs and what needs it, and which
    /// system would have programmed it.
    Why(Why),
    /// Follows a packet through what the nodes hold, and its answer back: each rule and route that
    /// decides, what is seen at each device, and why there is no answer.
    Trace(Trace),
    /// Runs a whole cluster on this machine, to try it: nodes and pods are network namespaces.
    Lab(Lab),
    /// Records the addresses that the sources do not state in netc.lock.
    Lock(Lock),
    /// Writes what other systems hold in the language.
    Import(Import),
    /// Formats sources.
    Fmt(Fmt),
    /// Explains a word of the language or a code of a diagnostic.
    Explain(Explain),
}

/// Where the sources are.
#[derive(clap::Args, Debug)]
pub(super) struct SourceArgs {
    /// Files of .netc statements or of Kubernetes objects (.yaml, .json), `-` for standard input,
    /// or folders: a folder stands for the sources of its netc.toml, or for every such file in it.
    #[arg(default_value = ".", value_name = "SOURCES")]
    pub(super) sources: Vec<String>,
    /// The lock file [default: netc.lock beside the sources].
    #[arg(long, value_name = "FILE")]
    pub(super) lock: Option<PathBuf>,
}

/// How results are shown.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For people, diagnostics without excerpts of the sources.
    Short,
    /// For machines.
    Json,
}

#[derive(clap::Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Leave out this check: `pods-reach-pods`, for example. `netc explain checks` names them all.
    #[arg(long, value_name = "NAME", value_parser = check)]
    pub(super) skip: Vec<crate::model::Check>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(clap::Args, Debug)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Only these nodes.
    #[arg(long = "node", value_name = "NAME")]
    pub(super) nodes: Vec<String>,
    /// Show every iptables rule with its own source position.
    #[arg(long)]
    pub(super) rules: bool,
    /// Show what changes from this on: other sources, a folder that `netc build` wrote, or `live`
    /// for the live node.
    #[arg(long, value_name = "OLD", conflicts_with = "rules")]
    pub(super) against: Option<String>,
    /// Write the changes of one node here, for `netc apply`; of the live node unless --against
    /// says otherwise.
    #[arg(long, value_name = "FILE", conflicts_with = "rules")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) live: LiveNode,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: ReviewFormat,
}

#[derive(clap::Args, Debug)]
pub(super) struct Build {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Only these nodes.
    #[arg(long = "node", value_name = "NAME")]
    pub(super) nodes: Vec<String>,
    /// Write one folder per node here [default: `out` of netc.toml].
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    pub(super) out: Option<PathBuf>,
    /// Write nothing: compare with this folder [default: `golden` of netc.toml].
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = false)]
    pub(super) check: Option<Option<PathBuf>>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(clap::Args, Debug)]
pub(super) struct Diff {
    /// Two of them: what was and what is to be, each sources or a folder that `netc build` wrote;
    /// no kernel is asked. One of them: the sources that the live node is compared with.
    #[arg(default_value = ".", num_args = 1..=2, value_names = ["OLD", "NEW"])]
    pub(super) operands: Vec<String>,
    /// The lock file [default: netc.lock beside the sources].
    #[arg(long, value_name = "FILE")]
    pub(super) lock: Option<PathBuf>,
    /// Only these nodes; of a live node its name [default: the one with this host's name or
    /// address].
    #[arg(long = "node", value_name = "NAME")]
    pub(super) nodes: Vec<String>,
    #[command(flatten)]
    pub(super) live: LiveNode,
    /// Say what has drifted on the live node, and why that may be.
    #[arg(long, conflicts_with = "adopt")]
    pub(super) drift: bool,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: ReviewFormat,
}

/// How plans and changes are shown.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ReviewFormat {
    /// For people.
    Text,
    /// For people, diagnostics without excerpts of the sources.
    Short,
    /// For machines.
    Json,
    /// For a comment on a pull request.
    Markdown,
}

impl ReviewFormat {
    /// How diagnostics are shown.
    pub(super) fn diagnostics(self) -> Format {
        match self {
            ReviewFormat::Text | ReviewFormat::Markdown => Format::Text,
            ReviewFormat::Short => Format::Short,
            ReviewFormat::Json => Format::Json,
        }
    }
}

#[derive(clap::Args, Debug)]
pub(super) struct Lock {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Write nothing: say whether the lock is up to date.
    #[arg(long)]
    pub(super) check: bool,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(clap::Args, Debug)]
pub(super) struct Fmt {
    /// Files, `-` for standard input, or folders.
    #[arg(default_value = ".", value_name = "SOURCES")]
    pub(super) sources: Vec<String>,
    /// Write nothing: list the files that are not formatted.
    #[arg(long)]
    pub(super) check: bool,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(clap::Args, Debug)]
pub(super) struct Explain {
    /// A word of the language, such as `service` or `vxlan`, or a code, such as E0303. Without it,
    /// everything there is to explain.
    pub(super) word: Option<String>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

/// A node's name in the language's form.
fn node_name(word: &str) -> Result<String, String> {
    let read = netc_lang::schema::Shape::NodeName.read(word, false);
    read.map(|_| word.to_owned()).map_err(|why| match why.help {
        Some(help) => format!("it {}; {help}", why.reason),
        None => format!("it {}", why.reason),
    })
}

/// The check of a name.
fn check(name: &str) -> Result<crate::model::Check, String> {
    crate::model::Check::find(name).ok_or_else(|| {
        let all = || crate::model::Check::ALL.into_iter().map(crate::model::Check::name);
        let help =
            did_you_mean(name, all()).unwrap_or_else(|| format!("there are {}", all_of(all())));
        format!("there is no such check; {help}")
    })
}
