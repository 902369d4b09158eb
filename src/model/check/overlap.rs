//! Networks that must not meet: pods, services, the nodes' own, and what others use.

use super::load_balancers::networks;
use crate::model::bind::{BoundDocker, Nodes};
use crate::model::declare::ClusterDecl;
use crate::model::{Family, NodeId, fault, number};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Span, Spanned};
use std::collections::BTreeSet;

/// A network and whose it is.
pub(crate) struct Claim {
    pub(crate) network: IpNet,
    pub(crate) owner: String,
    pub(crate) span: Span,
    /// Claims of one kind may overlap: nodes share a network.
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pods,
    Services,
    Nodes,
    Reserved,
    /// A range of addresses for load balancers; whether nodes have one of them is looked at elsewhere:
    /// they may well be of the nodes' network.
    LoadBalancers(usize),
    /// Of Docker on a node. Nobody beyond the node knows of it.
    Docker(NodeId),
}

impl Kind {
    /// Whether networks of both kinds may overlap.
    fn may_overlap(self, other: Kind) -> bool {
        match (self, other) {
            (Kind::Docker(own), Kind::Docker(other)) => own != other,
            (Kind::LoadBalancers(_), Kind::Nodes) => true,
            (own, other) => own == other,
        }
    }
}

/// Reports every pair of networks that overlap.
pub(crate) fn check(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    dockers: &[BoundDocker],
    faults: &mut Vec<Diagnostic>,
) {
    let claims = claims(cluster, nodes, dockers);
    // A range is several networks, and yet one thing that is stated.
    let mut told = BTreeSet::new();
    for (index, claim) in claims.iter().enumerate() {
        // Node networks come last and are many; only the few others are compared with all.
        if claim.kind == Kind::Nodes {
            break;
        }
        for other in claims.iter().skip(index + 1) {
            if !claim.kind.may_overlap(other.kind)
                && meet(claim.network, other.network)
                && told.insert((claim.span, other.span))
            {
                let free = nearest_free(other.network, &claims);
                faults.push(fault::networks_overlap(claim, other, free));
            }
        }
    }
    for (family, dns) in cluster.dns.iter() {
        let network = cluster.service_networks.get(family);
        if let Some(network) = network.filter(|network| !network.value.contains(&dns.value)) {
            faults.push(fault::service_outside(dns.value, dns.span, network));
        }
    }
}

fn claims(cluster: &ClusterDecl, nodes: &Nodes, dockers: &[BoundDocker]) -> Vec<Claim> {
    let mut all = Vec::new();
    let mut claim = |network: IpNet, owner: String, span: Span, kind: Kind| {
        all.push(Claim { network, owner, span, kind });
    };
    for pods in cluster.pod_networks.values() {
        claim(pods.network, "the pod network".into(), pods.span, Kind::Pods);
    }
    for Spanned { value, span } in cluster.service_networks.values() {
        claim(*value, "the service network".into(), *span, Kind::Services);
    }
    for reserved in &cluster.reserved {
        let owner = match &reserved.label {
            Some(label) => format!("the network reserved for {label}"),
            None => "a reserved network".into(),
        };
        claim(reserved.network.value, owner, reserved.network.span, Kind::Reserved);
    }
    for docker in dockers {
        let node = &docker.stated.node.value;
        for network in &docker.stated.networks {
            let owner = format!("the Docker network {} of node {node}", network.name.value);
            for gateway in network.gateways.values() {
                claim(
                    gateway.value.trunc(),
                    owner.clone(),
                    gateway.span,
                    Kind::Docker(docker.node),
                );
            }
        }
    }
    for (network, place, span) in cluster.load_balancers.iter().flat_map(networks) {
        let owner = "the load balancers' addresses".into();
        claim(network, owner, span, Kind::LoadBalancers(place));
    }
    let mut seen = BTreeSet::new();
    for node in &nodes.all {
        for address in &node.addresses {
            let (network, owner) = match address.network() {
                Some(network) => (network, format!("the network of node {}", node.name)),
                None => {
                    (IpNet::from(address.address), format!("the address of node {}", node.name))
                }
            };
            if seen.insert(network) {
                claim(network, owner, address.span, Kind::Nodes);
            }
        }
    }
    all
}

fn meet(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}

/// The block of the same size nearest to this one that meets no claim, and stays within the
/// private range it is in.
fn nearest_free(wanted: IpNet, claims: &[Claim]) -> Option<IpNet> {
    const REACH: u128 = 4096;
    let family = Family::of_net(wanted);
    let size = 1u128.checked_shl(u32::from(family.bits() - wanted.prefix_len()))?;
    let home = private_ranges().into_iter().flatten().find(|range| range.contains(&wanted));
    let at = |first: u128| {
        let net = IpNet::new(family.address(first), wanted.prefix_len()).ok()?;
        let at_home = home.is_none_or(|home| home.contains(&net));
        let free = claims.iter().all(|claim| !meet(claim.network, net));
        (number(net.addr()) == first && at_home && free).then_some(net)
    };
    let start = number(wanted.network());
    (1..=REACH).find_map(|step| {
        let distance = size.checked_mul(step)?;
        start
            .checked_add(distance)
            .and_then(at)
            .or_else(|| start.checked_sub(distance).and_then(at))
    })
}

/// The private ranges of RFC 1918 and RFC 4193.
fn private_ranges() -> [Option<IpNet>; 4] {
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].map(|range| range.parse().ok())
}
