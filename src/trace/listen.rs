//! Who listens: what the sources say of it, and what is taken for granted.

use super::{Network, Packet, Payload};
use crate::lower::{pod_namespace, userspace_servers};
use crate::model::{Cluster, Family, NodeId, PerFamily, Pod, ProxyMode, Userspace};
use crate::object::{Netns, Text};
use netc_lang::{Port, Protocol, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// What is known of the addresses of a cluster and of who listens.
#[derive(Debug)]
pub(super) struct Listeners {
    /// The pods that have a namespace of their own, by node and namespace.
    pods: FxHashMap<(NodeId, Text), usize>,
    /// The addresses of services: no process has one.
    services: FxHashSet<IpAddr>,
    /// Addresses and ports of endpoints.
    endpoints: FxHashSet<(IpAddr, Protocol, u16)>,
    /// The ports of nodes on which a program takes connections for others.
    relays: FxHashMap<Port, Relay>,
    /// The range that these are of.
    kept: Option<RangeInclusive<u16>>,
}

/// A program that takes connections on a port of every node, and opens one of its own to one of its
/// servers for each.
#[derive(Debug)]
pub(super) struct Relay {
    /// The program: `nginx`.
    pub(super) program: &'static str,
    /// The port.
    pub(super) port: Port,
    /// What it is for: a service.
    pub(super) name: String,
    /// The statement.
    pub(super) span: Span,
    servers: PerFamily<Vec<SocketAddr>>,
}

impl Relay {
    /// Its servers of a family; nobody listens if there are none.
    pub(super) fn servers(&self, family: Family) -> &[SocketAddr] {
        self.servers.get(family).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Listeners {
    pub(super) fn of(cluster: &Cluster) -> Listeners {
        let pods = cluster.pods.iter().enumerate().filter_map(|(place, pod)| {
            let node = pod.node.filter(|_| !pod.state.host_network)?;
            Some(((node, pod_namespace(pod).into()), place))
        });
        let services = cluster.services.iter().flat_map(|service| {
            let own = service.addresses.values().chain(&service.load_balancer_ips);
            own.chain(&service.external_ips).copied()
        });
        let ports = cluster.services.iter().flat_map(|service| &service.ports);
        let endpoints = ports.flat_map(|port| {
            let own = port.endpoints.iter().map(|endpoint| endpoint.address);
            own.map(|socket| (socket.ip(), port.port.protocol, socket.port()))
        });
        Listeners {
            pods: pods.collect(),
            services: services.collect(),
            endpoints: endpoints.collect(),
            relays: relays(cluster),
            kept: userspace(cluster).map(|own| own.ports.clone()),
        }
    }
}

fn userspace(cluster: &Cluster) -> Option<&Userspace> {
    match &cluster.proxy.as_ref()?.mode {
        ProxyMode::Userspace(own) => Some(own),
        _ => None,
    }
}

/// What the proxy of every node takes in userspace mode.
fn relays(cluster: &Cluster) -> FxHashMap<Port, Relay> {
    let Some(userspace) = userspace(cluster) else { return FxHashMap::default() };
    let programmed = cluster.services.iter().filter(|service| service.is_programmed());
    let relays = programmed.flat_map(|service| {
        service.ports.iter().filter_map(|own| {
            let port = Port { number: own.proxy_port?, protocol: own.port.protocol };
            let families = service.addresses.families();
            let servers = families.map(|family| (family, userspace_servers(own, family)));
            let name = format!("service {}", service.name);
            let (program, span) = (userspace.engine.word(), own.span);
            Some((port, Relay { program, port, name, span, servers: servers.collect() }))
        })
    });
    relays.collect()
}

impl Network<'_> {
    /// Who takes a connection to a namespace and opens another one for it.
    pub(super) fn relay(&self, netns: &Netns, packet: &Packet) -> Option<&Relay> {
        let Payload::Ports { protocol, destination: Some(number), .. } = packet.payload else {
            return None;
        };
        let relays = &self.listeners().relays;
        relays.get(&Port { number, protocol }).filter(|_| *netns == Netns::Node)
    }

    /// Whether somebody listens: a pod on the ports that it states, if it states any of the
    /// protocol; on a node whoever may, but neither at the address of a service nor on a port that
    /// is kept for services.
    pub(super) fn listens(&self, node: NodeId, netns: &Netns, packet: &Packet) -> bool {
        let Payload::Ports { protocol, destination: Some(port), .. } = packet.payload else {
            return true;
        };
        let address = packet.destination.first();
        match netns {
            Netns::Named(name) => {
                let place = self.listeners().pods.get(&(node, Text::clone(name)));
                let pod = place.and_then(|place| self.cluster().pods.get(*place));
                pod.is_none_or(|pod| takes(pod, protocol, port))
            }
            Netns::Node => {
                let listeners = self.listeners();
                if listeners.endpoints.contains(&(address, protocol, port)) {
                    return true;
                }
                // Relays are asked for by themselves.
                let relayed = listeners.relays.contains_key(&Port { number: port, protocol });
                let kept = self.cluster().node_ports.contains(&port)
                    || listeners.kept.as_ref().is_some_and(|ports| ports.contains(&port));
                !listeners.services.contains(&address) && (relayed || !kept)
            }
        }
    }

    /// Whether only the cluster knows an address: nobody outside has a route to it.
    pub(super) fn is_inner(&self, address: IpAddr) -> bool {
        let cluster = self.cluster();
        let pods = cluster.pod_networks.values().map(|pods| pods.network);
        let mut all = pods.chain(cluster.service_networks.values().copied());
        all.any(|net| net.contains(&address)) || self.listeners().services.contains(&address)
    }
}

fn takes(pod: &Pod, protocol: Protocol, port: u16) -> bool {
    let mut own = pod.template.ports.iter().map(|own| own.port.value);
    own.clone().all(|own| own.protocol != protocol)
        || own.any(|own| own.protocol == protocol && own.number == port)
}
