//! Fields that may stand only in services of some types.

use super::{POLICIES, Spec};
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::{Wrong, host_name, network};
use crate::model::stated::FamilyPolicy;
use crate::model::{Policy, ServiceKind};
use netc_lang::code;

/// The older place of `loadBalancerSourceRanges`. kube-proxy does not read it, but the API server
/// checks it.
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

/// Reports the fields that the type of the service does not allow.
pub(super) fn report(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) {
    if spec.kind == ServiceKind::ExternalName {
        external_name(object, spec);
    }
    if spec.headless
        && spec.kind.has_node_ports()
        && let Some(node) = spec.node.get("clusterIP")
    {
        let why = "a service without address is of type ClusterIP";
        object.contradiction(node, why, "remove `clusterIP: None`, or write `type: ClusterIP`");
    }
    families(object, spec);
    load_balancer(object, spec);
    external_traffic(object, spec);
}

/// Another name: it has no address.
fn external_name(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) {
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        let Some(node) = spec.node.get(key) else { continue };
        if node.text() != Some("") && !(node.text().is_none() && node.elements().is_empty()) {
            let why = "says nothing for a service of type ExternalName";
            object.contradiction(node, why, "remove it");
        }
    }
    match object.text(spec.node, "externalName") {
        Some((node, _)) => {
            object.value(node, host_name);
        }
        None => object.missing(spec.node, "externalName", "write the name that it stands for"),
    }
}

/// One family cannot hold two.
fn families(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) {
    let policy = spec.node.get("ipFamilyPolicy");
    let single = super::FAMILY_POLICIES.iter().find(|(_, one)| *one == FamilyPolicy::Single);
    if policy.and_then(Node::text) != single.map(|(word, _)| *word) {
        return;
    }
    for key in ["clusterIPs", "ipFamilies"] {
        let list = spec.node.get(key).map(Node::elements).unwrap_or_default();
        if let Some(node) = list.get(1) {
            let why = "is a second one beside `ipFamilyPolicy: SingleStack`";
            let help = "remove it, or write `ipFamilyPolicy: PreferDualStack`";
            object.contradiction(node, why, help);
        }
    }
}

/// What only load balancers have.
fn load_balancer(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) {
    let metadata = object.root.get("metadata");
    let annotations = metadata.and_then(|metadata| object.map(metadata, "annotations"));
    let ranges = annotations.and_then(|annotations| annotations.get(SOURCE_RANGES));
    if let Some(node) = ranges {
        object.value(node, |text| {
            let ranges = text.trim().split(',').map(str::trim).filter(|range| !range.is_empty());
            ranges.map(network).collect::<Result<Vec<_>, Wrong>>()
        });
    }
    if spec.kind == ServiceKind::LoadBalancer {
        return;
    }
    let keys = ["loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts"];
    let fields = keys.into_iter().filter_map(|key| spec.node.get(key)).chain(ranges);
    let empty = |node: &&Node<'_>| match node.text() {
        Some(text) => text.trim().is_empty(),
        None => matches!(&node.kind, crate::import::tree::Kind::List(list) if list.is_empty()),
    };
    let fields: Vec<&Node<'_>> = fields.filter(|node| !empty(node)).collect();
    for node in fields {
        let help = "remove it, or write `type: LoadBalancer`";
        object.contradiction(node, "needs a service of type LoadBalancer", help);
    }
}

/// What only services have that can be reached from outside.
fn external_traffic(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) {
    let external = spec.node.get("externalIPs").is_some_and(|node| !node.elements().is_empty());
    let outside = spec.kind.has_node_ports() || (spec.kind == ServiceKind::ClusterIp && external);
    let policy = spec.node.get("externalTrafficPolicy").filter(|node| node.text() != Some(""));
    if let (Some(node), false) = (policy, outside) {
        let why = "needs a service that can be reached from outside the cluster";
        let help = "remove it, or write `type: NodePort`";
        object.contradiction(node, why, help);
    }
    let word = policy.and_then(Node::text);
    let local = POLICIES.iter().any(|(one, kind)| *kind == Policy::Local && Some(*one) == word);
    let checked = spec.kind == ServiceKind::LoadBalancer && local;
    let port = spec.node.get("healthCheckNodePort");
    let port = port.filter(|node| !matches!(node.kind, crate::import::tree::Kind::Number(0)));
    if let (Some(node), false) = (port, checked) {
        let why = "needs `type: LoadBalancer` and `externalTrafficPolicy: Local`";
        object.report(code::CONTRADICTING_FIELDS, node, why, "remove it");
    }
}
