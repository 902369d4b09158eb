//! What a node tells load balancers of the endpoints that it has itself: the health checks of services with
//! `external-traffic local` (`pkg/proxy/healthcheck/service_health.go` of kube-proxy).

use super::{node_ports, programmed};
use crate::model::{Cluster, Family, Node, NodeId, Service};
use netc_lang::QualifiedName;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The health check of a service on a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HealthCheck {
    /// The service.
    pub(crate) service: QualifiedName,
    /// The port that it is asked at.
    pub(crate) port: u16,
    /// How many of its endpoints on the node are ready. One that is being shut down does not count, even
    /// where it still gets connections, nor does one address count twice.
    pub(crate) endpoints: usize,
}

/// The health checks of a node, by port.
pub(crate) fn health_checks(cluster: &Cluster, id: NodeId) -> Vec<HealthCheck> {
    let check = |service: &Service| {
        let port = service.health_check_node_port?;
        let all = service.ports.iter().flat_map(|port| &port.endpoints);
        let own = all.filter(|one| one.node == Some(id) && one.conditions.ready);
        let own: BTreeSet<IpAddr> = own.map(|one| one.address.ip()).collect();
        Some(HealthCheck { service: service.name.clone(), port, endpoints: own.len() })
    };
    let mut all: Vec<HealthCheck> = programmed(cluster).filter_map(check).collect();
    all.sort_by_key(|check| check.port);
    all
}

/// Where a node is asked at a port: at the addresses on which its node ports answer, or at every one.
pub(crate) fn health_addresses(cluster: &Cluster, node: &Node, port: u16) -> Vec<SocketAddr> {
    let all = |family| match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let own = |family| match &cluster.proxy {
        Some(proxy) => node_ports::NodePorts::new(proxy, node, family).addresses,
        None => None,
    };
    let addresses =
        Family::ALL.into_iter().flat_map(|family| own(family).unwrap_or(vec![all(family)]));
    addresses.map(|address| SocketAddr::new(address, port)).collect()
}
