//! Services and their endpoints.

use super::members::Member;
use super::{Chip, ServiceBox};
use crate::model::{Cluster, Endpoint, NodeId, Policy, Service, ServiceKind, ServicePort};
use netc_lang::Sources;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// So many ports of a service are named, and so many paths that ingresses send to it.
const PORTS: usize = 4;

/// So many services are named in a note.
const NAMED: usize = 10;

/// The services. Their endpoints learn of it; those that are no pods become members.
pub(super) fn boxes(
    cluster: &Cluster,
    members: &mut Vec<Member>,
    sources: &Sources,
) -> Vec<ServiceBox> {
    let mut places = Places::new(cluster, members);
    for (service, number) in cluster.services.iter().zip(1..) {
        for endpoint in service.ports.iter().flat_map(|port| &port.endpoints) {
            let place = places.of(endpoint, members).unwrap_or_else(|| {
                let address = endpoint.address.ip();
                let node = places.nodes.get(&address).copied();
                members.push(Member::endpoint(address, node, endpoint.span, sources));
                places.by_address.entry(address).or_default().push(members.len() - 1);
                members.len() - 1
            });
            if let Some(member) = members.get_mut(place) {
                member.services.insert(number);
            }
        }
    }
    let mut paths = ingress_paths(cluster);
    let services = cluster.services.iter().enumerate();
    services.map(|(place, service)| one(service, paths.remove(&place), sources)).collect()
}

/// Names in a chip's note the services whose endpoint it is.
pub(super) fn name(chip: &mut Chip, services: &[ServiceBox]) {
    let own = chip.services.iter().take(NAMED).filter_map(|number| {
        let service = services.get(number.checked_sub(1)?)?;
        Some(format!("{} ({number})", service.name))
    });
    let mut names: Vec<String> = own.collect();
    if let Some(more @ 1..) = chip.services.len().checked_sub(NAMED) {
        names.push(format!("{more} more"));
    }
    if !names.is_empty() {
        chip.note.push_str(&format!("\nendpoint of {}", names.join(", ")));
    }
}

/// Who has which address.
struct Places {
    by_address: FxHashMap<IpAddr, Vec<usize>>,
    nodes: FxHashMap<IpAddr, NodeId>,
}

impl Places {
    fn new(cluster: &Cluster, members: &[Member]) -> Places {
        let mut by_address: FxHashMap<IpAddr, Vec<usize>> = FxHashMap::default();
        for (place, member) in members.iter().enumerate() {
            for address in &member.addresses {
                by_address.entry(*address).or_default().push(place);
            }
        }
        let nodes = cluster.nodes.iter().zip((0..).map(NodeId));
        let nodes =
            nodes.flat_map(|(node, id)| node.addresses.iter().map(move |own| (own.address, id)));
        Places { by_address, nodes: nodes.collect() }
    }

    /// The member that an endpoint is. Pods in their node's network have one address, containers of
    /// different nodes may: the statement tells, then the node.
    fn of(&self, endpoint: &Endpoint, members: &[Member]) -> Option<usize> {
        let places = self.by_address.get(&endpoint.address.ip())?;
        let find = |fits: &dyn Fn(&Member) -> bool| {
            places.iter().copied().find(|place| members.get(*place).is_some_and(fits))
        };
        let only = if let [place] = places.as_slice() { Some(*place) } else { None };
        find(&|member| member.span == endpoint.span)
            .or_else(|| find(&|member| endpoint.node.is_some() && member.node == endpoint.node))
            .or(only)
    }
}

/// What ingresses that are served send to each service: `shop.example/cart`.
fn ingress_paths(cluster: &Cluster) -> BTreeMap<usize, BTreeSet<String>> {
    let mut all: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for ingress in cluster.served_ingresses() {
        for rule in &ingress.rules {
            let Some(backend) = rule.backend else { continue };
            let host = rule.host.as_deref().unwrap_or("*");
            all.entry(backend.service).or_default().insert(format!("{host}{}", rule.path));
        }
        if let Some(default) = ingress.default {
            all.entry(default.service).or_default().insert("*/".to_owned());
        }
    }
    all
}

