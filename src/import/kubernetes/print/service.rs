//! `service` statements.

use super::{Output, joined, name};
use crate::model::stated::{
    Distribution, EndpointDecl, FamilyPolicy, PortDecl, ServiceDecl, Target,
};
use crate::model::{Conditions, Family, Policy, ServiceKind};
use netc_lang::{Port, Protocol};
use std::collections::BTreeSet;

pub(super) fn print(
    out: &mut Output,
    service: &ServiceDecl,
    nodes: &BTreeSet<&str>,
    shared_portals: bool,
) {
    out.block(format_args!("service {}", name(&service.name)), |out| {
        if service.kind != ServiceKind::ClusterIp {
            out.line(format_args!("type {}", service.kind.word()));
        }
        out.list("host", service.host.iter().map(|host| &host.value));
        addresses(out, service);
        select(out, service);
        for port in &service.ports {
            print_port(out, port, service.has_endpoints);
        }
        policies(out, service);
        load_balancer(out, service);
        if shared_portals {
            out.line("shared-portals");
        }
        endpoints(out, service, nodes);
    });
}

fn addresses(out: &mut Output, service: &ServiceDecl) {
    out.list("ip", service.addresses.values().map(|address| address.value));
    let families = service.families.iter().map(|family| match family.value {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    });
    out.list("families", families);
    let policy = service.family_policy.iter().map(|policy| match policy.value {
        FamilyPolicy::Single => "single-stack",
        FamilyPolicy::PreferDual => "prefer-dual-stack",
        FamilyPolicy::RequireDual => "require-dual-stack",
    });
    out.list("family-policy", policy.filter(|policy| *policy != "single-stack"));
}

/// What stands before a statement that a cluster may hold, but that says nothing.
pub(super) fn remark(says_nothing: bool) -> &'static str {
    if says_nothing { "# " } else { "" }
}

/// What it selects; only a remark beside endpoints, which are what it selected.
fn select(out: &mut Output, service: &ServiceDecl) {
    let Some(select) = &service.select else { return };
    let labels = select.value.iter().map(|label| format!("{}={}", label.key, label.value));
    out.line(format_args!("{}select {}", remark(service.has_endpoints), joined(labels, " ")));
}

/// A port of a pod or of a service.
pub(super) fn number(port: Port) -> String {
    match port.protocol {
        Protocol::Tcp => port.number.to_string(),
        _ => port.to_string(),
    }
}

/// The name of a service port, in quotes if it could be taken for a number.
fn port_name(port: &PortDecl) -> String {
    match &port.name {
        None => String::new(),
        Some(name) if name.bytes().any(|byte| byte.is_ascii_lowercase()) => format!("{name} "),
        Some(name) => format!("\"{name}\" "),
    }
}

/// `port [NAME] NUMBER [-> TARGET] [node-port NUMBER]`; endpoints have their own numbers, so that
/// a target beside them is only a remark.
fn print_port(out: &mut Output, port: &PortDecl, has_endpoints: bool) {
    let target = match &port.target {
        Target::Number(number) if *number == port.port.number => String::new(),
        Target::Number(number) => format!(" -> {number}"),
        Target::Name(name) => format!(" -> {}", name.value),
    };
    let node_port = port.node_port.map(|port| format!(" node-port {}", port.value));
    let node_port = node_port.unwrap_or_default();
    let (target, remark) = match has_endpoints && !target.is_empty() {
        true => ("", format!("  #{target}")),
        false => (target.as_str(), String::new()),
    };
    let own = number(port.port);
    out.line(format_args!("port {}{own}{target}{node_port}{remark}", port_name(port)));
}

fn policies(out: &mut Output, service: &ServiceDecl) {
    if let Some(seconds) = service.affinity {
        out.line(format_args!("affinity client-ip {seconds}"));
    }
    if service.external_traffic == Policy::Local {
        out.line(format_args!("{}external-traffic local", remark(!service.kind.has_address())));
    }
    if service.internal_traffic == Policy::Local {
        out.line("internal-traffic local");
    }
    let distribution = service.distribution.iter().map(|distribution| match distribution {
        Distribution::SameZone => "prefer-same-zone",
        Distribution::SameNode => "prefer-same-node",
    });
    out.list("traffic-distribution", distribution);
    if service.publish_not_ready {
        out.line("publish-not-ready");
    }
}

fn load_balancer(out: &mut Output, service: &ServiceDecl) {
    for ip in &service.load_balancer_ips {
        let proxy = if ip.proxy { " proxy" } else { "" };
        out.line(format_args!("load-balancer-ip {}{proxy}", ip.address.value));
    }
    if let Some(class) = &service.load_balancer_class {
        out.line(format_args!("load-balancer-class {}", class.value));
    }
    out.list("source-ranges", service.source_ranges.iter().map(|range| range.value));
    let keyword = format!("{}external-ips", remark(!service.kind.has_address()));
    out.list(&keyword, service.external_ips.iter().map(|address| address.value));
    let port = service.health_check_node_port.iter();
    out.list("health-check-node-port", port.map(|port| port.value));
    if !service.allocate_node_ports {
        out.line("allocate-node-ports off");
    }
}

fn endpoints(out: &mut Output, service: &ServiceDecl, nodes: &BTreeSet<&str>) {
    let several = service.ports.len() > 1;
    let mut counted = 0;
    for port in &service.ports {
        let name = if several { port_name(port) } else { String::new() };
        for endpoint in &port.endpoints {
            // One on a node that is not stated is elsewhere for all that are.
            let node = endpoint.node.as_ref().filter(|node| nodes.contains(node.value.as_ref()));
            let node = node.map_or_else(String::new, |node| format!(" on {}", node.value));
            // kube-proxy passes over those of a family in which the service has no address.
            let family = Family::of(endpoint.address.ip());
            let own = service.addresses.is_empty() || service.addresses.get(family).is_some();
            counted += usize::from(own);
            let (address, more) = (endpoint.address, details(endpoint));
            out.line(format_args!("{}endpoint {name}{address}{node}{more}", remark(!own)));
        }
    }
    if service.has_endpoints && counted == 0 {
        out.line("no-endpoints");
    }
}

/// The block of an endpoint of which there is more to say.
fn details(endpoint: &EndpointDecl) -> String {
    let Conditions { ready, serving, terminating } = endpoint.conditions;
    let mut parts = Vec::new();
    parts.extend((!ready).then(|| "ready off".to_owned()));
    parts.extend((!serving).then(|| "serving off".to_owned()));
    parts.extend(terminating.then(|| "terminating".to_owned()));
    if let Some(hints) = &endpoint.hints {
        for (keyword, names) in [("for-zones", &hints.zones), ("for-nodes", &hints.nodes)] {
            if !names.is_empty() {
                parts.push(format!("{keyword} {}", joined(names.iter(), ", ")));
            }
        }
    }
    if parts.is_empty() { String::new() } else { format!(" {{ {} }}", parts.join("; ")) }
}
