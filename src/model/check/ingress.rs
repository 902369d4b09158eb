//! Ingresses and the rest of the cluster: endpoints behind them, and the ports of what serves them.

use crate::model::{Backend, Cluster, Conditions, Docker, IngressController, Node, NodeId, fault};
use netc_lang::{Diagnostic, Protocol, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Reports backends that nothing is behind, and ports that something else has.
pub(crate) fn check(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let Some(controller) = &cluster.ingress_controller else { return };
    let served = cluster.served_ingresses();
    let backends = served
        .clone()
        .flat_map(|one| one.rules.iter().filter_map(|rule| rule.backend).chain(one.default));
    let mut told = BTreeSet::new();
    for backend in backends.chain(controller.default) {
        if told.insert((backend.service, backend.port, backend.span)) {
            faults.extend(idle(cluster, backend));
        }
    }
    let tls = served.clone().any(|ingress| !ingress.tls.is_empty());
    ports(cluster, controller, tls, faults);
}

/// A backend without an endpoint that takes connections. One that is being shut down does if there is
/// no other.
fn idle(cluster: &Cluster, backend: Backend) -> Option<Diagnostic> {
    let service = cluster.services.get(backend.service)?;
    let endpoints = &service.ports.get(backend.port)?.endpoints;
    let takes = |one: Conditions| one.ready || (one.serving && one.terminating);
    let idle = !endpoints.iter().any(|one| takes(one.conditions));
    idle.then(|| fault::backend_without_endpoints(&service.name, backend.span))
}

/// What has the ports of the nodes that serve, in words, and where it says so.
fn ports(
    cluster: &Cluster,
    controller: &IngressController,
    tls: bool,
    faults: &mut Vec<Diagnostic>,
) {
    let everywhere = of_services(cluster);
    let own: Vec<u16> =
        [controller.http].into_iter().chain(tls.then_some(controller.https)).collect();
    let mut told = BTreeSet::new();
    for id in &controller.nodes {
        let Some(node) = cluster.nodes.get(id.0 as usize) else { continue };
        let here = of_node(cluster, *id, node);
        for port in &own {
            let found = everywhere.get(port).or_else(|| here.get(port));
            let Some((holder, held)) = found else { continue };
            // What holds it on every node is told once.
            if told.insert((*port, *held)) {
                let at = controller.span;
                faults.push(fault::controller_port_taken(*port, &node.name, holder, at, *held));
            }
        }
    }
}

type Holders = BTreeMap<u16, (String, Span)>;

/// The ports that services have on every node.
fn of_services(cluster: &Cluster) -> Holders {
    let mut held = Holders::new();
    for service in cluster.services.iter().filter(|_| cluster.proxy.is_some()) {
        let tcp = service.ports.iter().filter(|port| port.port.protocol == Protocol::Tcp);
        for (port, number) in tcp.filter_map(|port| Some((port, port.node_port?))) {
            held.insert(number, (format!("a node port of service {}", service.name), port.span));
        }
        if let Some(number) = service.health_check_node_port {
            let what = format!("the health check of service {}", service.name);
            held.insert(number, (what, service.span));
        }
    }
    held
}

/// The TCP ports that pods and containers have on one node.
fn of_node(cluster: &Cluster, id: NodeId, node: &Node) -> Holders {
    let mut held = Holders::new();
    for pod in cluster.pods.iter().filter(|pod| pod.node == Some(id)) {
        for mapping in &pod.template.mappings {
            if mapping.target.protocol == Protocol::Tcp {
                held.insert(
                    mapping.port,
                    (format!("a host port of pod {}", pod.name), mapping.span),
                );
            }
        }
        for port in pod.template.ports.iter().filter(|_| pod.state.host_network) {
            if port.port.value.protocol == Protocol::Tcp {
                let what = format!("a port of pod {}, which uses the node's network", pod.name);
                held.insert(port.port.value.number, (what, port.port.span));
            }
        }
    }
    for published in node.docker.iter().flat_map(Docker::held) {
        if published.target.protocol == Protocol::Tcp {
            held.insert(published.port, ("one that Docker publishes".to_owned(), published.span));
        }
    }
    held
}