fn one(service: &Service, paths: Option<BTreeSet<String>>, sources: &Sources) -> ServiceBox {
    let addresses = service.addresses.values().map(ToString::to_string);
    let others = service.load_balancer_ips.iter().chain(&service.external_ips);
    let addresses: Vec<String> = addresses.chain(others.map(ToString::to_string)).collect();
    let kind = match service.kind {
        ServiceKind::ClusterIp => "ClusterIP",
        ServiceKind::NodePort => "NodePort",
        ServiceKind::LoadBalancer => "LoadBalancer",
        ServiceKind::Headless => "headless",
        ServiceKind::ExternalName => "ExternalName",
    };
    let mut lines = vec![[&[kind.to_owned()], addresses.as_slice()].concat().join(" ")];
    lines.extend(service.ports.iter().take(PORTS).map(port));
    if let Some(more @ 1..) = service.ports.len().checked_sub(PORTS) {
        lines.push(format!("and {more} more ports"));
    }
    let paths = paths.unwrap_or_default();
    lines.extend(paths.iter().take(PORTS).map(|path| format!("ingress {path}")));
    if let Some(more @ 1..) = paths.len().checked_sub(PORTS) {
        lines.push(format!("and {more} more paths"));
    }
    lines.extend(policies(service));
    let (ready, all) = counts(service);
    let warning = match (ready, all) {
        // Clients ask the name server for what these lead to.
        _ if !service.kind.has_address() => None,
        (_, 0) => Some("no endpoints".to_owned()),
        (0, _) => Some("no endpoint is ready".to_owned()),
        _ => None,
    };
    if warning.is_none() && all > 0 {
        let word = if all == 1 { "endpoint" } else { "endpoints" };
        let of = if ready == all { String::new() } else { format!(", {ready} ready") };
        lines.push(format!("{all} {word}{of}"));
    }
    let name = match service.name.namespace.as_str() {
        "default" => service.name.name.clone(),
        _ => service.name.to_string(),
    };
    ServiceBox { name, lines, warning, origin: sources.locate(service.span) }
}

/// `http 80/tcp → 8080, node port 30080`
fn port(port: &ServicePort) -> String {
    let name = port.name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    let targets: BTreeSet<u16> = port.endpoints.iter().map(|one| one.address.port()).collect();
    let targets: Vec<u16> = targets.into_iter().collect();
    let target = match targets.as_slice() {
        [] => String::new(),
        [same] if *same == port.port.number => String::new(),
        [first] => format!(" → {first}"),
        [first, ..] => format!(" → {first}, …"),
    };
    let node_port = port.node_port.map(|number| format!(", node port {number}"));
    format!("{name}{}{target}{}", port.port, node_port.unwrap_or_default())
}

/// What keeps traffic on its node or with its endpoint.
fn policies(service: &Service) -> Option<String> {
    let policies = [
        (service.external_traffic == Policy::Local, "externalTrafficPolicy: Local"),
        (service.internal_traffic == Policy::Local, "internalTrafficPolicy: Local"),
        (service.affinity.is_some(), "sessionAffinity: ClientIP"),
    ];
    let stated: Vec<&str> =
        policies.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect();
    (!stated.is_empty()).then(|| stated.join(", "))
}

/// How many endpoints take new connections, and how many there are. One that serves several ports
/// counts once.
fn counts(service: &Service) -> (usize, usize) {
    let all = service.ports.iter().flat_map(|port| &port.endpoints);
    let all: BTreeSet<(IpAddr, bool)> =
        all.map(|endpoint| (endpoint.address.ip(), endpoint.conditions.ready)).collect();
    let addresses: BTreeSet<IpAddr> = all.iter().map(|(address, _)| *address).collect();
    (all.iter().filter(|(_, ready)| *ready).count(), addresses.len())
}
