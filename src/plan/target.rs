//! A state to come back to.

use super::change::Change;
use super::thing::{Jumps, Key, Thing};
use crate::graph::{Ordered, order_known};
use crate::model::Family;
use crate::object::{Object, State, Table, decides};
use netc_lang::Span;
use std::collections::{BTreeMap, BTreeSet};

/// What some things are to be; nothing is said of all others.
#[derive(Clone, Default, Debug)]
pub struct Target {
    /// What each of them is to be, or that it is not to be.
    pub(super) things: BTreeMap<Key, Option<Thing<'static>>>,
    /// The objects among them, in the order in which they are made.
    ordered: Ordered,
    /// Rules of built-in chains that are netc's own although no name tells it. Those that are not
    /// to be there would be taken for somebody else's otherwise.
    pub(super) rules: BTreeSet<(Family, Table, String)>,
}

impl Target {
    /// These things, each as it is to be.
    #[must_use]
    pub fn new(things: BTreeMap<Key, Option<Thing<'static>>>) -> Target {
        let states = things.values().flatten().filter_map(Thing::state);
        let objects = states.map(|state| {
            let object =
                Object { state: state.clone(), origin: Span::default(), others: Vec::new() };
            (state.id(), object)
        });
        let mut objects: Vec<_> = objects.collect();
        objects.sort_by(|(left, _), (right, _)| left.cmp(right));
        let ordered = order_known(objects);
        let rules = things.values().flatten().flat_map(deciding).collect();
        Target { things, ordered, rules }
    }

    /// The same, with further rules of built-in chains that are netc's own.
    #[must_use]
    pub fn with(mut self, rules: impl IntoIterator<Item = (Family, Table, String)>) -> Target {
        self.rules.extend(rules);
        self
    }

    /// The rules of built-in chains that are netc's own although no name tells it.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &(Family, Table, String)> {
        self.rules.iter()
    }

    /// What was before some changes.
    #[must_use]
    pub fn before(changes: &[Change]) -> Target {
        let undone = changes.iter().filter(|change| !change.recurs());
        Target::new(
            undone
                .map(|change| (change.key.clone(), change.from.clone().map(Thing::into_owned)))
                .collect(),
        )
        .with(changes.iter().filter_map(|change| change.to.as_ref()).flat_map(deciding))
    }

    /// What is after some changes.
    #[must_use]
    pub fn after(changes: &[Change]) -> Target {
        let made = changes.iter().filter(|change| !change.recurs());
        Target::new(
            made.map(|change| (change.key.clone(), change.to.clone().map(Thing::into_owned)))
                .collect(),
        )
        .with(changes.iter().filter_map(|change| change.from.as_ref()).flat_map(deciding))
    }

    /// The same, but what an earlier target says of a thing counts.
    #[must_use]
    pub fn behind(mut self, earlier: Target) -> Target {
        self.things.extend(earlier.things);
        Target::new(self.things).with(self.rules).with(earlier.rules)
    }

    /// What each thing is to be.
    pub fn things(&self) -> impl ExactSizeIterator<Item = (&Key, Option<&Thing<'static>>)> {
        self.things.iter().map(|(key, thing)| (key, thing.as_ref()))
    }

    /// The objects that are to be there, in the order in which they are made.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        self.ordered.nodes.iter().map(|node| &node.object.state)
    }
}

/// The rules among a built-in chain's own that decide themselves.
pub(super) fn deciding(thing: &Thing) -> Vec<(Family, Table, String)> {
    let Thing::Jumps(Jumps { family, table, rules, .. }) = thing else { return Vec::new() };
    let own = rules.iter().filter(|(_, line)| decides(line));
    own.map(|(_, line)| (*family, *table, line.clone())).collect()
}
