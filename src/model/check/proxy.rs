//! What becomes of services by the proxy that programs them: the places where IPVS mode does
//! otherwise than one may expect.

use crate::model::{
    Cluster, Ipvs, Node, NodeId, Policy, Proxy, ProxyMode, Service, ServicePort, fault,
};
use netc_lang::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The schedulers that go by connections, turns or addresses alone (`net/netfilter/ipvs/ip_vs_rr.c`,
/// `ip_vs_lc.c` and `ip_vs_dh.c` look at a weight only for being 0).
const WEIGHTLESS: [&str; 3] = ["rr", "lc", "dh"];

/// Reports what does not fit the proxy.
pub(crate) fn check(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    weights(cluster, faults);
    let Some(Proxy { mode: ProxyMode::Ipvs(ipvs), .. }) = &cluster.proxy else { return };
    addresses(cluster, faults);
    if !ipvs.strict {
        for service in cluster.services.iter().filter(|service| service.is_programmed()) {
            surprises(cluster, service, faults);
        }
    }
}

/// Whether anything goes by weights.
fn heeds_weights(ipvs: &Ipvs) -> bool {
    !WEIGHTLESS.contains(&ipvs.scheduler.as_str())
}

/// Warns of the first weight, if nothing goes by weights.
fn weights(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let (what, at) = match &cluster.proxy {
        None => ("`proxy none`".to_owned(), None),
        Some(proxy) => match &proxy.mode {
            mode @ (ProxyMode::Iptables
            | ProxyMode::Nftables(_)
            | ProxyMode::Userspace(_)
            | ProxyMode::Kernelspace) => (format!("`proxy {}`", mode.word()), Some(proxy.span)),
            ProxyMode::Ipvs(ipvs) if heeds_weights(ipvs) => return,
            ProxyMode::Ipvs(ipvs) => {
                (format!("the scheduler `{}`", ipvs.scheduler), Some(proxy.span))
            }
        },
    };
    let ports = cluster.services.iter().flat_map(|service| &service.ports);
    let mut endpoints = ports.flat_map(|port| &port.endpoints);
    if let Some(first) = endpoints.find(|one| one.weight.is_some_and(|weight| weight != 1)) {
        faults.push(fault::unheeded_weight(&what, first.span, at));
    }
}

/// kube-ipvs0 takes the addresses of services: a node that has one already would lose its own.
fn addresses(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let own = |node: &Node| {
        let all = node.addresses.iter().map(|own| (own.address, own.span));
        all.collect::<Vec<_>>()
    };
    let nodes: BTreeMap<IpAddr, _> = cluster.nodes.iter().flat_map(own).collect();
    for service in &cluster.services {
        for address in service.addresses.values() {
            if let Some(node) = nodes.get(address) {
                faults.push(fault::address_of_a_node(*address, service.span, *node));
            }
        }
    }
}

/// Warns where a service is not served as the Service API says.
fn surprises(cluster: &Cluster, service: &Service, faults: &mut Vec<Diagnostic>) {
    let unserved = service
        .ports
        .iter()
        .all(|port| !port.endpoints.iter().any(|one| one.conditions.is_usable()));
    if unserved {
        faults.push(fault::refused_by_the_kernel(&service.name, service.span));
        return;
    }
    let ports = service.ports.iter().filter(|port| falls_back(service, port));
    let without = ports.map(|port| cluster.nodes.len().saturating_sub(nodes_of(port).len()));
    if let Some(count) = without.max().filter(|count| *count > 0) {
        let nodes = (count, cluster.nodes.len());
        faults.push(fault::local_falls_back(&service.name, nodes, service.span));
    }
}

/// Whether traffic to a port that should stay on its node may go to endpoints elsewhere. Without a
/// way from outside kube-proxy knows no others (`UsesClusterEndpoints`).
fn falls_back(service: &Service, port: &ServicePort) -> bool {
    let outside = port.node_port.is_some()
        || !service.load_balancer_ips.is_empty()
        || !service.external_ips.is_empty();
    let local = [service.external_traffic, service.internal_traffic].contains(&Policy::Local);
    local && outside && port.endpoints.iter().any(|one| one.conditions.is_usable())
}

/// The nodes that have a usable endpoint of a port.
fn nodes_of(port: &ServicePort) -> BTreeSet<NodeId> {
    port.endpoints
        .iter()
        .filter(|one| one.conditions.is_usable())
        .filter_map(|one| one.node)
        .collect()
}
