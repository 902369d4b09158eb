//! Nodes.

use super::{Attachment, Docker, Family, Kernelspace, NodeKeys, Os, PerFamily, Primitives, number};
use ipnet::IpNet;
use netc_lang::{Mac, Span, Spanned};
use std::net::IpAddr;
use std::sync::Arc;

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
    /// What it runs.
    pub os: Os,
    /// Its own addresses; the first of each family is the one by which other nodes know it.
    pub addresses: Vec<NodeAddress>,
    /// The MTU of the devices that have them, in bytes.
    pub mtu: u32,
    /// Its zone.
    pub zone: Option<String>,
    /// How many processors it has.
    pub cores: Option<u32>,
    /// The version of its kernel, major and minor.
    pub kernel: Option<(u16, u16)>,
    /// By what it reaches everything else.
    pub uplink: Uplink,
    /// Its blocks of the pod network.
    pub blocks: PerFamily<IpNet>,
    /// The gateways of its pods in these blocks.
    pub gateways: PerFamily<IpAddr>,
    /// How its pods are joined to it, if netc does that.
    pub attachment: Option<Arc<Attachment>>,
    /// Its blocks of families in which the cluster has no pod network: something else looks after
    /// them.
    pub foreign_blocks: PerFamily<IpNet>,
    /// The Ethernet address of its vxlan device for each family.
    pub vteps: PerFamily<Mac>,
    /// Its keys for wireguard.
    pub keys: Option<NodeKeys>,
    /// What Docker has made on it, if it runs there.
    pub docker: Option<Docker>,
    /// What no system looks after.
    pub primitives: Option<Primitives>,
}

impl Node {
    /// Whether it runs Windows, so that netc programs nothing on it.
    #[must_use]
    pub fn is_windows(&self) -> bool {
        self.kernelspace().is_some()
    }

    /// The settings of kube-proxy's kernelspace mode, if it runs Windows.
    #[must_use]
    pub fn kernelspace(&self) -> Option<&Kernelspace> {
        match &self.os {
            Os::Windows(own) => Some(own),
            Os::Linux => None,
        }
    }

    /// The address of a family by which other nodes know it.
    #[must_use]
    pub fn address(&self, family: Family) -> Option<&NodeAddress> {
        first_of(&self.addresses, family)
    }
}

/// By what a node reaches everything that is in none of its networks.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Uplink {
    /// Nobody says: by some router, it is taken for granted.
    #[default]
    Assumed,
    /// By nothing: it has no default route.
    None(Span),
    /// By these routers, and in a family without one by some router.
    Via(PerFamily<Spanned<IpAddr>>),
}

/// The first address of a family.
pub(super) fn first_of(addresses: &[NodeAddress], family: Family) -> Option<&NodeAddress> {
    addresses.iter().find(|own| Family::of(own.address) == family)
}

/// One of a node's own addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeAddress {
    /// The address.
    pub address: IpAddr,
    /// The prefix length of its network, if stated.
    pub prefix: Option<u8>,
    /// The device that has it, if stated.
    pub device: Option<String>,
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

/// The gateway of a block if none is stated: its first address, which the node's bridge has.
#[must_use]
pub fn gateway(block: IpNet) -> IpAddr {
    Family::of_net(block).address(number(block.network()).saturating_add(1))
}
