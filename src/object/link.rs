//! Network devices.

use super::{Id, Netns, Text};
use netc_lang::Mac;
use std::net::IpAddr;

/// The device that has the addresses of services in IPVS mode (kube-proxy's name for it).
pub const SERVICE_DEVICE: &str = "kube-ipvs0";

/// A network device that netc makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Where it lives.
    pub netns: Netns,
    /// Its name.
    pub name: Text,
    /// Its Ethernet address, if it matters.
    pub mac: Option<Mac>,
    /// Its MTU, in bytes.
    pub mtu: u32,
    /// Its alias, which marks it as netc's own and says what it is for.
    pub alias: Text,
    /// What it is.
    pub kind: LinkKind,
}

/// The kinds of device, with what belongs to each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// A bridge.
    Bridge,
    /// A device that leads nowhere: it holds addresses.
    Dummy,
    /// One end of a veth pair; the other comes with it.
    Veth(Peer),
    /// A vxlan device without learning: all its peers are entries of netc's.
    Vxlan {
        /// The network identifier.
        vni: u32,
        /// The UDP port.
        port: u16,
        /// The node's address that it sends from.
        local: IpAddr,
        /// The device that it sends by.
        device: Text,
    },
    /// Something that netc does not make, as it was found.
    Other(Text),
}

/// The other end of a veth pair.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Where it lives.
    pub netns: Netns,
    /// Its name.
    pub name: Text,
    /// Its Ethernet address.
    pub mac: Mac,
}

impl Link {
    pub(super) fn id(&self) -> Id {
        Id::Link(self.netns.clone(), Text::clone(&self.name))
    }

    pub(super) fn also(&self) -> Option<Id> {
        match &self.kind {
            LinkKind::Veth(peer) => Some(Id::Link(peer.netns.clone(), Text::clone(&peer.name))),
            _ => None,
        }
    }

    /// Its Ethernet address, if it matters, and that of its other end, if it has one.
    pub(crate) fn addresses(&self) -> (Option<Mac>, Option<Mac>) {
        let peer = match &self.kind {
            LinkKind::Veth(peer) => Some(peer.mac),
            _ => None,
        };
        (self.mac, peer)
    }

    pub(super) fn needs(&self) -> impl Iterator<Item = Id> {
        let own = self.netns.needs();
        let other = match &self.kind {
            LinkKind::Bridge | LinkKind::Dummy | LinkKind::Other(_) => None,
            LinkKind::Veth(peer) => peer.netns.needs(),
            LinkKind::Vxlan { device, .. } => Some(Id::Underlay(Text::clone(device))),
        };
        own.into_iter().chain(other)
    }
}
