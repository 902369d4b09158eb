//! What an address, a network or a port is to the cluster, whatever the nodes hold for it.

use super::Meaning;
use crate::model::{Cluster, Docker, Family, Node, OverlayKind, Service, ServicePort};
use ipnet::IpNet;
use netc_lang::{Port, Protocol, Span};
use std::net::{IpAddr, SocketAddr};

/// Something that the cluster says of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// What it is: `pod shop/web-0 on node1`.
    pub what: String,
    /// The statement behind it.
    pub origin: Span,
}

/// All that the cluster says of a word.
#[must_use]
pub fn known(meaning: &Meaning, cluster: &Cluster) -> Vec<Known> {
    let mut out = Vec::new();
    match meaning {
        Meaning::Address(address) => {
            of_address(cluster, *address, &mut out);
            if out.is_empty() {
                let nets = networks(cluster).into_iter();
                let within = nets.filter(|(net, ..)| net.contains(address));
                // The smallest one says most.
                if let Some((net, what, origin)) = within.max_by_key(|(net, ..)| net.prefix_len()) {
                    let what = format!("an address of {what}, {net}; no pod or service has it");
                    out.push(Known { what, origin });
                }
            }
        }
        Meaning::Network(net) => {
            let all = networks(cluster).into_iter().filter(|(own, ..)| own == net);
            out.extend(all.map(|(_, what, origin)| Known { what, origin }));
        }
        Meaning::Socket(socket, protocol) => of_socket(cluster, *socket, *protocol, &mut out),
        Meaning::Port(port, protocol) => of_port(cluster, *port, *protocol, &mut out),
        Meaning::Name { .. } | Meaning::Line(_) => {}
    }
    out
}

/// Where an address is that nothing knows: in which network, or which one is nearest.
#[must_use]
pub(super) fn surroundings(cluster: &Cluster, address: IpAddr) -> String {
    let own = networks(cluster).into_iter();
    let own = own.filter(|(net, ..)| Family::of_net(*net) == Family::of(address));
    let shared = |net: &IpNet| {
        let difference = crate::model::number(net.network()) ^ crate::model::number(address);
        let unused = 128 - u32::from(Family::of(address).bits());
        difference.leading_zeros() - unused
    };
    match own.max_by_key(|(net, ..)| (shared(net), net.prefix_len())) {
        Some((net, what, _)) => {
            format!("it is foreign: no network of the cluster has it; the nearest is {what}, {net}")
        }
        None => "it is foreign: the cluster has no network of its family".to_owned(),
    }
}

/// The networks of the cluster, each with what it is.
fn networks(cluster: &Cluster) -> Vec<(IpNet, String, Span)> {
    let mut all = Vec::new();
    for own in cluster.pod_networks.values() {
        all.push((own.network, "the pod network".to_owned(), own.span));
    }
    for net in cluster.service_networks.values() {
        all.push((*net, "the service network".to_owned(), cluster.span));
    }
    for node in &cluster.nodes {
        for block in node.blocks.values() {
            all.push((*block, format!("the pod block of {}", node.name), node.span));
        }
        for own in &node.addresses {
            let Some(net) = own.network() else { continue };
            all.push((net, format!("the network of {}'s own address", node.name), own.span));
        }
        for network in node.docker.iter().flat_map(|docker| &docker.networks) {
            for gateway in network.gateways.values() {
                let what = format!("the Docker network {} of {}", network.name, node.name);
                all.push((gateway.trunc(), what, network.span));
            }
        }
    }
    all
}

fn of_address(cluster: &Cluster, address: IpAddr, out: &mut Vec<Known>) {
    let mut say = |what: String, origin: Span| out.push(Known { what, origin });
    for node in &cluster.nodes {
        for own in node.addresses.iter().filter(|own| own.address == address) {
            let device = own.device.as_ref().map_or_else(String::new, |name| format!(" on {name}"));
            say(format!("node {}'s own address{device}", node.name), own.span);
        }
        if node.gateways.values().any(|own| *own == address) {
            say(format!("the gateway of the pods of {}", node.name), node.span);
        }
        if let Some(docker) = &node.docker {
            of_docker(node, docker, address, &mut say);
        }
    }
    for pod in &cluster.pods {
        if !pod.state.host_network && pod.addresses.values().any(|own| *own == address) {
            let node = pod.node.and_then(|id| cluster.nodes.get(id.0 as usize));
            let on = node.map_or_else(String::new, |node| format!(" on {}", node.name));
            say(format!("pod {}{on}", pod.name), pod.span);
        }
    }
    for service in &cluster.services {
        let name = &service.name;
        for what in roles(service, address) {
            let ports: Vec<String> =
                service.ports.iter().map(|port| port.port.to_string()).collect();
            say(format!("{what} of service {name}, ports {}", ports.join(", ")), service.span);
        }
        for port in &service.ports {
            for one in port.endpoints.iter().filter(|one| one.address.ip() == address) {
                let what = format!("endpoint {} of service {}", one.address, of(service, port));
                say(what, one.span);
            }
        }
    }
}

