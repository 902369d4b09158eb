//! The node at hand: its namespaces and the netlink sockets in each.

use super::error::KernelError;
use super::namespace::Namespace;
use super::socket::{Message, Socket, Sockets};
use crate::object::Netns;
use std::collections::BTreeMap;

/// A node whose state can be read and changed.
pub struct Machine {
    /// The node's own namespace and those of its pods, as far as they were needed.
    spaces: BTreeMap<Netns, Space>,
    /// The indices of devices, once they were looked up.
    indices: BTreeMap<(Netns, String), u32>,
}

/// A namespace and the sockets in it.
struct Space {
    namespace: Namespace,
    sockets: Sockets,
}

impl Machine {
    /// Opens the node whose own namespace is the named one, or the one we are in.
    ///
    /// # Errors
    /// There is no such namespace.
    pub fn open(netns: Option<&str>) -> Result<Machine, KernelError> {
        let namespace = match netns {
            None => Namespace::current()?,
            Some(name) => Namespace::named(name)?.ok_or_else(|| no_namespace(name))?,
        };
        let mut machine = Machine { spaces: BTreeMap::new(), indices: BTreeMap::new() };
        machine.enter(Netns::Node, namespace);
        Ok(machine)
    }

    fn enter(&mut self, netns: Netns, namespace: Namespace) {
        self.spaces.insert(netns, Space { namespace, sockets: Sockets::default() });
    }

    /// Whether a namespace is there; it can then be worked in.
    pub(super) fn has(&mut self, netns: &Netns) -> Result<bool, KernelError> {
        if self.spaces.contains_key(netns) {
            return Ok(true);
        }
        let Netns::Named(name) = netns else { return Ok(false) };
        match Namespace::named(name)? {
            Some(namespace) => {
                self.enter(netns.clone(), namespace);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn space(&mut self, netns: &Netns) -> Result<&mut Space, KernelError> {
        self.has(netns)?;
        self.spaces.get_mut(netns).ok_or_else(|| match netns {
            Netns::Named(name) => no_namespace(name),
            Netns::Node => no_namespace("of the node"),
        })
    }

    /// The socket of a protocol in a namespace, opened when it is first needed.
    pub(super) fn socket<M: Message>(
        &mut self,
        netns: &Netns,
    ) -> Result<&mut Socket<M>, KernelError> {
        let Space { namespace, sockets } = self.space(netns)?;
        let slot = M::slot(sockets);
        match slot {
            Some(socket) => Ok(socket),
            None => Ok(slot.insert(namespace.within(Socket::open)??)),
        }
    }

    /// A namespace.
    pub(super) fn namespace(&mut self, netns: &Netns) -> Result<&Namespace, KernelError> {
        self.space(netns).map(|space| &space.namespace)
    }

    /// The indices of devices that were looked up. They hold until a device is removed.
    pub(super) fn indices(&mut self) -> &mut BTreeMap<(Netns, String), u32> {
        &mut self.indices
    }
}

fn no_namespace(name: &str) -> KernelError {
    let error = std::io::Error::from(std::io::ErrorKind::NotFound);
    KernelError::Io { what: format!("there is no network namespace {name}"), error }
}
