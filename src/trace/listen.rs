//! Who listens: what the sources say of it, and what is taken for granted.

use super::{Network, Packet, Payload};
use crate::lower::pod_namespace;
use crate::model::{Cluster, NodeId, Pod};
use crate::object::{Netns, Text};
use netc_lang::Protocol;
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;

/// What is known of the addresses of a cluster and of who listens.
#[derive(Debug)]
pub(super) struct Listeners {
    /// The pods that have a namespace of their own, by node and namespace.
    pods: FxHashMap<(NodeId, Text), usize>,
    /// The addresses of services: no process has one.
    services: FxHashSet<IpAddr>,
    /// Addresses and ports of endpoints.
    endpoints: FxHashSet<(IpAddr, Protocol, u16)>,
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
        }
    }
}

impl Network<'_> {
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
                !listeners.services.contains(&address) && !self.cluster().node_ports.contains(&port)
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
