//! `service` statements.

use super::{endpoint, per_family};
use crate::model::stated::{
    Distribution, FamilyPolicy, Form, LoadBalancerIp, PortDecl, ServiceDecl, Target,
};
use crate::model::{Family, Policy, ServiceKind, fault};
use netc_lang::{Diagnostic, Item, Pair, Port, QualifiedName, Seconds, Spanned};
use std::collections::BTreeMap;

/// The affinity timeout if none is stated, in seconds: Kubernetes' three hours.
const AFFINITY: u32 = 10800;

/// `service NAME { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<ServiceDecl> {
    let select = item.child("select").map(|item| {
        let labels = item.all::<&Pair>("label").map(|label| label.value.clone());
        Spanned::new(labels.collect(), item.span)
    });
    let list = |keyword| item.children(keyword);
    let addresses = list("ip").flat_map(|item| item.all("address"));
    let balancers = list("load-balancer-ip").filter_map(|item| {
        let proxy = item.one::<&str>("mode").is_some();
        Some(LoadBalancerIp { address: item.one("address")?, proxy })
    });
    let allocate = item.child("allocate-node-ports").and_then(|item| item.one("switch"));
    let host = item.child("host").and_then(|item| item.one::<&str>("host"));
    let mut service = ServiceDecl {
        name: item.one::<&QualifiedName>("name")?.value.clone(),
        span: item.span,
        form: Form::Netc,
        kind: kind(item),
        select,
        addresses: per_family(addresses, Family::of, "addresses of one service", faults),
        families: families(item),
        family_policy: family_policy(item),
        ports: ports(item, faults),
        affinity: affinity(item.child("affinity"), faults),
        external_traffic: policy(item, "external-traffic"),
        internal_traffic: policy(item, "internal-traffic"),
        load_balancer_ips: balancers.collect(),
        load_balancer_class: word(item, "load-balancer-class", "class")
            .map(|class| class.map(str::to_owned)),
        requested_ip: None,
        source_ranges: list("source-ranges").flat_map(|item| item.all("network")).collect(),
        external_ips: list("external-ips").flat_map(|item| item.all("address")).collect(),
        health_check_node_port: item
            .child("health-check-node-port")
            .and_then(|item| item.one("port")),
        allocate_node_ports: allocate.is_none_or(|switch| switch.value),
        distribution: distribution(item),
        publish_not_ready: item.child("publish-not-ready").is_some(),
        has_endpoints: item.child("endpoint").is_some() || item.child("no-endpoints").is_some(),
        shared_portals: item.child("shared-portals").is_some(),
        host: host.map(|host| host.map(str::to_owned)),
    };
    endpoint::read(item, &mut service, faults);
    super::contradictions::report(item, &service, faults);
    Some(service)
}

/// The word that a statement of the block gives.
fn word<'a>(item: &'a Item, keyword: &str, field: &str) -> Option<Spanned<&'a str>> {
    item.child(keyword).and_then(|item| item.one(field))
}

fn kind(item: &Item) -> ServiceKind {
    match word(item, "type", "type").map_or("", |kind| kind.value) {
        "node-port" => ServiceKind::NodePort,
        "load-balancer" => ServiceKind::LoadBalancer,
        "headless" => ServiceKind::Headless,
        "external-name" => ServiceKind::ExternalName,
        _ => ServiceKind::ClusterIp,
    }
}

fn policy(item: &Item, keyword: &str) -> Policy {
    match word(item, keyword, "policy").map_or("", |policy| policy.value) {
        "local" => Policy::Local,
        _ => Policy::Cluster,
    }
}

fn families(item: &Item) -> Vec<Spanned<Family>> {
    let words = item.children("families").flat_map(|item| item.all::<&str>("family"));
    words
        .map(|word| word.map(|word| if word == "ipv6" { Family::V6 } else { Family::V4 }))
        .collect()
}

fn family_policy(item: &Item) -> Option<Spanned<FamilyPolicy>> {
    let policy = word(item, "family-policy", "policy")?;
    Some(policy.map(|policy| match policy {
        "prefer-dual-stack" => FamilyPolicy::PreferDual,
        "require-dual-stack" => FamilyPolicy::RequireDual,
        _ => FamilyPolicy::Single,
    }))
}

fn distribution(item: &Item) -> Option<Distribution> {
    let preferred = word(item, "traffic-distribution", "preferred")?;
    Some(match preferred.value {
        "prefer-same-node" => Distribution::SameNode,
        _ => Distribution::SameZone,
    })
}

/// `affinity none | client-ip [TIMEOUT]`
fn affinity(item: Option<&Item>, faults: &mut Vec<Diagnostic>) -> Option<u32> {
    let item = item?;
    let timeout = item.one::<Seconds>("timeout");
    if item.one::<&str>("kind")?.value == "client-ip" {
        return Some(timeout.map_or(AFFINITY, |timeout| timeout.value.0));
    }
    faults.extend(timeout.map(|timeout| fault::timeout_without_affinity(timeout.span)));
    None
}

fn ports(item: &Item, faults: &mut Vec<Diagnostic>) -> Vec<PortDecl> {
    let ports: Vec<PortDecl> = item.children("port").filter_map(port).collect();
    let mut names = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    let mut node_ports = BTreeMap::new();
    for port in &ports {
        if let Some(earlier) = numbers.insert(port.port, port.span) {
            faults.push(fault::duplicate_service_port(port.port, port.span, earlier));
        }
        if let Some(name) = &port.name
            && let Some(earlier) = names.insert(name, port.span)
        {
            faults.push(fault::duplicate_port_name("service", name, port.span, earlier));
        }
        if let Some(number) = port.node_port
            && let Some(earlier) =
                node_ports.insert((number.value, port.port.protocol), number.span)
        {
            faults.push(fault::duplicate_node_port(number.value, number.span, earlier));
        }
        if port.name.is_none() && ports.len() > 1 {
            faults.push(fault::nameless_port(port.span));
        }
    }
    ports
}

/// `port [NAME] PORT [-> TARGET] [node-port NUMBER] [proxy-port NUMBER]`
fn port(item: &Item) -> Option<PortDecl> {
    let port: Port = item.one("port")?.value;
    let target = match (item.one::<&str>("target"), item.one::<u16>("target")) {
        (Some(name), _) => Target::Name(name.map(str::to_owned)),
        (None, number) => Target::Number(number.map_or(port.number, |number| number.value)),
    };
    Some(PortDecl {
        name: item.one::<&str>("name").map(|name| name.value.to_owned()),
        port,
        target,
        node_port: item.one("node-port"),
        proxy_port: item.one("proxy-port"),
        span: item.span,
        endpoints: Vec::new(),
    })
}
