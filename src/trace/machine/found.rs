//! A node as it was found.

use super::{Joined, Machine, Netfilter, Space};
use crate::emit;
use crate::model::{Node, NodeId};
use crate::object::{Id, Netns, NftTable, Object, State};
use crate::plan::Live;
use crate::trace::nft::with_origins;
use netc_lang::Span;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

impl Machine {
    /// A node as it was found, whoever made what is there. What is compiled for it tells which
    /// statement is behind what is just so.
    #[must_use]
    pub fn found(
        id: NodeId,
        node: &Node,
        live: &Live,
        compiled: impl IntoIterator<Item = Object>,
    ) -> Machine {
        let mut spaces: BTreeMap<Netns, Space> = BTreeMap::new();
        let mut filter = Netfilter::default();
        spaces.entry(Netns::Node).or_default();
        let mut stated: FxHashMap<Id, Object> = FxHashMap::default();
        for object in compiled {
            match object.state {
                // By these the rules that were found know their statements.
                State::Ruleset(_) | State::Jump(_) => filter.add(object),
                _ => {
                    stated.insert(object.state.id(), object);
                }
            }
        }
        filter.finish();
        filter.observe(&live.rules);
        for (id, found) in &live.states {
            let (state, stated) = (found.state.clone(), stated.get(id));
            match state {
                State::NftTable(table) => {
                    let table = nft(table, stated);
                    filter.add(object(State::NftTable(table), Span::default()));
                }
                State::Set(_) | State::Virtual(_) => {
                    let origin = stated.map_or_else(Span::default, |stated| stated.origin);
                    filter.add(object(state, origin));
                }
                State::Netns(own) => {
                    spaces.entry(Netns::Named(own.name)).or_default();
                }
                state => {
                    let origin = origin(&state, stated);
                    Space::add(&mut spaces, state, origin);
                }
            }
        }
        join(&mut spaces, node);
        Space::settle(&mut spaces);
        Machine { id, name: node.name.as_str().into(), spaces, filter }
    }
}

fn object(state: State, origin: Span) -> Object {
    Object { state, origin, others: Vec::new() }
}

/// The statement behind what was found, if that is what was to be made.
fn origin(found: &State, stated: Option<&Object>) -> Span {
    let same = stated.filter(|stated| emit::command(&stated.state) == emit::command(found));
    same.map_or_else(Span::default, |stated| stated.origin)
}

fn nft(table: NftTable, stated: Option<&Object>) -> NftTable {
    match stated.map(|stated| &stated.state) {
        Some(State::NftTable(compiled)) => with_origins(table, compiled),
        _ => table,
    }
}

/// The devices that have the node's stated addresses lead to the other nodes.
fn join(spaces: &mut BTreeMap<Netns, Space>, node: &Node) {
    let Some(space) = spaces.get_mut(&Netns::Node) else { return };
    for name in node.addresses.iter().filter_map(|own| own.device.as_deref()) {
        if let Some(device) = space.devices.get_mut(name) {
            device.joined = Joined::Underlay;
        }
    }
}
