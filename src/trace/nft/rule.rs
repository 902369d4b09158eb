//! A rule that was read.

use super::super::verdict::{Refusal, Translation};
use super::field::{Field, Operator};
use super::pattern::Pattern;

/// A part of a rule. They are carried out one after the other.
#[derive(Debug)]
pub(super) enum Step<'t> {
    /// Goes on only if the key is among some values, or is not.
    When { key: Vec<Field>, not: bool, among: Among<'t> },
    /// Goes on only for what is beyond a limit: never, for a single packet.
    Never,
    /// Sets the mark, or works on it.
    Mark { set: Option<u32>, then: Vec<(Operator, u32)> },
    /// The connection is not tracked.
    Untrack,
    /// The last part: what is done.
    Do(Action<'t>),
    /// The last part: what is done for the key is looked up.
    LookUp(Lookup<'t>),
    /// It is not known what this is.
    Unknown,
}

/// What is looked up, in what, and what is to be found there.
#[derive(Debug)]
pub(super) struct Lookup<'t> {
    pub(super) key: Key,
    pub(super) among: Among<'t>,
    pub(super) gives: Gives,
}

/// What is looked up.
#[derive(Debug)]
pub(super) enum Key {
    /// Fields of the packet.
    Fields(Vec<Field>),
    /// One of so many numbers from one on, each as likely.
    Number { count: u32, first: u32 },
}

/// What is looked into.
#[derive(Debug)]
pub(super) enum Among<'t> {
    /// A set or map of the table.
    Named(&'t str),
    /// Keys that the rule itself lists, with what belongs to each.
    Listed(Vec<(Vec<Pattern<'t>>, &'t str)>),
    /// The same by numbers, the first and the last one of each.
    Numbered(Vec<(u32, u32, &'t str)>),
}

/// What values of a map are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gives {
    Verdicts,
    Destinations,
    Sources,
}

/// What is done with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action<'t> {
    Continue,
    Jump(&'t str),
    Goto(&'t str),
    Return,
    Accept,
    Drop,
    Reject(Refusal),
    Translate(Translation),
}

impl<'t> Action<'t> {
    /// What a value of a map says.
    pub(super) fn of(gives: Gives, value: &'t str) -> Option<Action<'t>> {
        match gives {
            Gives::Verdicts => Action::verdict(value),
            Gives::Destinations | Gives::Sources => {
                let (address, port) = match value.split_once(" . ") {
                    Some((address, port)) => (address, Some(port.parse().ok()?)),
                    None => (value, None),
                };
                let address = address.parse().ok()?;
                Some(Action::Translate(match gives {
                    Gives::Sources => Translation::Source { address, port },
                    _ => Translation::Destination { address: Some(address), port },
                }))
            }
        }
    }

    /// A verdict.
    pub(super) fn verdict(text: &'t str) -> Option<Action<'t>> {
        Some(match text.split_once(' ') {
            None => match text {
                "accept" => Action::Accept,
                "drop" => Action::Drop,
                "return" => Action::Return,
                "continue" => Action::Continue,
                _ => return None,
            },
            Some(("jump", chain)) => Action::Jump(chain),
            Some(("goto", chain)) => Action::Goto(chain),
            _ => return None,
        })
    }
}
