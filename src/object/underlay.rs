//! Devices of the node that netc does not make.

use super::{Id, Text};
use std::net::IpAddr;

/// A device that must be there, with these addresses on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Underlay {
    /// Its name.
    pub name: Text,
    /// The node's addresses on it.
    pub addresses: Vec<IpAddr>,
}

impl Underlay {
    pub(super) fn id(&self) -> Id {
        Id::Underlay(Text::clone(&self.name))
    }
}
