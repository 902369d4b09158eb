//! Devices.

use crate::object::{LinkKind, Netns, Port, Text, WireguardPeer};
use netc_lang::{Mac, Span};

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its name.
    pub name: Text,
    /// Its Ethernet address, if that is known.
    pub mac: Option<Mac>,
    /// Its MTU, in bytes.
    pub mtu: u32,
    /// Whether it is up.
    pub up: bool,
    /// What it is.
    pub kind: LinkKind,
    /// Its place in a bridge.
    pub port: Option<Port>,
    /// Where it leads to.
    pub joined: Joined,
    /// The peers of a device of wireguard.
    pub peers: Vec<WireguardPeer>,
    /// The statement that made it.
    pub origin: Option<Span>,
}

/// Where a device leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Joined {
    /// To the namespace itself: loopback, a bridge, a tunnel.
    Here,
    /// To the other end of a veth pair on the same node.
    Peer(Netns, Text),
    /// To what joins the nodes.
    Underlay,
}

impl Device {
    /// A device without anything on it yet.
    pub(super) fn new(name: Text, kind: LinkKind, mtu: u32, joined: Joined) -> Device {
        let (port, peers) = (None, Vec::new());
        Device { name, mac: None, mtu, up: false, kind, port, joined, peers, origin: None }
    }
}
