//! What was found on a node.

use crate::model::Family;
use crate::object::{Id, State, Table};
use std::collections::BTreeMap;

/// The rules of one table: its chains, built-in ones included, each with its rules as
/// iptables-save prints them, a line each.
pub type LiveTable = BTreeMap<String, String>;

/// The live state of a node, as far as it concerns the objects that are desired.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Objects other than chains and jumps, by identity.
    pub states: BTreeMap<Id, Found>,
    /// The rules.
    pub rules: BTreeMap<(Family, Table), LiveTable>,
    /// How many connections are stale, by the identity of the flush that wants them gone.
    pub stale: BTreeMap<Id, usize>,
}

/// An object that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its state.
    pub state: State,
    /// Whether it bears netc's mark: the alias of a device, the protocol of a route. Objects that
    /// can bear no mark count as netc's own.
    pub owned: bool,
}

impl Live {
    /// Records an object.
    pub fn insert(&mut self, state: State, owned: bool) {
        self.states.insert(state.id(), Found { state, owned });
    }

    /// The rules of a chain, a line each; `None` if the chain is not there.
    #[must_use]
    pub fn chain(&self, family: Family, table: Table, name: &str) -> Option<&str> {
        self.rules.get(&(family, table))?.get(name).map(String::as_str)
    }
}
