//! The command line of looking at labs, of breaking and of healing them.

use super::{Format, WhichLab};
use crate::lab::mishap::{delay, loss, rate};

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabStatus {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// One host or pod, closely: node1, router, outside, pod/NAMESPACE/NAME, container/NODE/NAME
    /// [default: all hosts].
    #[arg(value_name = "WHAT")]
    pub(in crate::cli) what: Vec<String>,
    /// Show all pods, too.
    #[arg(long)]
    pub(in crate::cli) pods: bool,
    /// Tell of each node whether it is what its sources say now, as `netc diff` does there.
    #[arg(long)]
    pub(in crate::cli) drift: bool,
    /// Show how often each port of a service was asked, as far as kernels count it.
    #[arg(long)]
    pub(in crate::cli) services: bool,
    /// Look again every second, until Ctrl-C, and show what passes in a second.
    #[arg(long)]
    pub(in crate::cli) watch: bool,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabBreak {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// Nodes, router, outside, pod/NAMESPACE/NAME, container/NODE/NAME; or `link NODE NODE`: all that
    /// passes between two nodes.
    #[arg(required = true, value_name = "WHAT")]
    pub(in crate::cli) what: Vec<String>,
    /// Cut its links: of a node, the ports of the switch go down.
    #[arg(long)]
    pub(in crate::cli) link: bool,
    /// Stop a node: none of its processes runs, and its links are cut.
    #[arg(long)]
    pub(in crate::cli) down: bool,
    /// Each packet comes so much later, each way: 50ms.
    #[arg(long, value_name = "TIME", value_parser = delay)]
    pub(in crate::cli) delay: Option<u32>,
    /// So many packets are lost, each way: 10%.
    #[arg(long, value_name = "SHARE", value_parser = loss)]
    pub(in crate::cli) loss: Option<u32>,
    /// No more passes in a second, each way: 1mbit.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(in crate::cli) rate: Option<u64>,
    /// Only the link on this device [default: all links].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) device: Option<String>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct LabHeal {
    #[command(flatten)]
    pub(in crate::cli) which: WhichLab,
    /// What is to be healed, as for `netc lab break`; a node with what is cut between it and others
    /// [default: all that is broken].
    #[arg(value_name = "WHAT")]
    pub(in crate::cli) what: Vec<String>,
    /// How to show the result.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}
