//! The order in detail: what a person takes for one thing.
//!
//! The graph holds all chains of a table as one object, and all sets of a table of nf_tables too.
//! Plans and drawings show each on its own, behind the chains and sets that it leads to.

use super::parts::{Part, parts_in_order};
use super::{Ordered, chains_in_order};
use crate::model::Family;
use crate::object::{Chain, ChainName, Object, SetName, State, Table};
use netc_lang::Span;
use rustc_hash::FxHashMap;
use std::fmt;

/// One thing that is made: an object, a chain of a ruleset, or a set or chain of a table of
/// nf_tables.
#[derive(Clone, Copy, Debug)]
pub enum Item<'o> {
    /// An object other than a ruleset.
    Object(&'o Object),
    /// A chain.
    Chain(Chain<'o>),
    /// A set or chain of a table of nf_tables, which is an object before it.
    Part(Part<'o>),
}

impl Item<'_> {
    /// The statement that asked for it first.
    #[must_use]
    pub fn origin(&self) -> Span {
        match self {
            Item::Object(object) => object.origin,
            Item::Chain(chain) => chain.origin,
            Item::Part(part) => part.origin,
        }
    }
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Object(object) => object.state.id().fmt(f),
            Item::Chain(chain) => chain.fmt(f),
            Item::Part(part) => part.fmt(f),
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

/// What is made on a node, in order: every object, and every chain on its own.
pub fn items(ordered: &Ordered) -> impl Iterator<Item = Item<'_>> {
    ordered.nodes.iter().flat_map(|node| {
        let object = Some(Item::Object(&node.object));
        let (object, chains, parts) = match &node.object.state {
            State::Ruleset(ruleset) => (None, chains_in_order(ruleset), Vec::new()),
            State::NftTable(table) => {
                (object, Vec::new(), parts_in_order(table, node.object.origin))
            }
            _ => (object, Vec::new(), Vec::new()),
        };
        let chains = chains.into_iter().map(|(_, chain)| Item::Chain(chain));
        let parts = parts.into_iter().map(|(part, _)| Item::Part(part));
        object.into_iter().chain(chains).chain(parts)
    })
}

/// The same, each with what it needs.
#[must_use]
pub fn detail(ordered: &Ordered) -> Vec<Placed<'_>> {
    let mut items: Vec<Placed> = Vec::with_capacity(ordered.nodes.len());
    // The places among the items of what stands for an object, and of chains.
    let mut places: Vec<Vec<u32>> = Vec::with_capacity(ordered.nodes.len());
    let mut chains: FxHashMap<(Family, Table, ChainName), u32> = FxHashMap::default();
    let mut sets: FxHashMap<SetName, u32> = FxHashMap::default();
    for (place, node) in ordered.nodes.iter().enumerate() {
        let first = narrow(items.len());
        let needs = match &node.object.state {
            State::Ruleset(ruleset) => {
                for (_, chain) in chains_in_order(ruleset) {
                    let key = |name| (chain.family, chain.table, name);
                    let targets = chain.rules().filter_map(|rule| rule.target());
                    let targets = targets.map(|name| key(ChainName::new(&[name])));
                    let targets = targets.filter_map(|key| chains.get(&key).copied());
                    let needs = targets.chain(looked_into(&chain, &sets)).collect();
                    chains.insert(key(chain.name), narrow(items.len()));
                    items.push(placed(Item::Chain(chain), needs, &items));
                }
                places.push(outer(&items, first));
                continue;
            }
            State::NftTable(table) => {
                items.push(placed(Item::Object(&node.object), Vec::new(), &items));
                for (part, needs) in parts_in_order(table, node.object.origin) {
                    let needs = needs.into_iter().map(|need| first + 1 + need);
                    let needs = needs.chain([first]).collect();
                    items.push(placed(Item::Part(part), needs, &items));
                }
                places.push(outer(&items, first));
                continue;
            }
            // It needs the chain, not all of the ruleset.
            State::Jump(jump) => {
                let chain = chains.get(&(jump.family, jump.table, jump.to));
                chain.into_iter().copied().collect()
            }
            _ => {
                let needs = ordered.needs(place).iter();
                needs.filter_map(|need| places.get(*need as usize)).flatten().copied().collect()
            }
        };
        if let State::Set(set) = &node.object.state {
            sets.insert(set.name, first);
        }
        items.push(placed(Item::Object(&node.object), needs, &items));
        places.push(vec![first]);
    }
    items
}

/// The places of the sets that the rules of a chain look into.
fn looked_into(chain: &Chain, sets: &FxHashMap<SetName, u32>) -> Vec<u32> {
    if sets.is_empty() {
        return Vec::new();
    }
    let lines = chain.rules().flat_map(|rule| rule.line.split(" --match-set ").skip(1));
    let names = lines.filter_map(|rest| rest.split(' ').next());
    names.filter_map(|name| sets.get(&SetName::new(name)).copied()).collect()
}

/// The items from a place on that no other one needs: with what they need they are all of them.
fn outer(items: &[Placed], first: u32) -> Vec<u32> {
    let own = items.get(first as usize..).unwrap_or_default();
    let mut outer = vec![true; own.len()];
    for need in own.iter().flat_map(|item| &item.needs) {
        let slot = need.checked_sub(first).and_then(|place| outer.get_mut(place as usize));
        if let Some(outer) = slot {
            *outer = false;
        }
    }
    (first..).zip(outer).filter(|(_, outer)| *outer).map(|(place, _)| place).collect()
}

/// An item behind what it needs.
fn placed<'o>(item: Item<'o>, mut needs: Vec<u32>, before: &[Placed]) -> Placed<'o> {
    needs.sort_unstable();
    needs.dedup();
    let needed = needs.iter().filter_map(|need| before.get(*need as usize));
    let layer = needed.map(|item| item.layer + 1).max().unwrap_or(0);
    Placed { item, layer, needs }
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
