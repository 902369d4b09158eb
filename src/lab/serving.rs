//! Who serves in a lab, and where: at the ports that the sources know of.
//!
//! A pod serves at the ports that it states, at those by which services lead to it, at the targets of
//! its host ports and, if it states none of the protocol, at those that an assert asks it for; so does
//! a container of Docker at the targets of what it publishes. A pod of whose ports nothing is said
//! serves at none. Whoever uses the node's network serves there, at the node's addresses. What the
//! sources name and the cluster does not have, endpoints for the most part, the lab's outside plays.
//!
//! SCTP is left out: many kernels have it in a module only.

use crate::lower::{container_namespace, pod_namespace};
use crate::model::{
    Assert, Cluster, Container, ContainerPlace, Docker, Node, NodeId, Pod, ServicePort,
};
use crate::object::Netns;
use crate::trace::party::{Families, Found, Manner, questions};
use crate::trace::{Payload, Place};
use netc_lang::{PartyName, Port, Protocol};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Somebody who serves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Served {
    /// In which namespace of its host.
    pub netns: Netns,
    /// What it says that it is: `shop/web-0`, `node1/cache`, `node1`, `outside`.
    pub name: String,
    /// Its addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Its ports, of TCP and UDP.
    pub ports: BTreeSet<Port>,
}

/// Who serves on a node.
#[must_use]
pub fn on_node(cluster: &Cluster, id: NodeId) -> Vec<Served> {
    let Some(node) = cluster.nodes.get(id.0 as usize) else { return Vec::new() };
    let wanted = Wanted::of(cluster);
    let mut all = Vec::new();
    // The ports of the node's own namespace are given away once.
    let mut taken = taken(cluster, id);
    let pods = || cluster.pods.iter().filter(|pod| pod.node == Some(id));
    for pod in pods().filter(|pod| !pod.state.host_network) {
        all.push(wanted.pod(pod, Netns::Named(pod_namespace(pod).into())));
    }
    if let Some(docker) = &node.docker {
        let containers = docker.containers.iter().filter_map(|one| container(node, docker, one));
        for mut served in containers {
            served.ports.extend(wanted.at(&served.addresses));
            match all.iter_mut().find(|other| other.netns == served.netns) {
                // It shares the namespace of another one.
                Some(other) => other.ports.extend(served.ports),
                None => all.push(served),
            }
        }
    }
    let own: BTreeSet<IpAddr> = node.addresses.iter().map(|own| own.address).collect();
    for pod in pods().filter(|pod| pod.state.host_network) {
        let mut served = wanted.pod(pod, Netns::Node);
        served.ports.retain(|port| taken.insert(*port));
        served.addresses.extend(&own);
        all.push(served);
    }
    let mut ports = wanted.at(&own);
    ports.retain(|port| taken.insert(*port));
    all.push(Served { netns: Netns::Node, name: node.name.clone(), addresses: own, ports });
    all.retain(|served| !served.ports.is_empty());
    all
}

/// Who serves outside, each with one address.
#[must_use]
pub fn outside(cluster: &Cluster) -> Vec<Served> {
    let wanted = Wanted::of(cluster);
    let addresses = outside_addresses(cluster);
    let served = addresses.into_iter().map(|address| Served {
        netns: Netns::Node,
        name: "outside".to_owned(),
        addresses: BTreeSet::from([address]),
        ports: wanted.at(&BTreeSet::from([address])),
    });
    served.filter(|served| !served.ports.is_empty()).collect()
}

/// The addresses that the sources name as somebody's outside: those of endpoints and of either end of
/// an assert that neither are within the networks of the cluster nor of a node.
#[must_use]
pub fn outside_addresses(cluster: &Cluster) -> BTreeSet<IpAddr> {
    let endpoints = service_ports(cluster).flat_map(|port| &port.endpoints);
    let endpoints = endpoints.map(|endpoint| endpoint.address.ip());
    let ends = cluster.asserts.iter().flat_map(|assert| [&assert.from.value, &assert.to.value]);
    let named = ends.filter_map(|party| match party.name {
        PartyName::Outside(address) | PartyName::Address(address) => Some(address),
        _ => None,
    });
    endpoints.chain(named).filter(|address| is_outside(cluster, *address)).collect()
}

fn is_outside(cluster: &Cluster, address: IpAddr) -> bool {
    let pods = cluster.pod_networks.values().map(|network| network.network);
    let mut inner = pods.chain(cluster.service_networks.values().copied());
    let nodes = cluster.nodes.iter().flat_map(|node| &node.addresses).map(|own| own.address);
    let pods = cluster.pods.iter().flat_map(|pod| pod.addresses.values().copied());
    let dockers = cluster.nodes.iter().filter_map(|node| node.docker.as_ref());
    let mut bridges = dockers.flat_map(|docker| &docker.networks).flat_map(|n| n.gateways.values());
    let services = cluster.services.iter().flat_map(|service| {
        let own = service.addresses.values().chain(&service.load_balancer_ips);
        own.chain(&service.external_ips).copied()
    });
    let local = address.is_loopback() || address.is_unspecified() || address.is_multicast();
    !local
        && !inner.any(|network| network.contains(&address))
        && !bridges.any(|network| network.contains(&address))
        && !nodes.chain(pods).chain(services).any(|own| own == address)
}

fn service_ports(cluster: &Cluster) -> impl Iterator<Item = &ServicePort> {
    cluster.services.iter().flat_map(|service| &service.ports)
}

