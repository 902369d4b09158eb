//! Changes of sets as input for `ipset restore`. What is new comes before the rules that use it, and
//! what goes, goes behind them: an address that moves from one set to another is never in none.

use super::change::{Change, Kind};
use super::thing::Thing;
use crate::emit::{push_create, push_destroy, push_member};
use crate::object::{Ipset, SetKind, State};

/// The input of one `ipset restore` for the changes in these places, as far as sets are made and
/// get members, and for each of its lines the place of the change that it is of.
#[must_use]
pub fn set_input(changes: &[Change], places: &[usize]) -> (String, Vec<usize>) {
    let mut input = Input::default();
    for (place, sides) in sides(changes, places) {
        input.makes(place, &sides);
    }
    (input.text, input.places)
}

/// The same, as far as members leave and sets go.
#[must_use]
pub fn leave_input(changes: &[Change], places: &[usize]) -> (String, Vec<usize>) {
    let mut input = Input::default();
    for (place, sides) in sides(changes, places) {
        match sides {
            Sides { from: Some(from), to: Some(to), anew: false } => {
                for member in from.beyond(to) {
                    input.line(place, |text| push_member(text, "del", from.name, member));
                }
            }
            Sides { from: Some(from), to: None, .. } => {
                input.line(place, |text| push_destroy(text, from.name));
            }
            _ => {}
        }
    }
    (input.text, input.places)
}

fn sides<'c>(
    changes: &'c [Change],
    places: &'c [usize],
) -> impl Iterator<Item = (usize, Sides<'c>)> {
    places.iter().filter_map(|place| Some((*place, Sides::of(changes.get(*place)?))))
}

/// Whether a set is made or gets members.
pub(super) fn grows(change: &Change) -> bool {
    match Sides::of(change) {
        Sides { from: Some(from), to: Some(to), anew: false } => to.beyond(from).next().is_some(),
        sides => sides.to.is_some(),
    }
}

/// Whether a set goes or members of it leave, and if so, when: those of a set of bare addresses are
/// bound to the node until those of virtual servers go.
pub(super) fn leaves(change: &Change) -> Option<Leave> {
    match Sides::of(change) {
        Sides { from: Some(from), to: Some(to), anew: false } => {
            from.beyond(to).next()?;
            let bound = from.kind == SetKind::Address;
            Some(if bound { Leave::Late } else { Leave::Early })
        }
        Sides { from: Some(_), to: None, .. } => Some(Leave::Late),
        _ => None,
    }
}

/// When members leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leave {
    /// Once the rules are as they are to be.
    Early,
    /// Once everything else is gone.
    Late,
}

/// What a set was, and what it is to be.
struct Sides<'c> {
    from: Option<&'c Ipset>,
    to: Option<&'c Ipset>,
    /// Whether it is made anew.
    anew: bool,
}

impl<'c> Sides<'c> {
    fn of(change: &'c Change) -> Sides<'c> {
        let set = |thing: &'c Option<Thing>| match thing.as_ref().and_then(Thing::state) {
            Some(State::Set(set)) => Some(set),
            _ => None,
        };
        let anew = change.kind == Kind::Replace;
        Sides { from: set(&change.from), to: set(&change.to), anew }
    }
}

#[derive(Default)]
struct Input {
    text: String,
    places: Vec<usize>,
}

impl Input {
    fn line(&mut self, place: usize, push: impl FnOnce(&mut String)) {
        push(&mut self.text);
        self.places.push(place);
    }

    fn makes(&mut self, place: usize, sides: &Sides) {
        let Some(to) = sides.to else { return };
        let from = sides.from.filter(|_| !sides.anew);
        if let (Some(old), true) = (sides.from, sides.anew) {
            self.line(place, |text| push_destroy(text, old.name));
        }
        if from.is_none() {
            self.line(place, |text| push_create(text, to));
        }
        let new = to.members.iter().filter(|member| !from.is_some_and(|from| from.has(member)));
        for member in new {
            self.line(place, |text| push_member(text, "add", to.name, member));
        }
    }
}
