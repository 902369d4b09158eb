//! The command line.

use clap::{ColorChoice, Parser, Subcommand, ValueEnum};
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
    /// Makes the live node so.
    Apply(Apply),
    /// Draws the cluster's topology, or the dependency graph of a node.
    Graph(Graph),
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
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
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
pub(super) struct Apply {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Which node of the cluster this is [default: the one with this host's name or address].
    #[arg(long, value_name = "NAME")]
    pub(super) node: Option<String>,
    /// The network namespace to work in, as `ip netns` knows it [default: this one].
    #[arg(long, value_name = "NAME")]
    pub(super) netns: Option<String>,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(clap::Args, Debug)]
pub(super) struct Graph {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// The dependency graph of this node instead of the topology.
    #[arg(long, value_name = "NAME")]
    pub(super) node: Option<String>,
    /// The language of the graph.
    #[arg(long, value_enum, default_value = "dot")]
    pub(super) format: GraphFormat,
}

/// How graphs are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GraphFormat {
    /// Graphviz.
    Dot,
    /// For machines.
    Json,
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
pub(super) struct Import {
    #[command(subcommand)]
    pub(super) from: ImportFrom,
}

/// Where things are imported from.
#[derive(Subcommand, Debug)]
pub(super) enum ImportFrom {
    /// Kubernetes objects, such as `kubectl get nodes,services,endpointslices,pods -A -o json`
    /// writes.
    K8s(ImportK8s),
}

#[derive(clap::Args, Debug)]
pub(super) struct ImportK8s {
    /// Files of Kubernetes objects, `-` for standard input, or folders.
    #[arg(default_value = ".", value_name = "FILES")]
    pub(super) files: Vec<String>,
    /// Write this file [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// How to show diagnostics.
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
