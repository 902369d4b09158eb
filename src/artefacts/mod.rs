//! What a build writes for a node: file names and contents.

mod compare;

pub use compare::compare;

use crate::emit;
use crate::graph::Ordered;
use crate::model::{Family, Node};
use crate::object::{Chain, Jump, State};
use crate::plan;
use netc_lang::Sources;

/// The names of all files that a build can write for a node.
pub const NAMES: [&str; 5] =
    ["ip6tables.rules", "iptables.rules", "netlink.json", "plan.txt", "sysctl.conf"];

/// The files of a node, by name. A file that would be empty is left out. The contents depend on
/// the sources alone: not on their order, the machine, the time or the paths; only `plan.txt`
/// names positions in the sources.
#[must_use]
pub fn files(node: &Node, ordered: &Ordered, sources: &Sources) -> Vec<(&'static str, String)> {
    let states = || ordered.nodes.iter().map(|node| &node.object.state);
    let contents = [
        restore(Family::V6, ordered),
        restore(Family::V4, ordered),
        emit::operations(&node.name, states()),
        plan::text(node, ordered, sources, plan::Detail::Operations),
        emit::parameters(states()),
    ];
    NAMES.into_iter().zip(contents).filter(|(_, content)| !content.is_empty()).collect()
}

/// The input of iptables-restore for one family. Chains stand in the order in which they were
/// asked for, so that those of one service stand together.
#[must_use]
pub fn restore(family: Family, ordered: &Ordered) -> String {
    let mut chains: Vec<(u32, &Chain)> = Vec::new();
    let mut jumps: Vec<&Jump> = Vec::new();
    for node in &ordered.nodes {
        match &node.object.state {
            State::Chain(chain) if chain.family == family => {
                chains.push((node.object.sequence, chain));
            }
            State::Jump(jump) if jump.family == family => jumps.push(jump),
            _ => {}
        }
    }
    chains.sort_unstable_by_key(|(sequence, _)| *sequence);
    jumps.sort_by_key(|jump| (jump.hook, jump.place));
    let chains: Vec<&Chain> = chains.into_iter().map(|(_, chain)| chain).collect();
    emit::restore(family, &chains, &jumps)
}
