//! Services in userspace mode: what the programs behind it cannot do, and ports that they cannot
//! have.

use super::node_ports;
use crate::model::declare::ClusterDecl;
use crate::model::{
    Cluster, Docker, Engine, Policy, Proxy, ProxyMode, Service, ServicePort, Userspace, fault,
};
use netc_lang::{Diagnostic, Port, Protocol, QualifiedName, Span};
use std::collections::BTreeMap;

/// The range of the proxy's ports.
pub(super) fn ranges(cluster: &ClusterDecl, faults: &mut Vec<Diagnostic>) {
    let Some((proxy, userspace)) = of(cluster.proxy.as_ref()) else { return };
    let at = userspace.stated.unwrap_or(proxy.span);
    let (own, others) = (&userspace.ports, &cluster.node_ports);
    if node_ports::meet(own, &others.value) {
        faults.push(fault::proxy_ports_meet(own, at, others));
    }
    if node_ports::meet(own, &node_ports::EPHEMERAL) {
        faults.push(fault::ephemeral_proxy_ports(own, at));
    }
}

/// What is told of the whole cluster.
pub(super) fn check(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let Some((proxy, userspace)) = of(cluster.proxy.as_ref()) else { return };
    for service in cluster.services.iter().filter(|service| service.is_programmed()) {
        for port in &service.ports {
            match port.port.protocol {
                Protocol::Sctp => faults.push(fault::sctp_in_userspace(port.span)),
                Protocol::Udp if userspace.engine == Engine::Haproxy => {
                    faults.push(fault::udp_by_haproxy(port.span, proxy.span));
                }
                Protocol::Tcp | Protocol::Udp => {}
            }
        }
        unheeded(service, faults);
    }
    held(cluster, faults);
}

fn of(proxy: Option<&Proxy>) -> Option<(&Proxy, &Userspace)> {
    let proxy = proxy?;
    match &proxy.mode {
        ProxyMode::Userspace(userspace) => Some((proxy, userspace)),
        _ => None,
    }
}

/// What a service says in vain.
fn unheeded(service: &Service, faults: &mut Vec<Diagnostic>) {
    if [service.external_traffic, service.internal_traffic].contains(&Policy::Local) {
        faults.push(fault::local_in_userspace(&service.name, service.span));
    }
    if !service.source_ranges.is_empty() && !service.load_balancer_ips.is_empty() {
        faults.push(fault::sources_in_userspace(&service.name, service.span));
    }
}

/// Ports of the proxy on which somebody else of a node listens.
fn held(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let ports = |service: &'_ Service| -> Vec<(Port, Owner)> {
        let own = |port: &ServicePort| {
            let number = port.proxy_port?;
            let key = Port { number, protocol: port.port.protocol };
            Some((key, (service.name.clone(), port.span)))
        };
        service.ports.iter().filter_map(own).collect()
    };
    let own: BTreeMap<Port, Owner> = cluster.services.iter().flat_map(ports).collect();
    let mut report = |port: Port, what: &str, node: &str, at: Span| {
        if let Some((service, span)) = own.get(&port) {
            faults.push(fault::proxy_port_held((port.number, service, *span), (what, node, at)));
        }
    };
    for pod in &cluster.pods {
        let Some(node) = pod.node.and_then(|id| cluster.nodes.get(id.0 as usize)) else { continue };
        let listens = pod.template.ports.iter().filter(|_| pod.state.host_network);
        for port in listens {
            report(port.port.value, "a pod of the node's network", &node.name, port.port.span);
        }
        for one in &pod.template.mappings {
            let port = Port { number: one.port, protocol: one.target.protocol };
            report(port, "a host port", &node.name, one.span);
        }
    }
    for node in &cluster.nodes {
        for one in node.docker.iter().flat_map(Docker::held) {
            let port = Port { number: one.port, protocol: one.target.protocol };
            report(port, "a published port", &node.name, one.span);
        }
    }
}

/// A service, and where it states its port.
type Owner = (QualifiedName, Span);
