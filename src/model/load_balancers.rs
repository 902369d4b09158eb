//! Addresses for load balancers, and who announces each.

use super::{Cluster, Family, Node, NodeAddress, NodeId, Policy, Service, ServiceKind};
use netc_lang::{QualifiedName, Span};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// Addresses for services of type load-balancer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadBalancers {
    /// From the first to the last, in order.
    pub ranges: Vec<RangeInclusive<IpAddr>>,
    /// How others find them.
    pub announce: Announce,
    /// The nodes that may announce them.
    pub nodes: Vec<NodeId>,
    /// Those in use, in order.
    pub addresses: Vec<HeldAddress>,
    /// The `load-balancers` statement.
    pub span: Span,
}

/// How others find an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Announce {
    /// One node has it, and says so on its segment.
    Arp {
        /// On this device, if it is stated.
        device: Option<String>,
    },
    /// The nodes tell their routers.
    Bgp,
    /// Something else knows.
    None,
}

impl Announce {
    /// The word of the language.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Announce::Arp { .. } => "arp",
            Announce::Bgp => "bgp",
            Announce::None => "none",
        }
    }
}

/// An address of the pool that services have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldAddress {
    /// The address.
    pub address: IpAddr,
    /// The places of these services in [`Cluster::services`].
    pub services: Vec<usize>,
    /// The nodes that serve it, and may announce it.
    pub nodes: Vec<NodeId>,
    /// The one that has it on a device, if it is announced so.
    pub holder: Option<NodeId>,
}

impl LoadBalancers {
    /// Whether an address is one of them.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        // All addresses of one family come before those of the other.
        self.ranges.iter().any(|range| range.contains(&address))
    }

    /// What is known of an address that services have.
    #[must_use]
    pub fn held(&self, address: IpAddr) -> Option<&HeldAddress> {
        self.addresses.iter().find(|held| held.address == address)
    }

    /// The addresses that a node is to have on a device, and on which.
    pub fn of_node<'l>(
        &'l self,
        id: NodeId,
        node: &'l Node,
    ) -> impl Iterator<Item = (&'l HeldAddress, &'l str)> {
        let own = self.addresses.iter().filter(move |held| held.holder == Some(id));
        own.filter_map(|held| Some((held, self.place(node, held.address)?.device.as_deref()?)))
    }

    /// The address of a node beside which it can have one of these, so that its neighbours find it
    /// there. A network of which nobody says how long it is may well hold it.
    fn place<'n>(&self, node: &'n Node, address: IpAddr) -> Option<&'n NodeAddress> {
        let Announce::Arp { device: wanted } = &self.announce else { return None };
        let fits = |own: &&NodeAddress| {
            let named = own.device.is_some() && (wanted.is_none() || own.device == *wanted);
            let family = Family::of(own.address) == Family::of(address);
            named && family && own.network().is_none_or(|net| net.contains(&address))
        };
        let known = |own: &NodeAddress| own.prefix.is_some();
        let mut all = node.addresses.iter().filter(fits);
        all.clone().find(|own| known(own)).or_else(|| all.next())
    }
}

/// The addresses of the pool that services have, and the nodes that may announce each; then those
/// that no node can announce, wherever its endpoints are. Some services are looked after by others.
pub(super) fn held(
    cluster: &Cluster,
    own: &LoadBalancers,
    others: &BTreeSet<QualifiedName>,
) -> (Vec<HeldAddress>, Vec<IpAddr>) {
    let mut users: BTreeMap<IpAddr, Vec<usize>> = BTreeMap::new();
    for (place, service) in cluster.services.iter().enumerate() {
        let balanced = service.kind == ServiceKind::LoadBalancer && !others.contains(&service.name);
        for address in service.load_balancer_ips.iter().filter(|one| balanced && own.has(**one)) {
            users.entry(*address).or_default().push(place);
        }
    }
    let mut lost = Vec::new();
    let all = users.into_iter().map(|(address, services)| {
        let by_arp = matches!(own.announce, Announce::Arp { .. });
        let can = |id: &NodeId| {
            let node = cluster.nodes.get(id.0 as usize);
            // netc brings no address about on Windows.
            let node = node.filter(|node| !node.is_windows());
            node.is_some_and(|node| !by_arp || own.place(node, address).is_some())
        };
        let able: Vec<NodeId> = own.nodes.iter().copied().filter(can).collect();
        if able.is_empty() {
            lost.push(address);
        }
        let users = || services.iter().filter_map(|place| cluster.services.get(*place));
        let serves = |id: &NodeId| users().all(|service| serves(service, *id, address));
        let nodes: Vec<NodeId> = able.into_iter().filter(serves).collect();
        let holder = by_arp.then(|| chosen(cluster, &nodes, address)).flatten();
        HeldAddress { address, services, nodes, holder }
    });
    (all.collect(), lost)
}

/// Whether a node may take what comes for a service from outside: under the policy `local` only one
/// with endpoints that take connections (netspec 4.2).
fn serves(service: &Service, id: NodeId, address: IpAddr) -> bool {
    if service.external_traffic == Policy::Cluster {
        return true;
    }
    let mut all = service.ports.iter().flat_map(|port| &port.endpoints);
    all.any(|one| {
        let same = Family::of(one.address.ip()) == Family::of(address);
        same && one.node == Some(id) && one.conditions.is_usable()
    })
}

/// The node that has an address: the one whose name makes the greatest number with it (rendezvous
/// hashing). When a node goes, only its own addresses go elsewhere.
fn chosen(cluster: &Cluster, nodes: &[NodeId], address: IpAddr) -> Option<NodeId> {
    let rank = |id: &NodeId| {
        let name = cluster.nodes.get(id.0 as usize).map_or("", |node| node.name.as_str());
        let hash: [u8; 32] = Sha256::digest(format!("{address} {name}")).into();
        hash
    };
    nodes.iter().copied().max_by_key(rank)
}
