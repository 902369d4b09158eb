//! Service objects, with the defaults and rules of the API server
//! (`pkg/apis/core/v1/defaults.go`, `pkg/apis/core/validation/validation.go`).

mod addresses;
mod checks;
mod ports;

use super::labels;
use super::object::Object;
use super::tree::Node;
use crate::model::stated::{Distribution, FamilyPolicy, Form, ServiceDecl};
use crate::model::{Policy, ServiceKind};
use netc_lang::{Pair, Spanned};

/// For how long a silent client stays with its endpoint if nothing is said, in seconds.
const AFFINITY: u32 = 10800;

/// The words for types. A headless service is a cluster-ip service without an address.
const TYPES: [(&str, ServiceKind); 4] = [
    ("ClusterIP", ServiceKind::ClusterIp),
    ("NodePort", ServiceKind::NodePort),
    ("LoadBalancer", ServiceKind::LoadBalancer),
    ("ExternalName", ServiceKind::ExternalName),
];

const POLICIES: [(&str, Policy); 2] = [("Cluster", Policy::Cluster), ("Local", Policy::Local)];

const FAMILY_POLICIES: [(&str, FamilyPolicy); 3] = [
    ("SingleStack", FamilyPolicy::Single),
    ("PreferDualStack", FamilyPolicy::PreferDual),
    ("RequireDualStack", FamilyPolicy::RequireDual),
];

const DISTRIBUTIONS: [(&str, Distribution); 3] = [
    ("PreferClose", Distribution::SameZone),
    ("PreferSameZone", Distribution::SameZone),
    ("PreferSameNode", Distribution::SameNode),
];

/// The `spec` of a service, and what decides which of its fields may stand there.
struct Spec<'a, 't> {
    node: &'a Node<'t>,
    kind: ServiceKind,
    /// `clusterIP: None`, whatever the type.
    headless: bool,
}

/// Reads a service.
pub(super) fn read(object: &mut Object<'_, '_>) -> Option<ServiceDecl> {
    let root = object.root;
    let Some(node) = object.map(root, "spec") else {
        object.missing(root, "spec", "write its ports and what it selects");
        return None;
    };
    let kind = object.choice(node, "type", &TYPES).map_or(ServiceKind::ClusterIp, |(_, kind)| kind);
    let headless = node.get("clusterIP").and_then(Node::text) == Some("None");
    let spec = Spec { node, kind, headless };
    checks::report(object, &spec);
    let policy = |object: &mut Object<'_, '_>, key| {
        object.choice(node, key, &POLICIES).map_or(Policy::Cluster, |(_, policy)| policy)
    };
    let family_policy = object.choice(node, "ipFamilyPolicy", &FAMILY_POLICIES);
    let affinity = affinity(object, node);
    let distribution = object.choice(node, "trafficDistribution", &DISTRIBUTIONS);
    let host = object.text(node, "externalName");
    let shown =
        if headless && kind == ServiceKind::ClusterIp { ServiceKind::Headless } else { kind };
    Some(ServiceDecl {
        name: object.qualified(),
        span: object.named_at(),
        form: Form::Kubernetes,
        kind: shown,
        select: select(object, node),
        addresses: addresses::cluster(object, &spec),
        families: addresses::families(object, &spec),
        family_policy: family_policy.map(|(node, policy)| Spanned::new(policy, node.span)),
        ports: ports::read(object, &spec),
        affinity,
        external_traffic: policy(object, "externalTrafficPolicy"),
        internal_traffic: policy(object, "internalTrafficPolicy"),
        load_balancer_ips: addresses::load_balancer(object, &spec),
        load_balancer_class: addresses::class(object, &spec),
        requested_ip: addresses::requested(object, &spec),
        source_ranges: addresses::source_ranges(object, node),
        external_ips: addresses::external(object, node),
        health_check_node_port: object.port_or_none(node, "healthCheckNodePort"),
        allocate_node_ports: object.switch(node, "allocateLoadBalancerNodePorts").unwrap_or(true),
        distribution: distribution.map(|(_, distribution)| distribution),
        publish_not_ready: object.switch(node, "publishNotReadyAddresses").unwrap_or_default(),
        has_endpoints: false,
        shared_portals: false,
        host: host
            .filter(|_| kind == ServiceKind::ExternalName)
            .map(|(node, host)| Spanned::new(host.to_owned(), node.span)),
    })
}

/// What it selects; an empty selector selects nothing, and means that there is none.
fn select(object: &mut Object<'_, '_>, spec: &Node<'_>) -> Option<Spanned<Vec<Pair>>> {
    let pairs = labels::read(object, spec, "selector");
    let at = spec.get("selector")?.span;
    (!pairs.is_empty()).then(|| Spanned::new(pairs, at))
}

/// `sessionAffinity` and its timeout.
fn affinity(object: &mut Object<'_, '_>, spec: &Node<'_>) -> Option<u32> {
    let choices = [("None", false), ("ClientIP", true)];
    let wanted = object.choice(spec, "sessionAffinity", &choices).is_some_and(|(_, one)| one);
    let config = object.map(spec, "sessionAffinityConfig");
    if !wanted {
        if let Some(config) = config {
            let help = "remove it, or write `sessionAffinity: ClientIP`";
            object.contradiction(config, "needs `sessionAffinity: ClientIP`", help);
        }
        return None;
    }
    let client = config.and_then(|config| object.map(config, "clientIP"));
    let timeout = client.and_then(|client| object.bounded(client, "timeoutSeconds", (1, 86400)));
    Some(timeout.map_or(AFFINITY, |(_, seconds)| seconds))
}
