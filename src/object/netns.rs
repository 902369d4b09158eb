//! Network namespaces.

use super::{Id, Text};
use std::fmt;

/// Where an object lives: in the node's own namespace or in a named one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Netns {
    /// The node's own.
    Node,
    /// A named one, as `ip netns` knows it.
    Named(Text),
}

impl Netns {
    /// The namespace itself, if it is an object.
    #[must_use]
    pub fn needs(&self) -> Option<Id> {
        match self {
            Netns::Node => None,
            Netns::Named(name) => Some(Id::Netns(Text::clone(name))),
        }
    }
}

impl fmt::Display for Netns {
    /// Nothing for the node's own; ` in NAME` for another one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Netns::Node => Ok(()),
            Netns::Named(name) => write!(f, " in {name}"),
        }
    }
}

/// A named network namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetnsObject {
    /// Its name under /run/netns (ip-netns(8)).
    pub name: Text,
}

impl NetnsObject {
    pub(super) fn id(&self) -> Id {
        Id::Netns(Text::clone(&self.name))
    }
}
