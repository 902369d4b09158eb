//! Services and their endpoints.

use super::{NodeId, PerFamily};
use netc_lang::{Port, QualifiedName, Span};
use std::net::{IpAddr, SocketAddr};

/// A Kubernetes service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its namespace and name.
    pub name: QualifiedName,
    /// The `service` statement.
    pub span: Span,
    /// From where it can be reached.
    pub kind: ServiceKind,
    /// Its addresses; none if it is headless.
    pub addresses: PerFamily<IpAddr>,
    /// Its ports, by name and protocol.
    pub ports: Vec<ServicePort>,
    /// For how many seconds a silent client stays with its endpoint.
    pub affinity: Option<u32>,
    /// Where traffic from outside goes.
    pub external_traffic: Policy,
    /// Where traffic from within the cluster goes.
    pub internal_traffic: Policy,
}

/// From where a service can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceKind {
    /// Within the cluster.
    ClusterIp,
    /// On a port of every node too.
    NodePort,
    /// It has no address.
    Headless,
}

/// Which endpoints may serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// All.
    Cluster,
    /// Those on the node that the traffic came to.
    Local,
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
    /// The `port` statement.
    pub span: Span,
    /// Its endpoints of all families.
    pub endpoints: Vec<Endpoint>,
}

/// An address and port behind a service port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The address and port.
    pub address: SocketAddr,
    /// The node it is on, if any.
    pub node: Option<NodeId>,
    /// The statement that made it: a pod or an `endpoint`.
    pub span: Span,
}
