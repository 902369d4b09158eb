//! `service` statements.

use super::{Nodes, per_family};
use crate::model::{Endpoint, Family, PerFamily, Policy, ServiceKind, fault};
use netc_lang::{Diagnostic, Item, Pair, Port, QualifiedName, Seconds, Span, Spanned};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// The affinity timeout if none is stated, in seconds: Kubernetes' three hours.
const AFFINITY: u32 = 10800;

/// A service as stated.
pub(crate) struct ServiceDecl {
    pub(crate) name: QualifiedName,
    pub(crate) span: Span,
    pub(crate) kind: ServiceKind,
    pub(crate) select: Option<Spanned<Vec<Pair>>>,
    pub(crate) addresses: PerFamily<Spanned<IpAddr>>,
    pub(crate) families: Vec<Spanned<Family>>,
    pub(crate) ports: Vec<PortDecl>,
    pub(crate) affinity: Option<u32>,
    pub(crate) external_traffic: Policy,
    pub(crate) internal_traffic: Policy,
    /// There is an `endpoint` statement.
    pub(crate) has_endpoints: bool,
}

/// A port as stated.
pub(crate) struct PortDecl {
    pub(crate) name: Option<String>,
    pub(crate) port: Port,
    pub(crate) target: Target,
    pub(crate) node_port: Option<Spanned<u16>>,
    pub(crate) span: Span,
    /// Endpoints stated in the service.
    pub(crate) endpoints: Vec<Endpoint>,
}

/// The port of the endpoints behind a service port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Number(u16),
    Name(Spanned<String>),
}

/// `service NAME { … }`
pub(super) fn read(
    item: &Item,
    nodes: &Nodes,
    faults: &mut Vec<Diagnostic>,
) -> Option<ServiceDecl> {
    let name = item.one::<&QualifiedName>("name")?.value.clone();
    let select = item.child("select").map(|item| {
        let labels = item.all::<&Pair>("label").map(|label| label.value.clone());
        Spanned::new(labels.collect(), item.span)
    });
    let addresses = item.children("ip").flat_map(|item| item.all("address"));
    let policy = |keyword| match item.child(keyword).and_then(|item| item.one::<&str>("policy")) {
        Some(policy) if policy.value == "local" => Policy::Local,
        _ => Policy::Cluster,
    };
    let mut service = ServiceDecl {
        kind: kind(item),
        select,
        addresses: per_family(addresses, Family::of, "addresses of one service", faults),
        families: families(item),
        ports: ports(item, faults),
        affinity: affinity(item.child("affinity"), faults),
        external_traffic: policy("external-traffic"),
        internal_traffic: policy("internal-traffic"),
        has_endpoints: item.child("endpoint").is_some(),
        span: item.span,
        name,
    };
    endpoints(item, &mut service, nodes, faults);
    report_contradictions(item, &service, faults);
    service.ports.sort_by(|a, b| (&a.name, a.port.protocol).cmp(&(&b.name, b.port.protocol)));
    Some(service)
}

fn kind(item: &Item) -> ServiceKind {
    match item.child("type").and_then(|item| item.one::<&str>("type")) {
        Some(kind) if kind.value == "node-port" => ServiceKind::NodePort,
        Some(kind) if kind.value == "headless" => ServiceKind::Headless,
        _ => ServiceKind::ClusterIp,
    }
}

fn families(item: &Item) -> Vec<Spanned<Family>> {
    let words = item.children("families").flat_map(|item| item.all::<&str>("family"));
    words
        .map(|word| word.map(|word| if word == "ipv6" { Family::V6 } else { Family::V4 }))
        .collect()
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

/// `port [NAME] PORT [-> TARGET] [node-port NUMBER]`
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
        span: item.span,
        endpoints: Vec::new(),
    })
}

/// `endpoint [PORT] ADDRESS:PORT [on NODE]`, put with the port it belongs to.
fn endpoints(item: &Item, service: &mut ServiceDecl, nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    for item in item.children("endpoint") {
        let Some(address) = item.one::<SocketAddr>("endpoint") else { continue };
        let node = item.one::<&str>("node").and_then(|name| nodes.find(name, faults));
        let name = item.one::<&str>("port");
        let endpoint = Endpoint { address: address.value, node, span: item.span };
        let port = match (name, service.ports.as_mut_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), ports) => {
                ports.iter_mut().find(|port| port.name.as_deref() == Some(name.value))
            }
        };
        if let Some(port) = port {
            match port.endpoints.iter().find(|other| other.address == endpoint.address) {
                Some(other) => {
                    faults.push(fault::duplicate_endpoint(address.value, item.span, other.span));
                }
                None => port.endpoints.push(endpoint),
            }
        } else if !service.ports.is_empty() {
            let known = service.ports.iter().filter_map(|port| port.name.as_deref());
            faults.push(fault::endpoint_without_port(name, item.span, known));
        }
    }
}

/// Statements that cannot both hold.
fn report_contradictions(item: &Item, service: &ServiceDecl, faults: &mut Vec<Diagnostic>) {
    let name = &service.name;
    let headless = service.kind == ServiceKind::Headless;
    if service.ports.is_empty() && !headless && item.child("port").is_none() {
        faults.push(fault::service_without_port(name, service.span));
    }
    if let (Some(select), Some(endpoint)) = (&service.select, item.child("endpoint")) {
        faults.push(fault::select_and_endpoints(name, endpoint.span, select.span));
    }
    if let (true, Some(ip)) = (headless, item.child("ip")) {
        faults.push(fault::headless_with_address(name, ip.span));
    }
    if service.kind != ServiceKind::NodePort {
        for number in service.ports.iter().filter_map(|port| port.node_port) {
            faults.push(fault::needs_node_port("node-port", number.span));
        }
        if let Some(item) = item.child("external-traffic") {
            faults.push(fault::needs_node_port("external-traffic", item.span));
        }
    }
    if item.child("endpoint").is_some() {
        let targets = item.children("port").filter_map(|item| item.given("target"));
        faults.extend(targets.map(|target| fault::target_with_endpoints(target.span)));
    }
    for (family, address) in service.addresses.iter() {
        let stated = &service.families;
        if !stated.is_empty() && stated.iter().all(|one| one.value != family) {
            let at = stated.first().map_or(service.span, |first| first.span);
            faults.push(fault::address_outside_families(family, address.span, at));
        }
    }
}
