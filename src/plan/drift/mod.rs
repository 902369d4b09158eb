//! Drift: how a live node differs from what it is to be, told from the side of the node.
//!
//! Changes say what is to be done; findings say what has happened, and what is known to do so.
//! What is gone with something else, or in the same way as its neighbours, is one finding with it.

mod balancer;
mod cause;
mod fold;
mod object;
mod rules;
mod serving;
mod tables;
#[cfg(test)]
mod tests;

use super::Live;
use super::change::{Change, Kind, Origin};
use super::generation::{Leftover, leftovers};
use super::thing::{Key, Thing};
use crate::object::State;
use ipnet::IpNet;

/// One difference between a live node and what it is to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// What differs.
    pub key: Key,
    /// How.
    pub kind: Trouble,
    /// The same for people: `route 10.244.1.0/24 is missing`.
    pub what: String,
    /// What cannot be told in a sentence: the rules that differ.
    pub details: Vec<String>,
    /// What is part of it.
    pub with: Vec<Key>,
    /// What is known to do so, and what helps; nothing if that is anybody's guess.
    pub cause: Option<String>,
    /// Where it was asked for.
    pub origin: Origin,
}

/// How something differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trouble {
    /// It is not there.
    Missing,
    /// It is there, and is another.
    Changed,
    /// It is there, but not where it belongs.
    Misplaced,
    /// It is there and nothing asks for it.
    Stale,
    /// Somebody else's is there in its place.
    Foreign,
}

impl Trouble {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Trouble::Missing => "missing",
            Trouble::Changed => "changed",
            Trouble::Misplaced => "misplaced",
            Trouble::Stale => "stale",
            Trouble::Foreign => "foreign",
        }
    }
}

/// How a live node differs from what it is to be. `changes` are what would make it so, `pods` the
/// networks of the cluster's pods.
#[must_use]
pub fn drift(changes: &[Change], live: &Live, pods: &[IpNet]) -> Vec<Finding> {
    let mut all = fold::fold(changes, live);
    all.extend(leftovers(live, pods).iter().map(leftover));
    all
}

/// What one change says.
fn finding(change: &Change, live: &Live) -> Finding {
    let kind = trouble(change, live);
    let (found, wanted) = (state(&change.from), state(&change.to));
    let (what, details) = match (&change.key, found, wanted) {
        (Key::Chain(..) | Key::Jumps(..), ..) => rules::sentence(change),
        (_, Some(State::NftTable(found)), Some(State::NftTable(wanted))) => {
            tables::table(wanted, found)
        }
        (_, Some(State::Balancer(found)), Some(State::Balancer(wanted))) => {
            balancer::sentence(wanted, found)
        }
        _ => (object::sentence(wanted, found, &change.was), Vec::new()),
    };
    Finding {
        key: change.key.clone(),
        kind,
        what,
        details,
        with: Vec::new(),
        cause: cause::of(change, kind),
        origin: change.origin.clone(),
    }
}

fn state<'c>(thing: &'c Option<Thing>) -> Option<&'c State> {
    thing.as_ref().and_then(Thing::state)
}

fn trouble(change: &Change, live: &Live) -> Trouble {
    let foreign = match &change.key {
        Key::Object(id) => live.states.get(id).is_some_and(|found| !found.owned),
        _ => false,
    };
    match (&change.from, &change.to) {
        (_, Some(_)) if foreign => Trouble::Foreign,
        (_, Some(Thing::Object(state))) if matches!(**state, State::Flush(_)) => Trouble::Stale,
        (Some(Thing::Jumps(found)), Some(Thing::Jumps(wanted))) => rules::trouble(wanted, found),
        (Some(_), None) => Trouble::Stale,
        _ if change.kind == Kind::Make => Trouble::Missing,
        _ => Trouble::Changed,
    }
}

/// A rule of an older flannel.
fn leftover(rule: &Leftover) -> Finding {
    let Leftover { family, table, hook, generation, line } = rule;
    Finding {
        key: Key::Jumps(*family, *table, *hook),
        kind: Trouble::Stale,
        what: format!("{family} {hook} of table {table} has a rule of {generation}: {line}"),
        details: Vec::new(),
        with: Vec::new(),
        cause: Some(cause::OLD_FLANNEL.to_owned()),
        origin: Origin::Nowhere,
    }
}
