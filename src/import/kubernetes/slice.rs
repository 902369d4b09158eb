//! EndpointSlice objects.

use super::object::Object;
use super::pod::PROTOCOLS;
use super::shared::Shared;
use super::tree::Node;
use super::value::{Wrong, label, plain_address, subdomain, zone};
use crate::model::stated::{SliceDecl, SliceEndpoint, SlicePort};
use crate::model::{Conditions, Family, Hints};
use netc_lang::{Protocol, QualifiedName, Spanned, code};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The label that names the service of a slice.
const SERVICE: &str = "kubernetes.io/service-name";

/// The API server takes no more in one slice.
const MAX_ENDPOINTS: usize = 1000;

/// The words for families of addresses; `None` stands for host names.
const ADDRESS_TYPES: [(&str, Option<Family>); 3] =
    [("IPv4", Some(Family::V4)), ("IPv6", Some(Family::V6)), ("FQDN", None)];

/// What comes of an EndpointSlice.
pub(super) enum Found {
    Slice(SliceDecl),
    /// kube-proxy ignores it, for this reason.
    Ignored(&'static str),
    /// It is at fault.
    Nothing,
}

/// Reads a slice.
pub(super) fn read(object: &mut Object<'_, '_>, shared: &mut Shared) -> Found {
    let root = object.root;
    let labels = root.get("metadata").and_then(|metadata| metadata.get("labels"));
    let Some(service) = labels.and_then(|labels| labels.get(SERVICE)) else {
        return Found::Ignored("EndpointSlice without a service");
    };
    let Some(service) = object.as_text(service).filter(|service| !service.is_empty()) else {
        return Found::Ignored("EndpointSlice without a service");
    };
    if root.get("addressType").is_none() {
        object.missing(root, "addressType", "write `IPv4` or `IPv6`");
        return Found::Nothing;
    }
    let family = match object.choice(root, "addressType", &ADDRESS_TYPES) {
        Some((_, Some(family))) => family,
        Some((_, None)) => return Found::Ignored("EndpointSlice of host names"),
        None => return Found::Nothing,
    };
    let namespace = object.namespace.unwrap_or_default().to_owned();
    Found::Slice(SliceDecl {
        name: object.name.to_owned(),
        service: QualifiedName { namespace, name: service.to_owned() },
        span: object.named_at(),
        legacy: false,
        ports: ports(object, root),
        endpoints: endpoints(object, family, shared),
    })
}

/// The ports of a slice, or of a subset of an Endpoints object. One without a number stands for
/// all ports, which kube-proxy ignores.
pub(super) fn ports(object: &mut Object<'_, '_>, parent: &Node<'_>) -> Vec<SlicePort> {
    let mut all = Vec::new();
    let mut names = BTreeSet::new();
    for entry in object.list(parent, "ports") {
        if !object.is_map(entry) {
            continue;
        }
        let protocol = object.choice(entry, "protocol", &PROTOCOLS);
        let name = object.text(entry, "name");
        let own = name.and_then(|(node, _)| object.value(node, label).map(|_| node));
        if name.is_some() && own.is_none() {
            continue;
        }
        let Some(number) = object.port_or_none(entry, "port") else { continue };
        let name = name.map_or("", |(_, name)| name);
        if let (Some(node), false) = (own, names.insert(name)) {
            object.wrong(node, Wrong::new("names two ports", "rename one of them"));
            continue;
        }
        let protocol = protocol.map_or(Protocol::Tcp, |(_, protocol)| protocol);
        all.push(SlicePort { name: name.to_owned(), protocol, number: number.value });
    }
    all
}

fn endpoints(
    object: &mut Object<'_, '_>,
    family: Family,
    shared: &mut Shared,
) -> Vec<SliceEndpoint> {
    let root = object.root;
    let list = object.list(root, "endpoints");
    if let (true, Some(node)) = (list.len() > MAX_ENDPOINTS, root.get("endpoints")) {
        let why = format!("{} endpoints are more than {MAX_ENDPOINTS}", list.len());
        object.report(code::BAD_FIELD_VALUE, node, why, "divide them among several slices");
    }
    let mut all = Vec::with_capacity(list.len());
    for entry in list {
        if !object.is_map(entry) {
            continue;
        }
        let Some(address) = addresses(object, entry, family) else { continue };
        all.push(SliceEndpoint {
            address: address.value,
            node: node(object, entry, shared),
            conditions: conditions(object, entry),
            hints: hints(object, entry, shared),
            span: address.span,
        });
    }
    all
}

/// The first address: the others mean the same endpoint.
fn addresses(
    object: &mut Object<'_, '_>,
    entry: &Node<'_>,
    family: Family,
) -> Option<Spanned<IpAddr>> {
    let list = object.list(entry, "addresses");
    if entry.lacks("addresses") {
        object.missing(entry, "addresses", "write the endpoint's address, or remove the endpoint");
    }
    let mut first = None;
    for node in list {
        let address = object.value(node, |text| {
            let address = plain_address(text)?;
            if Family::of(address) == family {
                return Ok(address);
            }
            let why = format!("is not an {family} address");
            Err(Wrong::new(why, "put it into a slice of its own `addressType`"))
        });
        first = first.or(address);
    }
    first
}

/// `nodeName`
pub(super) fn node(
    object: &mut Object<'_, '_>,
    entry: &Node<'_>,
    shared: &mut Shared,
) -> Option<Arc<str>> {
    let (node, _) = object.text(entry, "nodeName")?;
    object.value(node, |name| shared.nodes.get(name, subdomain)).map(|name| name.value)
}

/// What is not said is well: ready, serving, not terminating.
fn conditions(object: &mut Object<'_, '_>, entry: &Node<'_>) -> Conditions {
    let Some(stated) = object.map(entry, "conditions") else { return Conditions::default() };
    Conditions {
        ready: object.switch(stated, "ready").unwrap_or(true),
        serving: object.switch(stated, "serving").unwrap_or(true),
        terminating: object.switch(stated, "terminating").unwrap_or(false),
    }
}

fn hints(object: &mut Object<'_, '_>, entry: &Node<'_>, shared: &mut Shared) -> Option<Arc<Hints>> {
    let stated = object.map(entry, "hints")?;
    let mut hints = Hints::default();
    for one in object.list(stated, "forZones") {
        let Some((node, _)) = object.text(one, "name") else { continue };
        let name = object.value(node, |name| shared.zones.get(name, zone));
        hints.zones.extend(name.map(|name| name.value));
    }
    for one in object.list(stated, "forNodes") {
        let Some((node, _)) = object.text(one, "name") else { continue };
        let name = object.value(node, |name| shared.nodes.get(name, subdomain));
        hints.nodes.extend(name.map(|name| name.value));
    }
    (hints != Hints::default()).then(|| shared.hints(hints))
}
