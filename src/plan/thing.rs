//! What can change on its own: an object, a chain, or netc's jumps in a built-in chain.

use crate::model::Family;
use crate::object::{ChainName, Hook, Id, Place, State, Table};
use std::borrow::Cow;
use std::fmt;

/// What tells one thing of a node from every other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// An object that is no rule.
    Object(Id),
    /// A chain of netc's own.
    Chain(Family, Table, ChainName),
    /// The jumps of netc's own in a built-in chain, all together: their order counts.
    Jumps(Family, Table, Hook),
}

impl Key {
    /// Of what rules it is, if it is of rules.
    #[must_use]
    pub fn rules(&self) -> Option<(Family, Table)> {
        match self {
            Key::Object(_) => None,
            Key::Chain(family, table, _) | Key::Jumps(family, table, _) => Some((*family, *table)),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Object(id) => id.fmt(f),
            Key::Chain(family, table, name) => {
                write!(f, "{family} chain {name} of table {table}")
            }
            Key::Jumps(family, table, hook) => {
                write!(f, "{family} jumps from {hook} of table {table}")
            }
        }
    }
}

/// A thing as it is or is to be.
#[derive(Clone, PartialEq, Debug)]
pub enum Thing<'t> {
    /// An object that is no rule.
    Object(Cow<'t, State>),
    /// A chain.
    Chain(Rules<'t>),
    /// Jumps.
    Jumps(Jumps),
}

/// A chain with its rules.
#[derive(Clone, PartialEq, Debug)]
pub struct Rules<'t> {
    /// The family.
    pub family: Family,
    /// The table.
    pub table: Table,
    /// The chain.
    pub name: ChainName,
    /// Its rules as iptables-save prints them, a line each.
    pub text: Cow<'t, str>,
}

/// The jumps of netc's own in a built-in chain.
#[derive(Clone, PartialEq, Debug)]
pub struct Jumps {
    /// The family.
    pub family: Family,
    /// The table.
    pub table: Table,
    /// The built-in chain.
    pub hook: Hook,
    /// The rules as iptables-save prints them, each with its place among everybody else's; in
    /// order, and never empty.
    pub rules: Vec<(Place, String)>,
}

impl Thing<'_> {
    /// What tells it from every other thing.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Thing::Object(state) => Key::Object(state.id()),
            Thing::Chain(chain) => Key::Chain(chain.family, chain.table, chain.name),
            Thing::Jumps(jumps) => Key::Jumps(jumps.family, jumps.table, jumps.hook),
        }
    }

    /// The object, if it is one.
    #[must_use]
    pub fn state(&self) -> Option<&State> {
        match self {
            Thing::Object(state) => Some(state),
            _ => None,
        }
    }

    /// The same, holding all it says.
    #[must_use]
    pub fn into_owned(self) -> Thing<'static> {
        match self {
            Thing::Object(state) => Thing::Object(Cow::Owned(state.into_owned())),
            Thing::Chain(chain) => Thing::Chain(Rules {
                family: chain.family,
                table: chain.table,
                name: chain.name,
                text: Cow::Owned(chain.text.into_owned()),
            }),
            Thing::Jumps(jumps) => Thing::Jumps(jumps),
        }
    }
}
