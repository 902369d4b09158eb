//! Changes that are the same on several nodes, put together.

use super::counts::Counts;
use super::line::{Line, lines, of_hns};
use super::{Fate, NodeChanges};
use crate::plan::Key;
use netc_lang::Sources;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Changes that some nodes have in common, and no other node has.
pub(super) struct Section<'a> {
    pub(super) fate: Fate,
    /// The nodes, in order.
    pub(super) nodes: Vec<&'a str>,
    /// How many changes, on each of the nodes.
    pub(super) counts: Counts,
    pub(super) lines: Vec<Line>,
}

/// A change, and the places of the nodes that have it.
struct Block {
    fate: Fate,
    nodes: Vec<usize>,
    counts: Counts,
    lines: Vec<Line>,
}

/// All changes: first those that most nodes have. Each stands in one section.
pub(super) fn sections<'a>(all: &'a [NodeChanges], sources: &Sources) -> Vec<Section<'a>> {
    let mut sections: BTreeMap<_, Section> = BTreeMap::new();
    for block in blocks(all, sources) {
        let Block { fate, nodes, counts, lines } = block;
        let names = nodes.iter().filter_map(|place| all.get(*place));
        let names = names.map(|one| one.node.as_str()).collect();
        let section = sections.entry((fate, Reverse(nodes.len()), nodes)).or_insert(Section {
            fate,
            nodes: names,
            counts: Counts::default(),
            lines: Vec::new(),
        });
        section.counts = section.counts.and(counts);
        section.lines.extend(lines);
    }
    sections.into_values().collect()
}

fn blocks(all: &[NodeChanges], sources: &Sources) -> Vec<Block> {
    let mut places: BTreeMap<(Fate, Option<&Key>, Vec<Line>), usize> = BTreeMap::new();
    let mut blocks: Vec<Block> = Vec::new();
    for (node, NodeChanges { fate, changes, hns, .. }) in all.iter().enumerate() {
        let own = changes.iter().map(|change| {
            // All of a node that comes or goes does: the rules of its chains would tell little.
            let lines = lines(change, *fate == Fate::Stays, sources);
            (Some(&change.key), Counts::of([change]), lines)
        });
        let documents =
            hns.iter().map(|change| (None, Counts::of_hns([change]), vec![of_hns(change)]));
        for (key, counts, lines) in own.chain(documents) {
            let place = *places.entry((*fate, key, lines.clone())).or_insert(blocks.len());
            match blocks.get_mut(place) {
                Some(block) => block.nodes.push(node),
                None => blocks.push(Block { fate: *fate, nodes: vec![node], counts, lines }),
            }
        }
    }
    blocks
}
