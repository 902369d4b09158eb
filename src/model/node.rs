//! Nodes.

use super::{Family, PerFamily, number};
use ipnet::IpNet;
use netc_lang::{Mac, Span};
use std::net::IpAddr;

/// The index of a node in [`Cluster::nodes`](super::Cluster::nodes).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

/// A machine of the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The `node` statement.
    pub span: Span,
    /// Its own addresses.
    pub addresses: PerFamily<NodeAddress>,
    /// The device that has them.
    pub device: Option<String>,
    /// The MTU of that device, in bytes.
    pub mtu: u32,
    /// Its zone.
    pub zone: Option<String>,
    /// Its blocks of the pod network.
    pub blocks: PerFamily<IpNet>,
    /// The Ethernet address of its vxlan device for each family.
    pub vteps: PerFamily<Mac>,
}

/// One of a node's own addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeAddress {
    /// The address.
    pub address: IpAddr,
    /// The prefix length of its network, if stated.
    pub prefix: Option<u8>,
    /// Where it is stated.
    pub span: Span,
}

impl NodeAddress {
    /// The node's network, if its length is stated.
    #[must_use]
    pub fn network(&self) -> Option<IpNet> {
        self.prefix.and_then(|prefix| IpNet::new(self.address, prefix).ok()).map(|net| net.trunc())
    }
}

/// The gateway of a block: its first address, which the node's bridge has.
#[must_use]
pub fn gateway(block: IpNet) -> IpAddr {
    Family::of_net(block).address(number(block.network()).saturating_add(1))
}