fn of_docker(node: &Node, docker: &Docker, address: IpAddr, say: &mut impl FnMut(String, Span)) {
    for network in &docker.networks {
        if network.gateways.values().any(|own| own.addr() == address) {
            let what = format!("the gateway of Docker's network {} of {}", network.name, node.name);
            say(what, network.span);
        }
    }
    for container in &docker.containers {
        if container.addresses.values().any(|own| *own == address) {
            say(format!("container {} on {}", container.name, node.name), container.span);
        }
    }
}

/// What an address is to a service.
fn roles(service: &Service, address: IpAddr) -> Vec<&'static str> {
    let is = |own: &IpAddr| *own == address;
    let all = [
        (service.addresses.values().any(is), "the cluster IP"),
        (service.load_balancer_ips.iter().any(is), "a load balancer's address"),
        (service.external_ips.iter().any(is), "an external address"),
    ];
    all.into_iter().filter(|(has, _)| *has).map(|(_, what)| what).collect()
}

/// A service with a port of it.
fn of(service: &Service, port: &ServicePort) -> String {
    let name = port.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    format!("{}, port{name} {}", service.name, port.port)
}

fn of_socket(
    cluster: &Cluster,
    socket: SocketAddr,
    protocol: Option<Protocol>,
    out: &mut Vec<Known>,
) {
    for service in &cluster.services {
        for port in &service.ports {
            if protocol.is_some_and(|protocol| protocol != port.port.protocol) {
                continue;
            }
            if port.port.number == socket.port() {
                let all = roles(service, socket.ip()).into_iter();
                out.extend(all.map(|what| Known {
                    what: format!("{what} and a port of service {}", of(service, port)),
                    origin: port.span,
                }));
            }
            let own = port.endpoints.iter().filter(|one| one.address == socket);
            out.extend(own.map(|one| Known {
                what: format!("an endpoint of service {}", of(service, port)),
                origin: one.span,
            }));
        }
    }
}

fn of_port(cluster: &Cluster, port: u16, protocol: Option<Protocol>, out: &mut Vec<Known>) {
    let is = |own: Protocol| protocol.is_none_or(|protocol| protocol == own);
    let mut say = |what: String, origin: Span| out.push(Known { what, origin });
    for service in &cluster.services {
        for own in &service.ports {
            if own.node_port == Some(port) && is(own.port.protocol) {
                say(format!("the node port of service {}", of(service, own)), own.span);
            }
            if own.port.number == port && is(own.port.protocol) {
                say(format!("a port of service {}", of(service, own)), own.span);
            }
        }
        if service.health_check_node_port == Some(port) && is(Protocol::Tcp) {
            say(format!("the health check node port of service {}", service.name), service.span);
        }
    }
    let mut published = |number: u16, target: Port, whose: String, span: Span| {
        if number == port && is(target.protocol) {
            say(format!("a port of the node that leads to {whose}, port {target}"), span);
        }
    };
    for pod in &cluster.pods {
        for own in &pod.template.mappings {
            published(own.port, own.target, format!("pod {}", pod.name), own.span);
        }
    }
    for node in &cluster.nodes {
        for container in node.docker.iter().flat_map(|docker| &docker.containers) {
            for own in &container.published {
                let whose = format!("container {} on {}", container.name, node.name);
                published(own.port, own.target, whose, own.span);
            }
        }
    }
    let overlay = match &cluster.overlay.kind {
        OverlayKind::Vxlan(vxlan) => Some(vxlan.port),
        OverlayKind::Udp { port } => Some(*port),
        OverlayKind::Wireguard(own) => Some(own.port),
        _ => None,
    };
    if overlay == Some(port) && is(Protocol::Udp) {
        let what = format!("the port of the overlay {}", cluster.overlay.kind.word());
        say(what, cluster.overlay.span);
    }
}
