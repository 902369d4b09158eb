//! What tells the sockets of a host's servers apart, and the namespaces that they are in.

use crate::kernel::namespace::Namespace;
use crate::lab::serving::Served;
use crate::object::Netns;
use netc_lang::Protocol;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

/// A socket that somebody is to serve at. What differs in anything is another socket.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Mark {
    /// Who serves: `shop/web-0`.
    pub(super) name: String,
    /// The port.
    pub(super) port: u16,
    /// The address, of a socket for datagrams; one for connections takes all.
    pub(super) address: Option<IpAddr>,
    /// The namespace as the host knows it.
    netns: Netns,
    /// The inode of the namespace: one that was made anew has another.
    space: u64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = if self.address.is_some() { "/udp" } else { "" };
        write!(f, "{}: port {}{protocol}", self.name, self.port)
    }
}

/// The sockets of somebody who serves in a namespace.
pub(super) fn marks(served: &Served, space: u64) -> Vec<Mark> {
    let mark = |port, address| Mark {
        name: served.name.clone(),
        port,
        address,
        netns: served.netns.clone(),
        space,
    };
    let all = served.ports.iter().flat_map(|port| match port.protocol {
        Protocol::Udp => served.addresses.iter().map(|own| mark(port.number, Some(*own))).collect(),
        _ => vec![mark(port.number, None)],
    });
    all.collect()
}

/// The namespaces of a host in which somebody is to serve.
#[derive(Default)]
pub(super) struct Spaces {
    named: BTreeMap<Netns, Namespace>,
}

impl Spaces {
    /// The inode of a namespace; that of the host itself is none. Or why it cannot be entered.
    pub(super) fn of(&mut self, netns: &Netns) -> Result<u64, String> {
        let Netns::Named(name) = netns else { return Ok(0) };
        let found = Namespace::named(name).map_err(|error| error.to_string())?;
        let found = found.ok_or_else(|| format!("there is no namespace {name}"))?;
        let inode = found.inode().map_err(|error| error.to_string())?;
        self.named.insert(netns.clone(), found);
        Ok(inode)
    }

    /// Does something in the namespace of a socket.
    pub(super) fn within<T: Send>(
        &self,
        mark: &Mark,
        work: impl FnOnce() -> T + Send,
    ) -> Result<T, String> {
        match self.named.get(&mark.netns) {
            None => Ok(work()),
            Some(own) => own.within(work).map_err(|error| error.to_string()),
        }
    }
}
