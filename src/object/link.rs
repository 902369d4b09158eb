//! Network devices.

use super::{Id, Netns, Text};
use netc_lang::Mac;
use std::net::IpAddr;

/// The device that has the addresses of services in IPVS mode (kube-proxy's name for it).
pub const SERVICE_DEVICE: &str = "kube-ipvs0";

/// The module behind [`LinkKind::Tun`]: its device node is there once it is loaded.
pub const TUN: &str = "tun";

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
    /// Whether it takes every frame, whoever it is for (ip-link(8), `promisc`).
    pub promiscuous: bool,
    /// What it is.
    pub kind: LinkKind,
}

/// The kinds of device, with what belongs to each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// A bridge.
    Bridge {
        /// Whether it heeds the vlans of its ports (ip-link(8), `vlan_filtering`).
        vlan_filtering: bool,
    },
    /// A device that leads nowhere: it holds addresses.
    Dummy,
    /// One end of a veth pair; the other comes with it.
    Veth(Peer),
    /// A vxlan device.
    Vxlan(Vxlan),
    /// A device that puts IPv4 packets into others, and sends them to the gateway of a route.
    Ipip {
        /// The node's address that it sends from.
        local: IpAddr,
    },
    /// A device of wireguard. Its key is an object of its own, and so is each of its peers.
    Wireguard,
    /// A device whose packets a program carries, there without one.
    Tun,
    /// Something that netc does not make, as it was found.
    Other(Text),
}

/// A vxlan device: all its peers are entries of netc's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vxlan {
    /// The network identifier.
    pub vni: u32,
    /// The UDP port.
    pub port: u16,
    /// The node's address that it sends from.
    pub local: IpAddr,
    /// The device that it sends by.
    pub device: Text,
    /// It learns from packets that arrive.
    pub learning: bool,
    /// Packets carry their mark (ip-link(8), `gbp`).
    pub gbp: bool,
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
            LinkKind::Veth(peer) => peer.netns.needs(),
            LinkKind::Vxlan(vxlan) => Some(Id::Underlay(Text::clone(&vxlan.device))),
            LinkKind::Tun => Some(Id::Module(TUN.into())),
            _ => None,
        };
        own.into_iter().chain(other)
    }
}
