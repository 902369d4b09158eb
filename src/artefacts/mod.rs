//! What a build writes for a node: file names and contents.

mod bgp;
mod cni;
mod compare;
mod flannel;
mod nft;
mod read;
mod servers;
mod sets;

pub use compare::compare;
pub use read::{Unreadable, keep_told, read};

use crate::emit::{self, Pieces};
use crate::graph::Ordered;
use crate::hns;
use crate::model::{Cluster, Engine, Family, Node};
use crate::object::{Jump, Ruleset, State};
use crate::plan;
use netc_lang::Sources;

/// The names of all files that a build can write for a node.
pub const NAMES: [&str; 10] = [
    "haproxy.cfg",
    "ip6tables.rules",
    "ipset.rules",
    "iptables.rules",
    "ipvs.rules",
    "netlink.json",
    "nft.rules",
    "nginx.conf",
    "plan.txt",
    "sysctl.conf",
];

/// What an artefact holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Artefact {
    Rules(Family),
    Sets,
    Servers,
    Netlink,
    Tables,
    Plan,
    Sysctl,
    Balancer(Engine),
}

impl Artefact {
    fn named(name: &str) -> Option<Artefact> {
        const ALL: [Artefact; 10] = [
            Artefact::Balancer(Engine::Haproxy),
            Artefact::Rules(Family::V6),
            Artefact::Sets,
            Artefact::Rules(Family::V4),
            Artefact::Servers,
            Artefact::Netlink,
            Artefact::Tables,
            Artefact::Balancer(Engine::Nginx),
            Artefact::Plan,
            Artefact::Sysctl,
        ];
        NAMES.into_iter().zip(ALL).find(|(own, _)| *own == name).map(|(_, artefact)| artefact)
    }
}

/// The files of a Linux node, by name. A file that would be empty is left out. The contents depend on
/// the sources alone: not on their order, the machine, the time or the paths; only `plan.txt`
/// names positions in the sources.
#[must_use]
pub fn files<'o>(
    node: &Node,
    ordered: &'o Ordered,
    sources: &Sources,
) -> Vec<(&'static str, Pieces<'o>)> {
    if node.is_windows() {
        return Vec::new();
    }
    let states = || ordered.nodes.iter().map(|node| &node.object.state);
    let contents = [
        emit::config(Engine::Haproxy, states()).into(),
        restore(Family::V6, ordered),
        emit::sets(states()).into(),
        restore(Family::V4, ordered),
        emit::servers(states()).into(),
        emit::operations(&node.name, states()).into(),
        emit::tables(states()).into(),
        emit::config(Engine::Nginx, states()).into(),
        plan::text(node, ordered, sources, plan::Detail::Operations).into(),
        emit::parameters(states()).into(),
    ];
    NAMES.into_iter().zip(contents).filter(|(_, content)| !content.is_empty()).collect()
}

/// The files of a Windows node, by name and content: its plan, and what its network service is to hold.
#[must_use]
pub fn of_windows(cluster: &Cluster, node: &Node, sources: &Sources) -> Vec<(String, String)> {
    let hns = hns::compile(cluster, node);
    let plan = hns::plan(node, hns.as_ref(), sources);
    let mut all: Vec<(String, String)> =
        hns.iter().map(|hns| (hns::NAME.to_owned(), hns::document(hns))).collect();
    all.push(("plan.txt".to_owned(), plan));
    all
}

/// The files of a Linux node that other systems read, by name and content: nothing of what netc itself
/// does goes by them.
#[must_use]
pub fn for_others(cluster: &Cluster, node: &Node) -> Vec<(String, String)> {
    if node.is_windows() {
        return Vec::new();
    }
    let mut all = flannel::files(cluster, node);
    all.extend(cni::conflist(node));
    all.extend(bgp::file(cluster, node));
    all
}

/// Whether a build writes files of this name for other systems.
#[must_use]
pub fn is_for_others(name: &str) -> bool {
    cni::is_conflist(name)
        || flannel::NAMES.contains(&name)
        || bgp::NAMES.contains(&name)
        || name == hns::NAME
}

/// The input of iptables-restore for one family. Chains stand in the order in which they were
/// written, so that those of one service stand together.
#[must_use]
pub fn restore(family: Family, ordered: &Ordered) -> Pieces<'_> {
    let mut rulesets: Vec<&Ruleset> = Vec::new();
    let mut jumps: Vec<&Jump> = Vec::new();
    for node in &ordered.nodes {
        match &node.object.state {
            State::Ruleset(ruleset) if ruleset.family == family => rulesets.push(ruleset),
            State::Jump(jump) if jump.family == family => jumps.push(jump),
            _ => {}
        }
    }
    rulesets.sort_by_key(|ruleset| ruleset.table);
    jumps.sort_by_key(|jump| (jump.hook, jump.place));
    emit::restore(&rulesets, &jumps)
}