/// The ports of a node that a program of its own has: what serves ingresses.
fn taken(cluster: &Cluster, id: NodeId) -> BTreeSet<Port> {
    let ports = cluster.ingress_on(id).into_iter().flat_map(|own| [own.http, own.https]);
    ports.map(|number| Port { number, protocol: Protocol::Tcp }).collect()
}

/// At which addresses something is asked for, at which ports.
struct Wanted {
    ports: BTreeMap<IpAddr, BTreeSet<Port>>,
    /// The same of asserts, for who states nothing of its own.
    asserted: BTreeMap<IpAddr, BTreeSet<Port>>,
}

impl Wanted {
    fn of(cluster: &Cluster) -> Wanted {
        let mut wanted = Wanted { ports: BTreeMap::new(), asserted: BTreeMap::new() };
        for port in service_ports(cluster) {
            for endpoint in &port.endpoints {
                let number = endpoint.address.port();
                let port = Port { number, protocol: port.port.protocol };
                wanted.ports.entry(endpoint.address.ip()).or_default().insert(port);
            }
        }
        for (address, port) in cluster.asserts.iter().flat_map(|assert| asserted(cluster, assert)) {
            wanted.asserted.entry(address).or_default().insert(port);
        }
        wanted
    }

    /// What is asked for at some addresses.
    fn at(&self, addresses: &BTreeSet<IpAddr>) -> BTreeSet<Port> {
        let all = addresses.iter().flat_map(|own| [self.ports.get(own), self.asserted.get(own)]);
        all.flatten().flatten().copied().filter(|port| is_served(*port)).collect()
    }

    fn pod(&self, pod: &Pod, netns: Netns) -> Served {
        let addresses: BTreeSet<IpAddr> = pod.addresses.values().copied().collect();
        let template = &pod.template;
        let stated: BTreeSet<Port> = template.ports.iter().map(|own| own.port.value).collect();
        let targets = template.mappings.iter().map(|own| own.target);
        let led = addresses.iter().filter_map(|own| self.ports.get(own)).flatten().copied();
        let asserted = addresses.iter().filter_map(|own| self.asserted.get(own)).flatten().copied();
        let open = |port: &Port| stated.iter().all(|own| own.protocol != port.protocol);
        // The node's own addresses are asked for by many.
        let led: Vec<Port> = if netns == Netns::Node {
            Vec::new()
        } else {
            led.chain(asserted.filter(open)).collect()
        };
        let ports = stated
            .iter()
            .copied()
            .chain(targets)
            .chain(led)
            .filter(|port| is_served(*port))
            .collect();
        Served { netns, name: pod.name.to_string(), addresses, ports }
    }
}

/// What an assert asks of single hosts: what it claims to be dropped has to be there, too.
fn asserted(cluster: &Cluster, assert: &Assert) -> Vec<(IpAddr, Port)> {
    let manner = Manner {
        carried: assert.carried.as_ref().map(|carried| carried.value),
        families: Families::All,
        through: None,
    };
    // Faulty names are told by `netc check`.
    let asked = questions(cluster, &assert.from.value, &assert.to.value, &manner);
    let direct = asked.into_iter().flatten().filter(|asked| !matches!(asked.to, Found::Service(_)));
    let direct = direct.filter_map(|asked| match asked.question.payload {
        Payload::Ports { protocol, destination: Some(number), .. } => {
            Some((asked.question.destination.first(), Port { number, protocol }))
        }
        _ => None,
    });
    // A port that leads to a service is nobody's.
    direct.filter(|(_, port)| !cluster.node_ports.contains(&port.number)).collect()
}

fn is_served(port: Port) -> bool {
    port.protocol != Protocol::Sctp
}

/// A container, in the namespace that it is in.
fn container(node: &Node, docker: &Docker, one: &Container) -> Option<Served> {
    let owner = match one.place {
        ContainerPlace::Shared(place) => docker.containers.get(place)?,
        _ => one,
    };
    if owner.place == ContainerPlace::Host {
        return None;
    }
    Some(Served {
        netns: Netns::Named(container_namespace(owner).into()),
        name: format!("{}/{}", node.name, one.name),
        addresses: owner.addresses.values().copied().collect(),
        ports: one.published.iter().map(|own| own.target).filter(|port| is_served(*port)).collect(),
    })
}

/// Everybody who serves in a lab.
#[derive(Clone, Debug)]
pub struct Everybody {
    nodes: Vec<Vec<Served>>,
    outside: Vec<Served>,
}

impl Everybody {
    /// Those of a cluster's lab.
    #[must_use]
    pub fn of(cluster: &Cluster) -> Everybody {
        let nodes = (0..).map(NodeId).zip(&cluster.nodes).map(|(id, _)| on_node(cluster, id));
        Everybody { nodes: nodes.collect(), outside: outside(cluster) }
    }

    /// Who serves at a place of the walk, at an address and port there.
    #[must_use]
    pub fn at(&self, place: &Place, address: IpAddr, port: Port) -> Option<&str> {
        let (all, netns) = match place {
            Place::Node(id, netns) => (self.nodes.get(id.0 as usize)?, netns),
            Place::Outside => (&self.outside, &Netns::Node),
        };
        let fits = |served: &&Served| {
            // A listener of TCP takes what comes to any address of its namespace.
            let here = port.protocol == Protocol::Tcp && *place != Place::Outside;
            served.netns == *netns
                && served.ports.contains(&port)
                && (here || served.addresses.contains(&address))
        };
        all.iter().find(fits).map(|served| served.name.as_str())
    }
}
