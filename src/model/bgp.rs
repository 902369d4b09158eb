//! What nodes tell routers by BGP.

use super::{Family, Node, NodeId, PerFamily};
use netc_lang::Span;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// What nodes tell routers by BGP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bgp {
    /// The number of the nodes' autonomous system.
    pub number: u32,
    /// The program that speaks.
    pub engine: Speaker,
    /// By which number nodes go.
    pub router_id: RouterId,
    /// The routers.
    pub peers: Vec<BgpPeer>,
    /// What they are told.
    pub advertise: BTreeSet<Advertised>,
    /// The `bgp` statement.
    pub span: Span,
}

/// A program that speaks BGP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaker {
    /// BIRD 2.
    Bird,
    /// FRR.
    Frr,
}

impl Speaker {
    /// The name of its configuration.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Speaker::Bird => "bird.conf",
            Speaker::Frr => "frr.conf",
        }
    }
}

/// By which number of 32 bits a node goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RouterId {
    /// Its first IPv4 address.
    Primary,
    /// One that follows from names.
    Hash,
}

/// What routers are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Advertised {
    /// The addresses of load balancers.
    LoadBalancers,
    /// The node's block of the pod network.
    Pods,
    /// The service network.
    Services,
}

impl Advertised {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Advertised::LoadBalancers => "load-balancers",
            Advertised::Pods => "pods",
            Advertised::Services => "services",
        }
    }
}

/// A router that nodes talk to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BgpPeer {
    /// Its address.
    pub address: IpAddr,
    /// The number of its autonomous system.
    pub number: u32,
    /// The nodes that talk to it.
    pub nodes: Vec<NodeId>,
    /// How many hops it is away at most, if it is no neighbour.
    pub multihop: Option<u8>,
    /// The `peer` statement.
    pub span: Span,
}

impl Bgp {
    /// The number by which a node goes; `None` if it has no IPv4 address that could be it.
    #[must_use]
    pub fn id(&self, cluster: &str, node: &Node) -> Option<Ipv4Addr> {
        match (self.router_id, node.address(Family::V4).map(|own| own.address)) {
            (RouterId::Primary, Some(IpAddr::V4(own))) => Some(own),
            (RouterId::Primary, _) => None,
            (RouterId::Hash, _) => Some(hashed(&[cluster, &node.name])),
        }
    }

    /// The families of which a peer tells a node's routes: its own, and the other one if the node
    /// has no peer of that; each with the node's address to which what is sent there goes.
    #[must_use]
    pub fn families(&self, (id, node): (NodeId, &Node), peer: &BgpPeer) -> PerFamily<IpAddr> {
        let session = Family::of(peer.address);
        let has_own = |family: Family| {
            let mut own = self.peers.iter().filter(|one| one.nodes.contains(&id));
            own.any(|one| Family::of(one.address) == family)
        };
        let told = |family: &Family| *family == session || !has_own(*family);
        let all = Family::ALL.into_iter().filter(told);
        all.filter_map(|family| Some((family, node.address(family)?.address))).collect()
    }
}

/// A number that is neither zero nor a multicast address.
fn hashed(names: &[&str]) -> Ipv4Addr {
    let hash: [u8; 32] = Sha256::digest(names.join("/")).into();
    let [a, b, c, d, ..] = hash;
    Ipv4Addr::new(a % 223 + 1, b, c, d)
}
