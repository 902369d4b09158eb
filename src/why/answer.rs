//! What is told of something that was found.

use super::find::{Found, Inner};
use super::system::{Around, System, of};
use super::{Meaning, known, relations, shown};
use crate::graph::{Item, PartKind, Placed};
use crate::object::{Id, Member, Object, State, Text};
use crate::plan::Key;
use netc_lang::Span;
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// So many of each are told; the rest is counted.
const LINES: usize = 12;
const STATEMENTS: usize = 5;
const RELATIONS: usize = 6;

/// Some of several things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Several<T> {
    /// The first ones.
    pub all: Vec<T>,
    /// How many more there are.
    pub more: usize,
}

/// What is told of one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What it is: `IPv4 chain KUBE-SERVICES of table nat`.
    pub what: String,
    /// What it is in, and where in it; a thing of its own is in nothing.
    pub step: Option<Step>,
    /// It in the words of the tool that would show it.
    pub shown: Several<String>,
    /// The statements that made it, the first one first.
    pub statements: Several<Span>,
    /// What it needs.
    pub needs: Several<String>,
    /// What needs it.
    pub needed_by: Several<String>,
    /// Which system would have programmed it.
    pub system: System,
    /// By what it is found among changes, or what it is part of.
    pub(super) key: Key,
    /// It is a part of that.
    pub(super) is_part: bool,
}

/// The place of a rule in its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Counted from one.
    pub number: usize,
    /// Of so many.
    pub of: usize,
}

impl<T: Ord + Clone> Several<T> {
    /// Each once, and of these as many as are told.
    fn of(things: impl IntoIterator<Item = T>, most: usize) -> Several<T> {
        let (mut all, mut met) = (Vec::new(), BTreeSet::new());
        for thing in things {
            if met.insert(thing.clone()) && all.len() < most {
                all.push(thing);
            }
        }
        Several { more: met.len() - all.len(), all }
    }
}

/// The answer for something that was found.
pub(super) fn answer(found: &Found, items: &[Placed], around: &Around) -> Option<Answer> {
    let item = &items.get(found.place)?.item;
    let (what, step) = name(found, item);
    Some(Answer {
        what,
        step,
        shown: Several::of(lines(found, item), LINES),
        statements: Several::of(
            members(found, item, around).into_iter().chain(statements(found, item)),
            STATEMENTS,
        ),
        needs: Several::of(relations::needs(found, items), RELATIONS),
        needed_by: Several::of(relations::needed_by(found, items), RELATIONS),
        system: of(item, around),
        key: key(item),
        is_part: !found.is_whole()
            || matches!(item, Item::Object(Object { state: State::Jump(_), .. })),
    })
}

/// The statements of what a member of a set is to the cluster. Sets are one for all services.
fn members(found: &Found, item: &Item, around: &Around) -> Vec<Span> {
    let (Inner::Member(index), Item::Object(object)) = (found.inner, item) else {
        return Vec::new();
    };
    let State::Set(set) = &object.state else { return Vec::new() };
    let meaning = match set.members.get(index) {
        Some(Member::Address(address)) => Meaning::Address(*address),
        Some(
            Member::AddressPort(address, protocol, port)
            | Member::AddressPortAddress(address, protocol, port, _)
            | Member::AddressPortNetwork(address, protocol, port, _),
        ) => Meaning::Socket(SocketAddr::new(*address, *port), Some(*protocol)),
        Some(Member::Port(port)) => Meaning::Port(*port, None),
        None => return Vec::new(),
    };
    known(&meaning, around.cluster).into_iter().map(|known| known.origin).collect()
}

/// By what an item is found among changes.
pub(super) fn key(item: &Item) -> Key {
    match item {
        Item::Chain(chain) => Key::Chain(chain.family, chain.table, chain.name),
        Item::Part(part) => {
            Key::Object(Id::NftTable(part.table.family, Text::clone(&part.table.name)))
        }
        Item::Object(object) => match &object.state {
            State::Jump(jump) => Key::Jumps(jump.family, jump.table, jump.hook),
            state => Key::Object(state.id()),
        },
    }
}

/// What it is, and its place.
fn name(found: &Found, item: &Item) -> (String, Option<Step>) {
    let step = |index: usize, of: usize| Some(Step { number: index + 1, of });
    match (found.inner, item) {
        (Inner::Line(index, ..), Item::Chain(chain)) => {
            (format!("rule of {chain}"), step(index, chain.rules().len()))
        }
        (Inner::Line(index, ..), Item::Part(part)) => {
            let of = part.lines().len();
            match part.kind {
                PartKind::Chain(_) => (format!("rule of {part}"), step(index, of)),
                // Elements have no order that counts.
                PartKind::Set(_) => (format!("element of {part}"), None),
            }
        }
        (Inner::Member(_), _) => (format!("member of {item}"), None),
        (Inner::Real(_), _) => (format!("real server of {item}"), None),
        _ => (item.to_string(), None),
    }
}

/// It in the words of the tool that would show it.
pub(super) fn lines(found: &Found, item: &Item) -> Vec<String> {
    let part = |index: usize, state: &State| {
        // The first line makes what the parts are in.
        shown::object(state).into_iter().nth(index + 1).into_iter().collect()
    };
    match (found.inner, item) {
        (Inner::Line(_, line, _), _) => vec![line.to_owned()],
        (Inner::Member(index) | Inner::Real(index), Item::Object(Object { state, .. })) => {
            part(index, state)
        }
        _ => shown::item(item),
    }
}

/// The statements behind it.
pub(super) fn statements(found: &Found, item: &Item) -> Vec<Span> {
    match (found.inner, item) {
        (Inner::Line(_, _, origin), _) => vec![origin],
        (Inner::Real(index), Item::Object(object)) => match &object.state {
            State::Virtual(server) => vec![*server.origins.0.get(index).unwrap_or(&object.origin)],
            _ => vec![object.origin],
        },
        (_, Item::Object(object)) => {
            let reals: &[Span] = match &object.state {
                State::Virtual(server) => &server.origins.0,
                _ => &[],
            };
            std::iter::once(object.origin)
                .chain(object.others.iter().copied())
                .chain(reals.iter().copied())
                .collect()
        }
        (_, Item::Chain(chain)) => {
            std::iter::once(chain.origin).chain(chain.rules().map(|rule| rule.origin)).collect()
        }
        (_, Item::Part(part)) => {
            let lines = part.lines().with_origins().map(|(_, origin)| origin);
            std::iter::once(part.origin).chain(lines).collect()
        }
    }
}
