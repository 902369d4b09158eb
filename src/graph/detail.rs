//! The order in detail: what a person takes for one thing.
//!
//! The graph holds all chains of a table as one object. Plans and drawings show each chain on its
//! own, behind the chains that its rules jump to.

use super::Ordered;
use super::order::kahn;
use crate::model::Family;
use crate::object::{Chain, ChainName, Object, Ruleset, State, Table};
use netc_lang::Span;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;
use std::fmt;

/// One thing that is made: an object, or a chain of a ruleset.
#[derive(Clone, Copy, Debug)]
pub enum Item<'o> {
    /// An object other than a ruleset.
    Object(&'o Object),
    /// A chain.
    Chain(Chain<'o>),
}

impl Item<'_> {
    /// The statement that asked for it first.
    #[must_use]
    pub fn origin(&self) -> Span {
        match self {
            Item::Object(object) => object.origin,
            Item::Chain(chain) => chain.origin,
        }
    }
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Object(object) => object.state.id().fmt(f),
            Item::Chain(chain) => chain.fmt(f),
        }
    }
}

/// An item in its place.
#[derive(Clone, Debug)]
pub struct Placed<'o> {
    /// The item.
    pub item: Item<'o>,
    /// How many items at least come before it, one needing the other.
    pub layer: u32,
    /// The places of the items that it needs, sorted.
    pub needs: Vec<u32>,
}

/// Everything of a node, in the order of the objects.
#[must_use]
pub fn detail(ordered: &Ordered) -> Vec<Placed<'_>> {
    let mut items: Vec<Placed> = Vec::with_capacity(ordered.nodes.len());
    // The places of objects and of chains among the items.
    let mut places: Vec<u32> = Vec::with_capacity(ordered.nodes.len());
    let mut chains: FxHashMap<(Family, Table, ChainName), u32> = FxHashMap::default();
    for (place, node) in ordered.nodes.iter().enumerate() {
        let first = narrow(items.len());
        places.push(first);
        let needs = match &node.object.state {
            State::Ruleset(ruleset) => {
                for ((_, mut item), place) in chains_in_order(ruleset).into_iter().zip(first..) {
                    item.needs.iter_mut().for_each(|need| *need += first);
                    if let Item::Chain(chain) = item.item {
                        chains.insert((chain.family, chain.table, chain.name), place);
                    }
                    items.push(item);
                }
                continue;
            }
            // It needs the chain, not all of the ruleset.
            State::Jump(jump) => {
                let chain = chains.get(&(jump.family, jump.table, jump.to));
                chain.into_iter().copied().collect()
            }
            _ => {
                let needs = ordered.needs(place).iter();
                needs.filter_map(|need| places.get(*need as usize)).copied().collect()
            }
        };
        let item = placed(&node.object, needs, &items);
        items.push(item);
    }
    items
}

/// An object behind what it needs.
fn placed<'o>(object: &'o Object, needs: Vec<u32>, before: &[Placed]) -> Placed<'o> {
    let needed = needs.iter().filter_map(|need| before.get(*need as usize));
    let layer = needed.map(|item| item.layer + 1).max().unwrap_or(0);
    Placed { item: Item::Object(object), layer, needs }
}

/// The chains of a ruleset, each behind those that its rules jump to, ties broken by name: their
/// places in the ruleset, and the items. Should chains jump in a circle, which the kernel would
/// refuse, they come last.
pub(crate) fn chains_in_order(ruleset: &Ruleset) -> Vec<(usize, Placed<'_>)> {
    let mut chains: Vec<(usize, Chain)> = ruleset.chains().enumerate().collect();
    chains.sort_by_key(|(_, chain)| chain.name);
    let graph = jumps(&chains);
    let mut sorted = kahn(&graph);
    let mut places: Vec<Option<u32>> = vec![None; chains.len()];
    for ((node, _), place) in sorted.iter().zip(0..) {
        if let Some(slot) = places.get_mut(node.index()) {
            *slot = Some(place);
        }
    }
    let place = |node: NodeIndex| places.get(node.index()).copied().flatten();
    sorted.extend(graph.node_indices().filter(|node| place(*node).is_none()).map(|node| (node, 0)));
    let placed = |(node, layer): (NodeIndex, u32)| {
        let (own, chain) = chains.get(node.index())?;
        let mut needs: Vec<u32> =
            graph.neighbors_directed(node, Direction::Incoming).filter_map(place).collect();
        needs.sort_unstable();
        Some((*own, Placed { item: Item::Chain(*chain), layer, needs }))
    };
    sorted.into_iter().filter_map(placed).collect()
}

/// The graph of jumps among chains that are sorted by name.
fn jumps(chains: &[(usize, Chain)]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(chains.len(), chains.len() * 3);
    let mut indices: FxHashMap<&str, NodeIndex> = FxHashMap::default();
    for (_, chain) in chains {
        indices.insert(chain.name.as_str(), graph.add_node(()));
    }
    for ((_, chain), index) in chains.iter().zip((0..).map(NodeIndex::new)) {
        let targets = chain.rules().filter_map(|rule| indices.get(rule.target()?).copied());
        for needed in targets {
            graph.add_edge(needed, index, ());
        }
    }
    graph
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
