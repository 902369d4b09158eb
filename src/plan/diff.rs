//! The changes that lead from the live state to the desired one.

use super::Live;
use super::equal::{Difference, compare};
use super::live::Found;
use crate::emit::{jump_line, rule_line};
use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{Chain, Hook, Jump, Place, State, Table};
use netc_lang::{Diagnostic, code};
use std::collections::{BTreeMap, BTreeSet};

/// One change: an object, by its place in the order, and what is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The place of the object in [`Ordered::nodes`].
    pub place: usize,
    /// What is to be done.
    pub action: Action,
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
            State::Chain(chain) => chain_action(chain, live),
            State::Jump(jump) if misplaced.contains(&(jump.family, jump.table, jump.hook)) => {
                Some(jump_action(jump, live))
            }
            State::Jump(_) | State::Underlay(_) => None,
            // What hangs on a device that is made anew has gone with it.
            _ if desired.needs(place).iter().any(|need| remade.contains(need)) => {
                Some(Action::Create)
            }
            state => object_action(state, live.states.get(&node.id())),
        };
        let Some(action) = action else { continue };
        let rules = matches!(node.object.state, State::Chain(_) | State::Jump(_));
        if !rules && !matches!(action, Action::Update(_)) {
            remade.extend(u32::try_from(place));
        }
        changes.push(Change { place, action });
    }
    changes
}

fn object_action(desired: &State, live: Option<&Found>) -> Option<Action> {
    let Some(live) = live else { return Some(Action::Create) };
    match compare(desired, &live.state) {
        Difference::None => None,
        Difference::InPlace(was) => Some(Action::Update(was)),
        Difference::Remake(was) => Some(Action::Replace(was)),
    }
}

fn chain_action(desired: &Chain, live: &Live) -> Option<Action> {
    let Chain { family, table, name, rules } = desired;
    let Some(lines) = live.chain(*family, *table, name.as_str()) else {
        return Some(Action::Create);
    };
    let same = lines.len() == rules.len()
        && rules
            .iter()
            .zip(lines)
            .all(|(rule, line)| rule_line(*family, name.as_str(), rule) == *line);
    (!same).then(|| Action::Update(format!("had {} rules", lines.len())))
}

fn jump_action(desired: &Jump, live: &Live) -> Action {
    let lines = live.chain(desired.family, desired.table, desired.hook.name());
    let line = jump_line(desired);
    match lines.unwrap_or_default().iter().position(|other| *other == line) {
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
        let lines = live.chain(*family, *table, hook.name()).unwrap_or_default();
        !in_place(jumps, lines)
    });
    misplaced.map(|(hook, _)| hook).collect()
}

fn in_place(jumps: &[&Jump], lines: &[String]) -> bool {
    let mut jumps = jumps.to_vec();
    jumps.sort_by_key(|jump| jump.place);
    let wanted: Vec<String> = jumps.iter().map(|jump| jump_line(jump)).collect();
    let top = jumps.iter().filter(|jump| matches!(jump.place, Place::Top(_))).count();
    let own: Vec<&String> = lines.iter().filter(|line| wanted.contains(line)).collect();
    own.into_iter().eq(&wanted) && lines.iter().take(top).eq(wanted.iter().take(top))
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
