//! The node at hand: its namespaces and the netlink sockets in each.

use super::error::KernelError;
use super::namespace::Namespace;
use super::socket::{Message, Socket, Sockets};
use crate::object::Netns;
use crate::plan::Backend;
use std::collections::BTreeMap;

/// A node whose state can be read and changed.
pub struct Machine {
    /// The node's own namespace and those of its pods, as far as they were needed.
    spaces: BTreeMap<Netns, Space>,
    /// The indices of the devices of a namespace, once they were listed.
    indices: BTreeMap<Netns, BTreeMap<String, u32>>,
    /// Which iptables its tools are, once they were asked.
    pub(super) backend: Option<Backend>,
    /// The number of the netlink family of IPVS, once it was found.
    pub(super) ipvs: Option<u16>,
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
        let mut machine = Machine {
            spaces: BTreeMap::new(),
            indices: BTreeMap::new(),
            backend: None,
            ipvs: None,
        };
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

    /// The index of a device, if it was there when the devices of its namespace were listed.
    pub(super) fn index(&self, netns: &Netns, name: &str) -> Option<u32> {
        self.indices.get(netns)?.get(name).copied()
    }

    /// Keeps the indices of all devices of a namespace. They hold until one is removed.
    pub(super) fn list_devices(&mut self, netns: &Netns, indices: BTreeMap<String, u32>) {
        self.indices.insert(netns.clone(), indices);
    }

    /// Forgets all indices: with one end of a veth pair goes the other, wherever it is.
    pub(super) fn forget_devices(&mut self) {
        self.indices.clear();
    }

    /// Makes named namespaces; the first that could not be made, by its place, and why. Those
    /// before it were made, those behind it were not.
    pub(super) fn make_namespaces(&mut self, names: &[&str]) -> Result<(), (usize, KernelError)> {
        Namespace::create(names)?;
        names.iter().enumerate().try_for_each(|(place, name)| {
            self.space(&Netns::Named((*name).into())).map(drop).map_err(|error| (place, error))
        })
    }

    /// Removes a named namespace. The kernel takes it and its devices apart once nobody uses it:
    /// we must not.
    pub(super) fn remove_namespace(&mut self, name: &str) -> Result<(), KernelError> {
        self.spaces.remove(&Netns::Named(name.into()));
        self.forget_devices();
        Namespace::remove(name)
    }
}

fn no_namespace(name: &str) -> KernelError {
    KernelError::Missing(format!("network namespace {name}"))
}
