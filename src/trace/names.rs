//! What places and addresses are called by people.

use super::{Place, Who};
use crate::lower::{container_namespace, pod_namespace};
use crate::model::{Cluster, Container, ContainerPlace, Node, NodeId, Pod, Service, ServicePort};
use crate::object::Netns;
use netc_lang::Protocol;
use std::net::{IpAddr, SocketAddr};

/// The names of a cluster's places and addresses.
#[derive(Clone, Copy, Debug)]
pub struct Names<'c>(pub &'c Cluster);

/// Who has an address.
#[derive(Clone, Copy, Debug)]
pub enum Owner<'c> {
    /// A pod with a namespace of its own.
    Pod(&'c Pod),
    /// A node.
    Node(&'c Node),
    /// A container on a node.
    Container(&'c Node, &'c Container),
    /// A service.
    Service(&'c Service),
}

impl<'c> Names<'c> {
    /// A node of the cluster.
    #[must_use]
    pub fn node(self, id: NodeId) -> Option<&'c Node> {
        self.0.nodes.get(id.0 as usize)
    }

    /// The name of a node.
    #[must_use]
    pub fn node_name(self, id: NodeId) -> &'c str {
        self.node(id).map_or("?", |node| node.name.as_str())
    }

    /// The pod whose namespace this is.
    #[must_use]
    pub fn pod_at(self, place: &Place) -> Option<&'c Pod> {
        let Place::Node(id, Netns::Named(netns)) = place else { return None };
        // The name is cut where it is long, so it is not just taken apart.
        let (namespace, _) = netns.strip_prefix("pod-")?.split_once('.')?;
        let own = self.0.pods.iter().filter(|pod| pod.node == Some(*id));
        let mut own = own.filter(|pod| pod.name.namespace.starts_with(namespace));
        own.find(|pod| pod_namespace(pod) == **netns)
    }

    /// The container whose namespace this is.
    pub(super) fn container_at(self, place: &Place) -> Option<&'c Container> {
        let Place::Node(id, Netns::Named(netns)) = place else { return None };
        let all = &self.node(*id)?.docker.as_ref()?.containers;
        all.iter().find(|one| {
            matches!(one.place, ContainerPlace::Network(_) | ContainerPlace::Isolated)
                && container_namespace(one) == **netns
        })
    }

    /// A place, with its node.
    #[must_use]
    pub fn place(self, place: &Place) -> String {
        match place {
            Place::Outside => "outside".to_owned(),
            Place::Node(id, Netns::Node) => format!("node {}", self.node_name(*id)),
            Place::Node(id, _) => format!("{} on {}", self.tenant(place), self.node_name(*id)),
        }
    }

    /// A place without its node, unless it is one.
    #[must_use]
    pub fn tenant(self, place: &Place) -> String {
        match place {
            Place::Outside => "outside".to_owned(),
            Place::Node(id, Netns::Node) => format!("node {}", self.node_name(*id)),
            Place::Node(_, Netns::Named(netns)) => {
                if let Some(pod) = self.pod_at(place) {
                    return format!("pod {}", pod.name);
                }
                match self.container_at(place) {
                    Some(container) => format!("container {}", container.name),
                    None => format!("namespace {netns}"),
                }
            }
        }
    }

    /// Who has an address of the cluster. What is in its node's network is the node.
    #[must_use]
    pub fn owner(self, address: IpAddr) -> Option<Owner<'c>> {
        let Cluster { nodes, pods, services, .. } = self.0;
        let has = |node: &&Node| node.addresses.iter().any(|own| own.address == address);
        if let Some(node) = nodes.iter().find(has) {
            return Some(Owner::Node(node));
        }
        let is = |own: &IpAddr| *own == address;
        let pod = pods.iter().find(|pod| pod.addresses.values().any(is));
        if let Some(pod) = pod {
            return Some(Owner::Pod(pod));
        }
        let containers = nodes.iter().filter_map(|node| Some((node, node.docker.as_ref()?)));
        let mut containers = containers
            .flat_map(|(node, docker)| docker.containers.iter().map(move |one| (node, one)));
        if let Some((node, one)) = containers.find(|(_, one)| one.addresses.values().any(is)) {
            return Some(Owner::Container(node, one));
        }
        services.iter().find(|service| has_address(service, address)).map(Owner::Service)
    }

    /// What people call an address of the cluster.
    #[must_use]
    pub fn address(self, address: IpAddr) -> Option<String> {
        self.owner(address).map(|owner| match owner {
            Owner::Pod(pod) => format!("pod {}", pod.name),
            Owner::Node(node) => format!("node {}", node.name),
            Owner::Container(node, one) => format!("container {}/{}", node.name, one.name),
            Owner::Service(service) => format!("service {}", service.name),
        })
    }

    /// The service port behind an address and port: by any of its addresses, or by a port of every
    /// node.
    #[must_use]
    pub fn service(
        self,
        address: IpAddr,
        port: u16,
        protocol: Protocol,
    ) -> Option<(&'c Service, &'c ServicePort)> {
        let node = matches!(self.owner(address), Some(Owner::Node(_)));
        let all = self.0.services.iter().filter(|service| service.is_programmed());
        let all = all.flat_map(|service| service.ports.iter().map(move |own| (service, own)));
        let mut all = all.filter(|(_, own)| own.port.protocol == protocol);
        all.find(|(service, own)| {
            let by_node = node && own.node_port == Some(port);
            by_node || (own.port.number == port && has_address(service, address))
        })
    }
}

/// Whether an address is one of a service's.
fn has_address(service: &Service, address: IpAddr) -> bool {
    let own = service.addresses.values().chain(&service.load_balancer_ips);
    own.chain(&service.external_ips).any(|own| *own == address)
}

/// An address with a port, if there is one.
#[must_use]
pub fn with_port(who: &Who, port: Option<u16>) -> String {
    match (who, port) {
        (Who::One(address), Some(port)) => SocketAddr::new(*address, port).to_string(),
        (who, Some(port)) => format!("{who}, port {port}"),
        (who, None) => who.to_string(),
    }
}
