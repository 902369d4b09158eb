//! A service.

mod answers;
mod programmed;

use super::Card;
use super::table::{Cell, Table};
use crate::graph::Ordered;
use crate::lower::endpoint_chain;
use crate::model::{
    Announce, Cluster, Endpoint, Family, Node, NodeId, Pod, ProxyMode, Service, ServiceKind,
    ServicePort,
};
use netc_lang::{Protocol, Sources};
use serde_json::{Value, json};
use std::fmt::Display;

/// What is shown of a service, and how a node has it.
#[must_use]
pub fn service(
    service: &Service,
    cluster: &Cluster,
    on: Option<(&Node, &Ordered)>,
    sources: &Sources,
) -> Card {
    let name = service.name.to_string();
    let head = format!("service {name} in cluster {}", cluster.name);
    let mut card = Card::new(head, "service", &name);
    card.field("cluster", json!(cluster.name));
    stated(cluster, service, sources, &mut card);
    let ports = service.ports.iter().map(|port| {
        let at = sources.locate(port.span);
        let endpoints = endpoints(cluster, service, port);
        let answers = answers::answers(cluster, service, port);
        let programmed = on.map(|on| programmed::programmed(cluster, service, port, on));
        let json = as_json(port, (&endpoints, &answers), programmed.as_ref(), &at);
        let title = title(port);
        card.titled(format!("{title}: endpoints  ({at})"), endpoints);
        if port.endpoints.is_empty() && service.kind != ServiceKind::ExternalName {
            card.titled(format!("{title}: endpoints  ({at})"), none());
        }
        card.titled(format!("{title}: who answers"), answers);
        if let (Some((node, _)), Some(own)) = (on, programmed) {
            card.titled(format!("{title}: on {}", node.name), own);
        }
        json
    });
    let ports: Vec<Value> = ports.collect();
    card.field("ports", json!(ports));
    card
}

/// What is said where there are no endpoints.
fn none() -> Table {
    let mut table = Table::new(&[""]);
    table.row(["none: no ready pod is selected, and no endpoint is stated".into()]);
    table
}

/// What is stated of the service as a whole.
fn stated(cluster: &Cluster, service: &Service, sources: &Sources, card: &mut Card) {
    let at = sources.locate(service.span);
    card.row("stated", at.as_str());
    card.field("stated", json!(at));
    let kind = service.kind.word();
    card.row("type", kind);
    card.field("type", json!(kind));
    all("address", "addresses", service.addresses.values(), card);
    all("load balancer", "load-balancer-ips", &service.load_balancer_ips, card);
    announced(cluster, service, card);
    all("only from", "source-ranges", &service.source_ranges, card);
    all("external IP", "external-ips", &service.external_ips, card);
    if let Some(port) = service.health_check_node_port {
        card.row("health check", format!("node port {port}/tcp"));
    }
    card.field("health-check-node-port", json!(service.health_check_node_port));
    if service.is_programmed() {
        let outside = service.external_traffic.word();
        let inside = service.internal_traffic.word();
        card.row("traffic", format!("internal {inside}, external {outside}"));
        card.field("internal-traffic", json!(inside));
        card.field("external-traffic", json!(outside));
    }
    let affinity = match service.affinity {
        Some(seconds) => format!("client IP, {seconds} s"),
        None => "none".to_owned(),
    };
    card.row("affinity", affinity);
    card.field("affinity-seconds", json!(service.affinity));
}

/// Who announces the addresses of its load balancer, where netc knows.
fn announced(cluster: &Cluster, service: &Service, card: &mut Card) {
    let Some(own) = &cluster.load_balancers else { return };
    let name = |id: &NodeId| cluster.nodes.get(id.0 as usize).map(|node| node.name.as_str());
    let mut told = Vec::new();
    for held in service.load_balancer_ips.iter().filter_map(|address| own.held(*address)) {
        let nodes: Vec<&str> = held.nodes.iter().filter_map(name).collect();
        let who = match (&own.announce, held.holder.as_ref().and_then(name)) {
            (Announce::None, _) => continue,
            (_, _) if nodes.is_empty() => "nobody".to_owned(),
            (Announce::Arp { .. }, Some(holder)) => format!("{holder}, by ARP"),
            _ => format!("{}, by BGP", nodes.join(", ")),
        };
        told.push(format!("{}: {who}", held.address));
    }
    told.iter().for_each(|line| card.row("announced", line.as_str()));
    card.field("announced", json!(told));
}

