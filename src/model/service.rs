//! Services and their endpoints.

use super::{NodeId, PerFamily};
use ipnet::IpNet;
use netc_lang::{Port, QualifiedName, Span};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A Kubernetes service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its namespace and name.
    pub name: QualifiedName,
    /// The `service` statement.
    pub span: Span,
    /// From where it can be reached.
    pub kind: ServiceKind,
    /// Its addresses; none if it is headless or stands for a name.
    pub addresses: PerFamily<IpAddr>,
    /// Its ports, by name and protocol.
    pub ports: Vec<ServicePort>,
    /// For how many seconds a silent client stays with its endpoint.
    pub affinity: Option<u32>,
    /// Where traffic from outside goes.
    pub external_traffic: Policy,
    /// Where traffic from within the cluster goes.
    pub internal_traffic: Policy,
    /// The addresses of its load balancer to which the nodes answer.
    pub load_balancer_ips: Vec<IpAddr>,
    /// From where the load balancer may be reached; from everywhere if there is none of the family.
    pub source_ranges: Vec<IpNet>,
    /// Further addresses, which something else routes to the nodes.
    pub external_ips: Vec<IpAddr>,
    /// The port on which every node tells a load balancer whether it has local endpoints.
    pub health_check_node_port: Option<u16>,
}

impl Service {
    /// Whether it is programmed on nodes at all.
    #[must_use]
    pub fn is_programmed(&self) -> bool {
        self.kind.has_address()
    }
}

/// From where a service can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceKind {
    /// Within the cluster.
    ClusterIp,
    /// On a port of every node too.
    NodePort,
    /// By the addresses of a load balancer too.
    LoadBalancer,
    /// It has no address: clients ask the name server for its endpoints.
    Headless,
    /// It stands for another name.
    ExternalName,
}

impl ServiceKind {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ServiceKind::ClusterIp => "cluster-ip",
            ServiceKind::NodePort => "node-port",
            ServiceKind::LoadBalancer => "load-balancer",
            ServiceKind::Headless => "headless",
            ServiceKind::ExternalName => "external-name",
        }
    }

    /// Whether such services have an address of their own, and nodes that answer to it.
    #[must_use]
    pub fn has_address(self) -> bool {
        !matches!(self, ServiceKind::Headless | ServiceKind::ExternalName)
    }

    /// Whether ports of such services are ports of every node too.
    #[must_use]
    pub fn has_node_ports(self) -> bool {
        matches!(self, ServiceKind::NodePort | ServiceKind::LoadBalancer)
    }
}

/// Which endpoints may serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// All.
    Cluster,
    /// Those on the node that the traffic came to.
    Local,
}

impl Policy {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Policy::Cluster => "cluster",
            Policy::Local => "local",
        }
    }
}

/// A port of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePort {
    /// Its name; there is one if there are several ports.
    pub name: Option<String>,
    /// The port.
    pub port: Port,
    /// The port on every node.
    pub node_port: Option<u16>,
    /// The port on which the proxy of every node takes connections to it, in userspace mode.
    pub proxy_port: Option<u16>,
    /// The `port` statement.
    pub span: Span,
    /// Its endpoints of all families.
    pub endpoints: Vec<Endpoint>,
}

/// An address and port behind a service port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The address and port.
    pub address: SocketAddr,
    /// The node it is on, if that is a node of the cluster.
    pub node: Option<NodeId>,
    /// What can be expected of it.
    pub conditions: Conditions,
    /// Where it is to be used, if somebody said so.
    pub hints: Option<Arc<Hints>>,
    /// How large its share of connections is to be, if somebody said so: 1 if not.
    pub weight: Option<u16>,
    /// The statement that made it: a pod or an `endpoint`.
    pub span: Span,
}

/// What can be expected of an endpoint: the conditions of an EndpointSlice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Conditions {
    /// It takes new connections.
    pub ready: bool,
    /// It would, were it not being shut down.
    pub serving: bool,
    /// It is being shut down.
    pub terminating: bool,
}

impl Conditions {
    /// Whether it is being shut down and still serves: connections go to it where nothing else is left
    /// (KEP-1669).
    #[must_use]
    pub fn is_last(self) -> bool {
        self.serving && self.terminating
    }

    /// Whether it may get connections at all.
    #[must_use]
    pub fn is_usable(self) -> bool {
        self.ready || self.is_last()
    }
}

/// Of some endpoints those that connections go to, in their order: those that are ready or, if none is,
/// those that are being shut down and still serve.
pub fn usable<'e>(all: impl Iterator<Item = &'e Endpoint> + Clone) -> Vec<&'e Endpoint> {
    let ready: Vec<&Endpoint> = all.clone().filter(|one| one.conditions.ready).collect();
    if ready.is_empty() { all.filter(|one| one.conditions.is_last()).collect() } else { ready }
}

impl Default for Conditions {
    fn default() -> Conditions {
        Conditions { ready: true, serving: true, terminating: false }
    }
}

/// For whose clients an endpoint is meant: the topology hints of an EndpointSlice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Hints {
    /// Clients in these zones.
    pub zones: Vec<Arc<str>>,
    /// Clients on these nodes.
    pub nodes: Vec<Arc<str>>,
}
