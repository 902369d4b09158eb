//! What is asked of the nodes of a lab beside their links: whether they are what their sources say, and
//! how often services were asked. Both take a process on each of them.

use super::each::{netc_on, on_each};
use crate::cli::args::{Format, SourceArgs};
use crate::cli::exit;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::kernel::lab::{Place, Running};
use crate::lab::Member;
use crate::lab::seen::Drift;
use crate::lab::tally::{Asked, Tally};
use crate::model::Cluster;
use serde_json::Value;
use std::collections::BTreeMap;

/// What prints the counters, and with what arguments.
const RULES: [[&str; 4]; 2] = [
    ["iptables-save", "--counters", "--table", "nat"],
    ["ip6tables-save", "--counters", "--table", "nat"],
];
const SERVERS: [&str; 5] = ["ipvsadm", "--list", "--numeric", "--exact", "--stats"];

/// Whether the nodes are what their sources say now: what `netc diff` there finds.
pub(super) fn drift(lab: &Running, nodes: &[&Member]) -> BTreeMap<String, Drift> {
    let found = on_each(nodes, &mut |_| {}, |node| (node.name.clone(), drift_of(lab, node)));
    found.into_iter().collect()
}

fn drift_of(lab: &Running, node: &Member) -> Drift {
    let Ok(output) = netc_on(lab, node, "diff", "json") else { return Drift::Unknown };
    let code = output.status.code().and_then(|code| u8::try_from(code).ok());
    let found: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let changes = found.as_ref().and_then(|found| found.pointer("/nodes/0/changes")?.as_array());
    match (code, changes) {
        (Some(exit::OK), _) => Drift::InStep,
        (Some(exit::DIFFERS), Some(changes)) => Drift::Differs(changes.len()),
        _ => Drift::Unknown,
    }
}

/// The services of a lab's sources as they are now.
pub(super) fn cluster(lab: &Running, format: Format, ui: &mut Ui) -> Result<Cluster, u8> {
    let entry = lab.entry();
    let lock = entry.lock.as_ref().map(Into::into);
    let sources = SourceArgs { sources: entry.sources.clone(), lock };
    Ok(Ready::open_tersely(&sources, format, ui)?.cluster)
}

/// How often they were asked, by the counters of some nodes.
pub(super) fn services(lab: &Running, nodes: &[&Member], cluster: &Cluster) -> Vec<Asked> {
    let mut all = Tally::default();
    for tally in on_each(nodes, &mut |_| {}, |node| tally(lab, node)) {
        all.add(tally);
    }
    all.services(cluster)
}

/// What a node has counted: by the tools that are there, and that find something.
fn tally(lab: &Running, node: &Member) -> Tally {
    let mut tally = Tally::default();
    let Ok(space) = lab.space(&Place::Node(node.name.clone())) else { return tally };
    let printed = |command: &[&str]| -> Option<String> {
        let (program, arguments) = command.split_first()?;
        let output = space.command(program).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for text in RULES.iter().filter_map(|command| printed(command)) {
        tally.add_rules(&text);
    }
    if std::path::Path::new(VIRTUAL_SERVERS).exists()
        && let Some(text) = printed(&SERVERS)
    {
        tally.add_servers(&text);
    }
    tally
}

/// Where a kernel that has IPVS lists its servers: where it is not, ipvsadm would load the module.
const VIRTUAL_SERVERS: &str = "/proc/net/ip_vs";
