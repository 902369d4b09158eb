//! A node as packets find it: its namespaces, and its rules.

mod device;
mod fib;
mod filter;
mod found;
mod space;

pub use device::{Device, Joined};
pub use fib::{Entry, Fib, Lookup, Matched};
pub use filter::{Base, Netfilter};
pub use space::{LOOPBACK, Space};

use crate::model::{Node, NodeId};
use crate::object::{Netns, Object, State, Text};
use std::collections::BTreeMap;

/// A node.
#[derive(Debug)]
pub struct Machine {
    /// Its number in the cluster.
    pub id: NodeId,
    /// Its name.
    pub name: Text,
    /// Its namespaces.
    pub spaces: BTreeMap<Netns, Space>,
    /// The rules, sets and virtual servers of its own namespace. netc makes none in others.
    pub filter: Netfilter,
}

impl Machine {
    /// A node that holds exactly these objects, beside what is its own: its devices with their
    /// addresses, the routes to their networks, and the one to everywhere else if it has one.
    #[must_use]
    pub fn new(id: NodeId, node: &Node, objects: impl IntoIterator<Item = Object>) -> Machine {
        let mut spaces: BTreeMap<Netns, Space> = BTreeMap::new();
        let mut filter = Netfilter::default();
        spaces.insert(Netns::Node, Space::of_node(node));
        for object in objects {
            match object.state {
                State::Ruleset(_)
                | State::Jump(_)
                | State::NftTable(_)
                | State::Set(_)
                | State::Virtual(_) => filter.add(object),
                State::Netns(own) => {
                    spaces.entry(Netns::Named(own.name)).or_default();
                }
                state => Space::add(&mut spaces, state, object.origin),
            }
        }
        filter.finish();
        Space::settle(&mut spaces);
        Machine { id, name: node.name.as_str().into(), spaces, filter }
    }

    /// One of its namespaces.
    #[must_use]
    pub fn space(&self, netns: &Netns) -> Option<&Space> {
        self.spaces.get(netns)
    }
}
