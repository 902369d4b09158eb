//! The addresses of a service: its own, those of its load balancer, and further ones.

use super::Spec;
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::{Wrong, network, plain_address};
use crate::model::stated::LoadBalancerIp;
use crate::model::{Family, PerFamily, ServiceKind};
use ipnet::IpNet;
use netc_lang::Spanned;
use std::net::IpAddr;

/// The words for families.
const FAMILIES: [(&str, Family); 2] = [("IPv4", Family::V4), ("IPv6", Family::V6)];

/// `clusterIPs`, or `clusterIP` alone. None are stated if it is headless, or if the cluster is to
/// choose.
pub(super) fn cluster(
    object: &mut Object<'_, '_>,
    spec: &Spec<'_, '_>,
) -> PerFamily<Spanned<IpAddr>> {
    let mut all = PerFamily::default();
    let single = object.text(spec.node, "clusterIP");
    let list = object.list(spec.node, "clusterIPs");
    let first = list.first().and_then(Node::text);
    match (single, first) {
        (None, Some(_)) => {
            let why = "must be empty where `clusterIP` is";
            let help = "write the first of them as `clusterIP` too";
            object.contradiction(spec.node.get("clusterIPs").unwrap_or(spec.node), why, help);
        }
        (Some((node, own)), Some(other)) if own != other => {
            let why = format!("`clusterIPs` begins with `{other}`");
            object.contradiction(node, why, "the first of `clusterIPs` must be `clusterIP`");
        }
        _ => {}
    }
    if spec.kind == ServiceKind::ExternalName {
        return all;
    }
    if let (Some(third), true) = (list.get(2), list.len() > 2) {
        object.wrong(third, Wrong::new("is one too many", "there is one for each family"));
    }
    let single = single.map(|(node, _)| node).filter(|_| list.is_empty());
    for (place, node) in list.iter().take(2).chain(single).enumerate() {
        if node.text() == Some("None") {
            if place > 0 || list.len() > 1 {
                object.contradiction(node, "`None` stands alone", "remove the other one");
            }
            continue;
        }
        let Some(address) = object.address(node) else { continue };
        if all.insert(Family::of(address.value), address).is_some() {
            object.wrong(node, Wrong::new("is a second one of its family", "remove one of them"));
        }
    }
    report_strangers(object, spec, &all);
    all
}

/// The n-th address must be of the n-th family that is stated.
fn report_strangers(
    object: &mut Object<'_, '_>,
    spec: &Spec<'_, '_>,
    addresses: &PerFamily<Spanned<IpAddr>>,
) {
    let families = spec.node.get("ipFamilies").map(Node::elements).unwrap_or_default();
    let list = spec.node.get("clusterIPs").map(Node::elements).unwrap_or_default();
    let single = spec.node.get("clusterIP").filter(|_| list.is_empty());
    for (node, family) in list.iter().chain(single).zip(families) {
        let stated = addresses.values().find(|address| address.span == node.span);
        let Some((address, family)) = stated.zip(family.text()) else { continue };
        let own = Family::of(address.value);
        if family != own.to_string() && FAMILIES.iter().any(|(word, _)| *word == family) {
            let why = format!("is an {own} address, but `ipFamilies` has {family} in its place");
            object.contradiction(node, why, "put both in the same order");
        }
    }
}

/// `ipFamilies`
pub(super) fn families(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) -> Vec<Spanned<Family>> {
    let mut all: Vec<Spanned<Family>> = Vec::new();
    for node in object.list(spec.node, "ipFamilies") {
        let family = object.value(node, |text| {
            let known = FAMILIES.iter().find(|(word, _)| *word == text);
            known
                .map(|(_, family)| *family)
                .ok_or_else(|| Wrong::new("is not a family", "families are `IPv4` and `IPv6`"))
        });
        let Some(family) = family else { continue };
        if all.iter().any(|other| other.value == family.value) {
            object.wrong(node, Wrong::new("stands twice", "remove one of them"));
        } else {
            all.push(family);
        }
    }
    all
}

/// `status.loadBalancer.ingress`: the addresses; host names are for name servers. Services of
/// other types have no such status: the API server clears it.
pub(super) fn load_balancer(
    object: &mut Object<'_, '_>,
    spec: &Spec<'_, '_>,
) -> Vec<LoadBalancerIp> {
    if spec.kind != ServiceKind::LoadBalancer {
        return Vec::new();
    }
    let Some(status) = object.map(object.root, "status") else { return Vec::new() };
    let Some(balancer) = object.map(status, "loadBalancer") else { return Vec::new() };
    let mut all = Vec::new();
    for entry in object.list(balancer, "ingress") {
        if !object.is_map(entry) {
            continue;
        }
        let modes = [("VIP", false), ("Proxy", true)];
        let proxy = object.choice(entry, "ipMode", &modes).is_some_and(|(_, proxy)| proxy);
        let Some((node, _)) = object.text(entry, "ip") else { continue };
        let address = object.address(node);
        all.extend(address.map(|address| LoadBalancerIp { address, proxy }));
    }
    all
}

/// `loadBalancerClass`: who looks after the load balancer, if it is not whoever usually does.
pub(super) fn class(object: &mut Object<'_, '_>, spec: &Spec<'_, '_>) -> Option<Spanned<String>> {
    let (node, class) = object.text(spec.node, "loadBalancerClass")?;
    let stated = spec.kind == ServiceKind::LoadBalancer && !class.is_empty();
    stated.then(|| Spanned::new(class.to_owned(), node.span))
}

/// `loadBalancerIP`: the address that it asks for.
pub(super) fn requested(
    object: &mut Object<'_, '_>,
    spec: &Spec<'_, '_>,
) -> Option<Spanned<IpAddr>> {
    if spec.kind != ServiceKind::LoadBalancer {
        return None;
    }
    let (node, text) = object.text(spec.node, "loadBalancerIP")?;
    // The API server does not look into it.
    if text.is_empty() { None } else { object.address(node) }
}

/// `loadBalancerSourceRanges`, perhaps with blanks around.
pub(super) fn source_ranges(object: &mut Object<'_, '_>, spec: &Node<'_>) -> Vec<Spanned<IpNet>> {
    let mut all = Vec::new();
    for node in object.list(spec, "loadBalancerSourceRanges") {
        all.extend(object.value(node, |text| network(text.trim())));
    }
    all
}

/// `externalIPs`
pub(super) fn external(object: &mut Object<'_, '_>, spec: &Node<'_>) -> Vec<Spanned<IpAddr>> {
    let mut all = Vec::new();
    for node in object.list(spec, "externalIPs") {
        all.extend(object.value(node, plain_address));
    }
    all
}
