//! The cluster to the objects of one node: one file per system, each programming what that
//! system would program at run time.

mod balancer;
mod bridge;
mod cni;
mod docker;
mod flannel;
mod host;
mod ipip;
mod joint;
mod kube;
mod outside;
mod overlay;
mod pods;
mod point_to_point;
mod primitives;
mod routes;
mod udp;
mod vxlan;
mod wireguard;

pub(crate) use balancer::ingress_servers;
pub(crate) use docker::namespace as container_namespace;
pub(crate) use kube::{
    Answer, HealthCheck, Serving, endpoint_chain, health_addresses, health_checks,
    node_port_addresses, own_chains, table_name, userspace_servers,
};
pub(crate) use pods::namespace as pod_namespace;

use crate::model::{Cluster, Family, Node, NodeId, OverlayKind, Pod};
use crate::object::Objects;
use ipnet::IpNet;
use std::collections::BTreeSet;

/// Where the jumps begin that are stated to stand before all others.
const FIRST: u16 = 0;

/// Where kube-proxy's begin: before those of all other systems.
const KUBE_PROXY: u16 = 64;

/// Where the jumps begin that are stated to stand last: behind what Docker and CNI's plugins append,
/// before flannel's.
const LAST: u16 = 3 << 14;

/// What is known of the machine that a node is, if it is at hand.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Facts {
    /// The version of its kernel, major and minor; the newest if nothing is known.
    pub kernel: Option<(u16, u16)>,
    /// Its kernel or its tools cannot do IPVS as the cluster wants it.
    pub lacks_ipvs: bool,
}

/// What every lowering sees: the cluster, the node it works for, and the objects so far.
struct Context<'c> {
    cluster: &'c Cluster,
    node: &'c Node,
    id: NodeId,
    facts: &'c Facts,
    objects: Objects,
}

impl<'c> Context<'c> {
    /// The nodes other than this one.
    fn others(&self) -> impl Iterator<Item = &'c Node> + use<'c> {
        let own = self.id;
        let all = self.cluster.nodes.iter().zip((0..).map(NodeId));
        all.filter(move |(_, id)| *id != own).map(|(node, _)| node)
    }

    /// The pods of this node that have a namespace of their own.
    fn pods(&self) -> impl Iterator<Item = &'c Pod> + use<'c> {
        let own = Some(self.id);
        self.cluster.pods.iter().filter(move |pod| pod.node == own && !pod.state.host_network)
    }
}

/// The objects of a node.
#[must_use]
pub fn lower(cluster: &Cluster, node: &Node, id: NodeId, facts: &Facts) -> Objects {
    let mut cx = Context { cluster, node, id, facts, objects: Objects::default() };
    if node.is_windows() {
        // What its own network service is to hold is told by `hns`.
        return cx.objects;
    }
    host::lower(&mut cx);
    // The names of the node's ends of veth pairs.
    let mut names = BTreeSet::new();
    if let Some(attachment) = &node.attachment {
        if let Some(bridge) = attachment.bridge() {
            bridge::lower(&mut cx, bridge, attachment.mtu, &mut names);
        }
        let pods = pods::lower(&mut cx, attachment, &mut names);
        cni::lower(&mut cx, attachment, &pods);
    }
    if let Some(docker) = &node.docker {
        docker::lower(&mut cx, docker, &mut names);
    }
    match &cluster.overlay.kind {
        OverlayKind::Vxlan(vxlan) => vxlan::lower(&mut cx, *vxlan),
        OverlayKind::HostGw | OverlayKind::Static => routes::lower(&mut cx),
        OverlayKind::Ipip { direct_routing } => ipip::lower(&mut cx, *direct_routing),
        OverlayKind::Wireguard(wireguard) => wireguard::lower(&mut cx, wireguard),
        OverlayKind::Udp { .. } => udp::lower(&mut cx),
        OverlayKind::None => {}
    }
    if cluster.overlay.masquerade {
        flannel::lower(&mut cx);
    }
    if let Some(proxy) = &cluster.proxy {
        kube::lower(&mut cx, proxy);
    }
    balancer::lower(&mut cx);
    if let Some(own) = &cluster.load_balancers {
        outside::lower(&mut cx, own);
    }
    if let Some(own) = &node.primitives {
        primitives::lower(&mut cx, own);
    }
    if let Some(proxy) = &cluster.proxy {
        kube::lower_last(&mut cx, proxy);
    }
    cx.objects
}

/// The multicast addresses of a family (RFC 5771, RFC 4291 section 2.7).
fn multicast(family: Family) -> IpNet {
    let (first, prefix) = match family {
        Family::V4 => (0xe000_0000, 4),
        Family::V6 => (0xff << 120, 8),
    };
    IpNet::new(family.address(first), prefix).unwrap_or(family.default_route())
}
