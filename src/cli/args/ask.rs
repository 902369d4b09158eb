//! The command line of what only looks: graph, why, show and trace.

use super::{Format, SourceArgs};
use crate::model::Family;
use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Graph {
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    /// The dependency graph of this node instead of the topology.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) node: Option<String>,
    /// The language of the picture [default: what the ending of --out says, else dot].
    #[arg(long, value_enum)]
    pub(in crate::cli) format: Option<GraphFormat>,
    /// Write this file [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Every pod, chain and route on its own, and every arrow: large pictures are folded otherwise.
    #[arg(long)]
    pub(in crate::cli) full: bool,
}

/// How graphs are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) enum GraphFormat {
    /// Graphviz (.dot, .gv).
    Dot,
    /// A flowchart of Mermaid, for Markdown (.mmd, .mermaid).
    Mermaid,
    /// A picture for browsers, which needs nothing else (.svg).
    Svg,
    /// For machines, always in full (.json).
    Json,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Why {
    /// A chain (also TABLE/CHAIN), set, map, table, device, namespace or parameter by its name; an address; a
    /// network or `default`; ADDRESS:PORT; a port as 30080/tcp; a rule, element or route as its tool prints
    /// it, or a part of it.
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    pub(in crate::cli) word: String,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    /// Only on these nodes; of a live node its name [default: the one with this host's name or address].
    #[arg(long = "node", value_name = "NAME")]
    pub(in crate::cli) nodes: Vec<String>,
    /// Say too what has become of it on the live node.
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// The network namespace of the live node, as `ip netns` knows it [default: this one].
    #[arg(long, value_name = "NAME", requires = "live")]
    pub(in crate::cli) netns: Option<String>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Show {
    #[command(subcommand)]
    pub(in crate::cli) what: ShowWhat,
}

/// What is shown.
#[derive(Subcommand, Debug)]
pub(in crate::cli) enum ShowWhat {
    /// A pod, [NAMESPACE/]NAME: who owns its network namespace and who is in it; its devices,
    /// addresses, routes and published ports.
    Pod(ShowOne),
    /// The same of a container of Docker: NODE/NAME, or NAME if one node alone has it.
    Container(ShowOne),
    /// A service, [NAMESPACE/]NAME: its addresses, ports and endpoints, which nodes answer where and to whom
    /// they hand connections, and what is programmed for it.
    Service(ShowOnNode),
    /// An ingress, [NAMESPACE/]NAME: its hosts and paths with the endpoints that they lead to, its
    /// certificates, and which nodes serve it.
    Ingress(ShowOne),
    /// A node: its devices, addresses, routes, neighbours, parameters, sets and virtual servers, and how many
    /// rules there are and who is asked first; or its rules, chain by chain.
    Node(ShowNode),
    /// The cluster: its networks, overlay, proxy and MTU, its nodes, services
    /// and ingresses.
    Cluster(ShowAll),
    /// Docker on a node: its networks, and its containers with their addresses and published ports.
    Docker(ShowDocker),
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ShowOne {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ShowNode {
    #[command(flatten)]
    pub(in crate::cli) one: ShowOne,
    /// Show the rules instead, each with its source position: of all tables, or of one, as --rules=nat.
    #[arg(long, value_name = "TABLE", num_args = 0..=1, require_equals = true)]
    pub(in crate::cli) rules: Option<Option<String>>,
}

/// Something that needs no name.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ShowAll {
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ShowDocker {
    #[command(flatten)]
    pub(in crate::cli) all: ShowAll,
    /// The node [default: the only one that has Docker].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) node: Option<String>,
}

/// Something that every node has in its own way.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ShowOnNode {
    #[command(flatten)]
    pub(in crate::cli) one: ShowOne,
    /// What is programmed on this node [default: one that has an endpoint].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) node: Option<String>,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Trace {
    /// Who asks and who is asked, then the sources, as for the other commands: pod/NAMESPACE/NAME,
    /// service/NAMESPACE/NAME, node/NAME, container/NODE/NAME, outside/ADDRESS or an address; whoever
    /// is asked perhaps with :PORT. `pod shop/web-0 to service shop/api` is read, too.
    #[arg(required = true, num_args = 1.., value_name = "FROM TO [SOURCES]")]
    pub(in crate::cli) words: Vec<String>,
    /// What is sent [default: what the port is stated with, TCP; without a port an echo request]
    #[arg(long, value_enum, value_name = "PROTOCOL")]
    pub(in crate::cli) proto: Option<Carried>,
    /// The port that is asked, by number or name: the same as behind a colon.
    #[arg(long)]
    pub(in crate::cli) port: Option<String>,
    /// The family of the addresses: 4 or 6 [default: the first that both have].
    #[arg(long, value_parser = family)]
    pub(in crate::cli) family: Option<Family>,
    /// The node by which a packet from outside comes in.
    #[arg(long, value_name = "NODE")]
    pub(in crate::cli) through: Option<String>,
    /// Walk the node that this is as it is now; all others as they are to be.
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// Which node of the cluster this is [default: the one with this host's name or address].
    #[arg(long, value_name = "NAME", requires = "live")]
    pub(in crate::cli) node: Option<String>,
    /// The network namespace of the live node, as `ip netns` knows it [default: this one].
    #[arg(long, value_name = "NAME", requires = "live")]
    pub(in crate::cli) netns: Option<String>,
    /// Show every way in full, not just one.
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// The lock file [default: netc.lock beside the sources].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) lock: Option<PathBuf>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: TraceFormat,
}

/// What is sent.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) enum Carried {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// An echo request, as ping(8) sends it.
    Icmp,
}

/// How a trace is shown.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) enum TraceFormat {
    /// For people.
    Text,
    /// For people, diagnostics without excerpts of the sources.
    Short,
    /// For machines.
    Json,
    /// A sequence diagram.
    Mermaid,
}

impl TraceFormat {
    /// How diagnostics are shown.
    pub(in crate::cli) fn diagnostics(self) -> Format {
        match self {
            TraceFormat::Text | TraceFormat::Mermaid => Format::Text,
            TraceFormat::Short => Format::Short,
            TraceFormat::Json => Format::Json,
        }
    }
}

/// A family by its number.
pub(super) fn family(word: &str) -> Result<Family, String> {
    match word {
        "4" => Ok(Family::V4),
        "6" => Ok(Family::V6),
        _ => Err("it is 4 or 6".to_owned()),
    }
}
