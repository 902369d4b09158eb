//! What the Host Networking Service (HNS) of a Windows node is to hold for the services of the cluster, as
//! kube-proxy's kernelspace mode makes it (`pkg/proxy/winkernel/` of Kubernetes 1.36; netspec 4.10).
//!
//! netc programs no Windows node: it compiles the documents of HCN, the service's second interface, into
//! `hns.json`. HNS gives what it makes identifiers of its own (GUIDs), which nobody knows beforehand; so the
//! documents refer to each other by names, and whoever makes them puts the identifiers in their place.

mod between;
mod compile;
mod json;
mod text;

pub use between::{HnsChange, between};
pub use compile::compile;
pub use json::{json, text as document};
pub use text::{changed, plan};

use crate::model::HnsNetwork;
use netc_lang::{Protocol, Span};
use std::net::IpAddr;

/// The name of the file.
pub const NAME: &str = "hns.json";

/// What HNS is to hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hns {
    /// The node.
    pub node: String,
    /// The name of the network of its pods.
    pub network: String,
    /// What that network is.
    pub kind: HnsNetwork,
    /// Endpoints on this node: its CNI plugin has made them.
    pub local: Vec<Local>,
    /// Endpoints on other nodes, in the order of their addresses.
    pub remote: Vec<Remote>,
    /// The load balancers, by service, port and what they are for.
    pub balancers: Vec<Balancer>,
}

/// An endpoint of this node, found by its address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Local {
    /// Its address.
    pub address: IpAddr,
    /// The pod, if it is one.
    pub pod: Option<String>,
    /// The statement that made it.
    pub span: Span,
}

/// An endpoint elsewhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Remote {
    /// Its address.
    pub address: IpAddr,
    /// In an overlay the node that has it, by the address that the other nodes know.
    pub provider: Option<IpAddr>,
    /// The pod, if it is one.
    pub pod: Option<String>,
    /// The statement that made it.
    pub span: Span,
}

/// A load balancer: one address and port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balancer {
    /// The service port: `shop/web:http`.
    pub service: String,
    /// What it is for.
    pub kind: Front,
    /// The address that clients ask for; every address of the node if there is none.
    pub vip: Option<IpAddr>,
    /// The port that clients ask for.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// The endpoints, in the order of their addresses.
    pub endpoints: Vec<IpAddr>,
    /// The port of all of them: that of the first one.
    pub target: u16,
    /// The address by which connections leave the node.
    pub source_vip: Option<IpAddr>,
    /// Clients stay with their endpoint.
    pub sticky: bool,
    /// Answers go straight to clients.
    pub dsr: bool,
    /// It is of IPv6.
    pub v6: bool,
    /// The statement that asked for it.
    pub span: Span,
}

/// What a load balancer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Front {
    /// The service's own address.
    ClusterIp,
    /// The port of every node.
    NodePort,
    /// An external address.
    ExternalIp,
    /// An address of the cloud's, or another, load balancer.
    LoadBalancer,
}

impl Front {
    fn word(self) -> &'static str {
        match self {
            Front::ClusterIp => "cluster-ip",
            Front::NodePort => "node-port",
            Front::ExternalIp => "external-ip",
            Front::LoadBalancer => "load-balancer",
        }
    }
}

impl Balancer {
    /// What tells it from others: `shop/web:http cluster-ip 10.96.0.80:80/tcp`.
    #[must_use]
    pub fn name(&self) -> String {
        let Balancer { service, port, protocol, .. } = self;
        let at = match self.vip {
            Some(vip) => std::net::SocketAddr::new(vip, *port).to_string(),
            // Every node has its addresses of both families.
            None if self.v6 => format!("[::]:{port}"),
            None => format!("0.0.0.0:{port}"),
        };
        format!("{service} {} {at}/{protocol}", self.kind.word())
    }
}
