//! The changes that lead from the live state to the desired one.

use super::Live;
use super::equal::{Difference, compare};
use super::live::Found;
use crate::graph::{Item, Ordered, chains_in_order};
use crate::model::Family;
use crate::object::{Chain, Hook, Jump, Place, Ruleset, State, Table};
use netc_lang::{Diagnostic, code};
use std::collections::{BTreeMap, BTreeSet};

/// One change: an object, by its place in the order, or one chain of a ruleset, and what is to be
/// done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The place of the object in [`Ordered::nodes`].
    pub place: usize,
    /// If the object is a ruleset, which of its chains changes.
    pub chain: Option<usize>,
    /// What is to be done.
    pub action: Action,
}

impl Change {
    /// What changes.
    #[must_use]
    pub fn item<'o>(&self, desired: &'o Ordered) -> Option<Item<'o>> {
        let object = &desired.nodes.get(self.place)?.object;
        match (&object.state, self.chain) {
            (State::Ruleset(ruleset), chain) => ruleset.chain(chain?).map(Item::Chain),
            _ => Some(Item::Object(object)),
        }
    }

    /// Whether it can be called for again at any time: the next packet of a client may make a
    /// connection stale, whatever was done before.
    #[must_use]
    pub fn recurs(&self, desired: &Ordered) -> bool {
        let node = desired.nodes.get(self.place);
        node.is_some_and(|node| matches!(node.object.state, State::Flush(_)))
    }
}

/// What is to be done with an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Make it: it is not there.
    Create,
    /// Change it in place; what it is now.
    Update(String),
    /// Remove it and make it anew; what it is now.
    Replace(String),
}

/// The changes, in the order in which they are to be made. None if everything is as desired.
#[must_use]
pub fn diff(desired: &Ordered, live: &Live) -> Vec<Change> {
    let misplaced = misplaced_jumps(desired, live);
    let mut remade = BTreeSet::new();
    let mut changes = Vec::new();
    for (place, node) in desired.nodes.iter().enumerate() {
        let action = match &node.object.state {
            State::Ruleset(ruleset) => {
                changes.extend(chain_changes(place, ruleset, live));
                continue;
            }
            State::Jump(jump) if misplaced.contains(&(jump.family, jump.table, jump.hook)) => {
                Some(jump_action(jump, live))
            }
            State::Jump(_) | State::Underlay(_) => None,
            State::Flush(_) => {
                live.stale.get(&node.id()).map(|count| Action::Update(stale(*count)))
            }
            // What hangs on a device that is made anew has gone with it.
            _ if desired.needs(place).iter().any(|need| remade.contains(need)) => {
                Some(Action::Create)
            }
            state => object_action(state, live.states.get(&node.id())),
        };
        let Some(action) = action else { continue };
        let jump = matches!(node.object.state, State::Jump(_));
        if !jump && !matches!(action, Action::Update(_)) {
            remade.extend(u32::try_from(place));
        }
        changes.push(Change { place, chain: None, action });
    }
    changes
}

fn stale(count: usize) -> String {
    if count == 1 { "1 stale connection".into() } else { format!("{count} stale connections") }
}

fn object_action(desired: &State, live: Option<&Found>) -> Option<Action> {
    let Some(live) = live else { return Some(Action::Create) };
    match compare(desired, &live.state) {
        Difference::None => None,
        Difference::InPlace(was) => Some(Action::Update(was)),
        Difference::Remake(was) => Some(Action::Replace(was)),
    }
}

/// The changes of chains: what is jumped to comes first, as in plans.
fn chain_changes(place: usize, desired: &Ruleset, live: &Live) -> Vec<Change> {
    let own = desired.chains().enumerate();
    let mut changed: BTreeMap<usize, Action> =
        own.filter_map(|(index, chain)| Some((index, chain_action(&chain, live)?))).collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let order = chains_in_order(desired).into_iter();
    let changes = order.filter_map(|(chain, _)| {
        let action = changed.remove(&chain)?;
        Some(Change { place, chain: Some(chain), action })
    });
    changes.collect()
}

fn chain_action(desired: &Chain, live: &Live) -> Option<Action> {
    match live.chain(desired.family, desired.table, desired.name.as_str()) {
        None => Some(Action::Create),
        Some(text) if text == desired.text => None,
        Some(text) => Some(Action::Update(format!("had {} rules", text.lines().count()))),
    }
}

fn jump_action(desired: &Jump, live: &Live) -> Action {
    let text = live.chain(desired.family, desired.table, desired.hook.name()).unwrap_or_default();
    match text.lines().position(|line| line == desired.line) {
        Some(position) => Action::Update(format!("was number {}, out of place", position + 1)),
        None => Action::Create,
    }
}

/// The built-in chains in which netc's jumps are not exactly where they belong: those at the
/// top before everything else, those at the bottom somewhere behind, in order.
fn misplaced_jumps(desired: &Ordered, live: &Live) -> BTreeSet<(Family, Table, Hook)> {
    let mut wanted: BTreeMap<(Family, Table, Hook), Vec<&Jump>> = BTreeMap::new();
    for node in &desired.nodes {
        if let State::Jump(jump) = &node.object.state {
            wanted.entry((jump.family, jump.table, jump.hook)).or_default().push(jump);
        }
    }
    let misplaced = wanted.into_iter().filter(|((family, table, hook), jumps)| {
        let text = live.chain(*family, *table, hook.name()).unwrap_or_default();
        !in_place(jumps, text)
    });
    misplaced.map(|(hook, _)| hook).collect()
}

fn in_place(jumps: &[&Jump], text: &str) -> bool {
    let mut jumps = jumps.to_vec();
    jumps.sort_by_key(|jump| jump.place);
    let wanted: Vec<&str> = jumps.iter().map(|jump| jump.line.as_str()).collect();
    let top = jumps.iter().filter(|jump| matches!(jump.place, Place::Top(_))).count();
    let own = text.lines().filter(|line| wanted.contains(line));
    own.eq(wanted.iter().copied()) && text.lines().take(top).eq(wanted.iter().copied().take(top))
}

/// Live objects that stand where a desired one is to be but are somebody else's.
#[must_use]
pub fn foreign(desired: &Ordered, live: &Live) -> Vec<Diagnostic> {
    let others = desired.nodes.iter().filter(|node| {
        !matches!(node.object.state, State::Underlay(_))
            && live.states.get(&node.id()).is_some_and(|found| !found.owned)
    });
    let diagnostics = others.map(|node| {
        let message = format!("{} is there already, and is not netc's", node.id());
        Diagnostic::at(code::FOREIGN_OBJECT, node.object.origin, message)
            .here("wanted by this statement")
            .help("remove it, or rename it in the sources; netc changes only what it has made")
    });
    diagnostics.collect()
}
