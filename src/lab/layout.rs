//! What a lab is to consist of: hosts, each a network namespace, and the segments that join them.

use super::entry::{Pod, Role};
use super::{underlay, world};
use crate::lower::{container_namespace, pod_namespace};
use crate::model::{Cluster, ContainerPlace, NodeId};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A whole lab.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Layout {
    /// What joins the hosts: one bridge each.
    pub segments: Vec<Segment>,
    /// The nodes of the cluster that run Linux in their order, then the router if there is one, then the outside.
    pub hosts: Vec<Host>,
}

/// An Ethernet that hosts are on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// The name of its bridge on the switch.
    pub bridge: String,
    /// Its networks, at most a few.
    pub networks: Vec<IpNet>,
}

/// A machine of the lab.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Host {
    /// What it is.
    pub role: Role,
    /// Its name, which is its host name too.
    pub name: String,
    /// Its underlay devices.
    pub wires: Vec<Wire>,
    /// Addresses of its own that are on no wire.
    pub own: Vec<IpAddr>,
    /// Those of them by which its neighbours know it, instead of its addresses on the wire.
    pub senders: Vec<IpAddr>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Its pods and containers that have namespaces of their own.
    pub pods: Vec<Pod>,
}

/// A device that joins a host to a segment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Wire {
    /// The device of the host.
    pub device: String,
    /// The other end, which is a port of the segment's bridge.
    pub port: String,
    /// The place of the segment.
    pub segment: usize,
    /// The host's addresses on it, each with the length of its network.
    pub addresses: Vec<IpNet>,
    /// In bytes.
    pub mtu: u32,
}

/// A route by a neighbour.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Route {
    /// Where it leads.
    pub to: IpNet,
    /// The neighbour; without one packets are lost.
    pub via: Option<IpAddr>,
}

impl Layout {
    /// The lab of a cluster.
    #[must_use]
    pub fn of(cluster: &Cluster) -> Layout {
        let (segments, wires) = underlay::segments(cluster);
        let nodes = (0..).map(NodeId).zip(&cluster.nodes).zip(wires);
        let nodes = nodes.filter(|((_, node), _)| !node.is_windows());
        let hosts = nodes.map(|((id, node), wires)| Host {
            role: Role::Node,
            name: node.name.clone(),
            wires,
            own: Vec::new(),
            senders: Vec::new(),
            routes: Vec::new(),
            pods: pods(cluster, id),
        });
        let mut layout = Layout { segments, hosts: hosts.collect() };
        world::add(cluster, &mut layout);
        let mut ports = 0..;
        for wire in layout.hosts.iter_mut().flat_map(|host| &mut host.wires) {
            wire.port = format!("port{}", ports.next().unwrap_or(0));
        }
        layout
    }

    /// Nodes that cannot be in a lab.
    #[must_use]
    pub fn left_out(cluster: &Cluster) -> Vec<String> {
        let windows = cluster.nodes.iter().filter(|node| node.is_windows());
        windows.map(|node| node.name.clone()).collect()
    }

    /// Whether any of its hosts has an address of IPv6.
    #[must_use]
    pub fn has_v6(&self) -> bool {
        let mut pods = self.hosts.iter().flat_map(|host| &host.pods);
        let mut networks = self.segments.iter().flat_map(|segment| &segment.networks);
        networks.any(|network| network.addr().is_ipv6())
            || pods.any(|pod| pod.addresses.iter().any(IpAddr::is_ipv6))
    }
}

/// The pods and containers of a node that have namespaces of their own.
#[must_use]
pub fn pods(cluster: &Cluster, id: NodeId) -> Vec<Pod> {
    let node = cluster.nodes.get(id.0 as usize);
    let own = cluster.pods.iter().filter(|pod| pod.node == Some(id));
    let pods = own.filter(|pod| !pod.state.host_network).map(|pod| Pod {
        kind: "pod".into(),
        name: pod.name.to_string(),
        netns: pod_namespace(pod),
        addresses: pod.addresses.values().copied().collect(),
    });
    let dockers = node.into_iter().filter_map(|node| node.docker.as_ref());
    let containers = dockers.flat_map(|docker| {
        docker.containers.iter().filter_map(|container| {
            let netns = match container.place {
                ContainerPlace::Host => return None,
                ContainerPlace::Shared(place) => {
                    let other = docker.containers.get(place)?;
                    match other.place {
                        ContainerPlace::Host => return None,
                        _ => container_namespace(other),
                    }
                }
                ContainerPlace::Isolated | ContainerPlace::Network(_) => {
                    container_namespace(container)
                }
            };
            let addresses = container.addresses.values().copied().collect();
            Some(Pod { kind: "container".into(), name: container.name.clone(), netns, addresses })
        })
    });
    pods.chain(containers).collect()
}
