//! The command line of what works on a live node.

use super::{Format, SourceArgs};
use crate::kernel::Probe;
use std::time::Duration;

/// A node of the cluster, and where it lives.
#[derive(clap::Args, Default, Debug)]
pub(in crate::cli) struct ThisNode {
    /// Which node of the cluster this is [default: the one with this host's name or address].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) node: Option<String>,
    /// The network namespace to work in, as `ip netns` knows it [default: this one].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) netns: Option<String>,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Apply {
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) this: ThisNode,
    /// Show what would be done, with the exact commands and payloads, and do nothing.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Take over what kube-proxy, flannel or CNI plugins have made on this node.
    #[arg(long)]
    pub(in crate::cli) adopt: bool,
    /// Undo everything unless `netc confirm` comes within this time, such as 60s or 5m.
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "dry_run")]
    pub(in crate::cli) confirm_within: Option<Duration>,
    /// Undo everything unless this succeeds afterwards: tcp:ADDRESS:PORT, ping:ADDRESS or
    /// cmd:COMMAND. With --confirm-within it takes the place of `netc confirm`.
    #[arg(long = "probe", value_name = "PROBE", conflicts_with = "dry_run")]
    pub(in crate::cli) probes: Vec<Probe>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Healthz {
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) this: ThisNode,
    /// Say what would be answered, and end.
    #[arg(long)]
    pub(in crate::cli) once: bool,
    /// Answer /healthz and /livez at this port too, as kube-proxy does at 10256.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) proxy_port: Option<u16>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

/// How the live node is looked at.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LiveNode {
    /// The network namespace of the live node, as `ip netns` knows it [default: this one].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) netns: Option<String>,
    /// Take over what kube-proxy, flannel or CNI plugins have made on the live node.
    #[arg(long)]
    pub(in crate::cli) adopt: bool,
}

/// A live node.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Live {
    /// The network namespace to work in, as `ip netns` knows it [default: this one].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) netns: Option<String>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Back {
    #[command(flatten)]
    pub(in crate::cli) live: Live,
    /// Show what would be done, with the exact commands and payloads, and do nothing.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Destroy {
    /// Sources, as for the other commands: what they name counts as made by netc even where
    /// nothing is remembered of it.
    #[arg(value_name = "SOURCES")]
    pub(in crate::cli) sources: Vec<String>,
    /// Which node of the sources this is [default: the one with this host's name or address].
    #[arg(long, value_name = "NAME", requires = "sources")]
    pub(in crate::cli) node: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) live: Live,
    /// Show what would be done, with the exact commands and payloads, and do nothing.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Watchdog {
    /// The apply that it watches.
    pub(in crate::cli) id: String,
    #[command(flatten)]
    pub(in crate::cli) live: Live,
}

/// A time in the language's form.
fn duration(word: &str) -> Result<Duration, String> {
    let why = |why: netc_lang::Misshapen| {
        let help = why.help.map_or_else(String::new, |help| format!("; {help}"));
        format!("it {}{help}", why.reason)
    };
    netc_lang::seconds(word, 1, 86400).map(|time| Duration::from_secs(time.into())).map_err(why)
}