/// Several things of one kind, a line each.
fn all<'a, T: Display + 'a>(
    label: &'static str,
    field: &str,
    things: impl IntoIterator<Item = &'a T>,
    card: &mut Card,
) {
    let things: Vec<String> = things.into_iter().map(ToString::to_string).collect();
    things.iter().for_each(|thing| card.row(label, thing.as_str()));
    card.field(field, json!(things));
}

fn title(port: &ServicePort) -> String {
    let name = port.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    let node_port = port.node_port.map_or_else(String::new, |port| format!(", node port {port}"));
    let proxy_port =
        port.proxy_port.map_or_else(String::new, |port| format!(", proxy port {port}"));
    format!("port{name} {}{node_port}{proxy_port}", port.port)
}

/// The endpoints of a port, of all families.
fn endpoints(cluster: &Cluster, service: &Service, port: &ServicePort) -> Table {
    let mut table = Table::new(&[
        "endpoint",
        "pod",
        "node",
        "zone",
        "ready",
        "serving",
        "terminating",
        "weight",
        "chain",
    ]);
    for one in &port.endpoints {
        let node = one.node.and_then(|id| cluster.nodes.get(id.0 as usize));
        let chain = cluster.proxy.as_ref().filter(|proxy| proxy.mode == ProxyMode::Iptables);
        let chain = chain.filter(|_| service.is_programmed() && one.conditions.is_usable());
        let chain =
            chain.map(|proxy| endpoint_chain(proxy, service, port, one.address).to_string());
        table.row([
            one.address.to_string().into(),
            pod(cluster, one).map(|pod| pod.name.to_string()).into(),
            node.map(|node| &node.name).into(),
            node.and_then(|node| node.zone.as_ref()).into(),
            one.conditions.ready.into(),
            one.conditions.serving.into(),
            one.conditions.terminating.into(),
            one.weight.map(u32::from).into(),
            chain.into(),
        ]);
    }
    table
}

/// The pod that is an endpoint. Several may have the address of their node.
fn pod<'c>(cluster: &'c Cluster, endpoint: &Endpoint) -> Option<&'c Pod> {
    let own = |pod: &&Pod| pod.addresses.values().any(|own| *own == endpoint.address.ip());
    let mut all = cluster.pods.iter().filter(own);
    let first = all.next()?;
    let stated = |pod: &&Pod| pod.span == endpoint.span;
    if stated(&first) { Some(first) } else { all.find(stated).or(Some(first)) }
}

fn as_json(
    port: &ServicePort,
    (endpoints, answers): (&Table, &Table),
    programmed: Option<&Table>,
    at: &str,
) -> Value {
    json!({
        "name": port.name,
        "port": port.port.number,
        "protocol": port.port.protocol.name(),
        "node-port": port.node_port,
        "proxy-port": port.proxy_port,
        "stated": at,
        "endpoints": endpoints.json(),
        "answers": answers.json(),
        "programmed": programmed.map(Table::json),
    })
}

/// Something with a port and a protocol behind it, as users write it.
fn with_port(host: &str, number: u16, protocol: Protocol, family: Family) -> String {
    match family {
        Family::V6 if host.contains(':') => format!("[{host}]:{number}/{protocol}"),
        _ => format!("{host}:{number}/{protocol}"),
    }
}

/// Nodes by name: all of them in two words.
fn named(nodes: &[&str], cluster: &Cluster) -> Cell {
    if nodes.len() == cluster.nodes.len() && nodes.len() > 1 {
        return format!("all {}", nodes.len()).into();
    }
    nodes.iter().map(|&name| name.to_owned()).collect::<Vec<_>>().into()
}
