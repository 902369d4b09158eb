//! What was found on a node.

use super::table::LiveTable;
use crate::emit;
use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{Hook, Id, State, Table};
use std::collections::{BTreeMap, BTreeSet};

/// The live state of a node: all that is netc's own, and what stands where something of netc's is
/// to be.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Objects other than chains and jumps, by identity.
    pub states: BTreeMap<Id, Found>,
    /// The rules.
    pub rules: BTreeMap<(Family, Table), LiveTable>,
    /// How many connections are stale, by the identity of the flush that wants them gone.
    pub stale: BTreeMap<Id, usize>,
    /// Rules of built-in chains that lead to no chain of netc's own and count as its own all the
    /// same.
    pub(super) adopted: BTreeSet<(Family, Table, String)>,
}

/// An object that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// Its state.
    pub state: State,
    /// Whether it bears netc's mark: the alias of a device, the protocol of a route. Objects that
    /// can bear no mark count as netc's own if their device or namespace is.
    pub owned: bool,
}

impl Live {
    /// What a node would be if it were exactly as desired, and had been empty before.
    #[must_use]
    pub fn of(desired: &Ordered) -> Live {
        let mut live = Live::default();
        let states = || desired.nodes.iter().map(|node| &node.object.state);
        for state in states() {
            match state {
                // A flush leaves nothing behind.
                State::Ruleset(_) | State::Jump(_) | State::Flush(_) => {}
                _ => live.insert(state.clone(), true),
            }
        }
        for state in states() {
            let State::Ruleset(own) = state else { continue };
            let jumps = states().filter_map(|state| match state {
                State::Jump(jump) if jump.family == own.family => Some(jump),
                _ => None,
            });
            let mut jumps: Vec<_> = jumps.collect();
            jumps.sort_by_key(|jump| (jump.hook, jump.place));
            live.restore(own.family, &emit::restore(&[own], &jumps).to_string());
        }
        live
    }

    /// Records the rules that a clean node has after iptables-restore was given a text.
    pub fn restore(&mut self, family: Family, text: &str) {
        for table in Table::ALL {
            let head = format!("*{table}");
            let own = text.lines().skip_while(|line| *line != head).skip(1);
            let own: Vec<&str> = own.take_while(|line| *line != "COMMIT").collect();
            if own.is_empty() {
                continue;
            }
            // The built-in chains are there from the beginning.
            let hooks = Hook::ALL.map(|hook| format!(":{hook} ACCEPT [0:0]\n"));
            let mut all = hooks.concat();
            all.reserve(text.len());
            for line in own {
                all.push_str(line);
                all.push('\n');
            }
            self.rules.insert((family, table), LiveTable::parse(all));
        }
    }

    /// Records an object.
    pub fn insert(&mut self, state: State, owned: bool) {
        self.states.insert(state.id(), Found { state, owned });
    }

    /// The rules of a chain, a line each; `None` if the chain is not there.
    #[must_use]
    pub fn chain(&self, family: Family, table: Table, name: &str) -> Option<&str> {
        self.rules.get(&(family, table))?.rules(name)
    }
}
