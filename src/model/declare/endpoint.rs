//! `endpoint` statements of services.

use crate::model::stated::{EndpointDecl, ServiceDecl};
use crate::model::{Conditions, Hints, fault};
use netc_lang::{Diagnostic, Item, Spanned};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// `endpoint [PORT] ADDRESS:PORT [on NODE] { … }`, put with the port it belongs to.
pub(super) fn read(item: &Item, service: &mut ServiceDecl, faults: &mut Vec<Diagnostic>) {
    let mut seen = BTreeMap::new();
    for item in item.children("endpoint") {
        let Some(address) = item.one::<SocketAddr>("endpoint") else { continue };
        let name = item.one::<&str>("port");
        let wanted = name.map(|name| name.value);
        let place = match (wanted, service.ports.as_slice()) {
            (None, [_]) => Some(0),
            (None, _) => None,
            (wanted, ports) => ports.iter().position(|port| port.name.as_deref() == wanted),
        };
        let Some(place) = place else {
            if !service.ports.is_empty() {
                let known = service.ports.iter().filter_map(|port| port.name.as_deref());
                faults.push(fault::endpoint_without_port(name, item.span, known));
            }
            continue;
        };
        if let Some(earlier) = seen.insert((place, address.value), item.span) {
            faults.push(fault::duplicate_endpoint(address.value, item.span, earlier));
        } else if let Some(port) = service.ports.get_mut(place) {
            port.endpoints.push(endpoint(item, address.value));
        }
    }
}

fn endpoint(item: &Item, address: SocketAddr) -> EndpointDecl {
    let terminating = item.child("terminating").is_some();
    let switch = |keyword: &str, default: bool| {
        let stated = item.child(keyword).and_then(|item| item.one("switch"));
        stated.map_or(default, |switch: Spanned<bool>| switch.value)
    };
    EndpointDecl {
        address,
        node: item.one::<&str>("node").map(|node| node.map(Arc::from)),
        conditions: Conditions {
            ready: switch("ready", !terminating),
            serving: switch("serving", true),
            terminating,
        },
        hints: hints(item),
        weight: item.one("weight").map(|weight| weight.value),
        span: item.span,
    }
}

fn hints(item: &Item) -> Option<Arc<Hints>> {
    let all = |keyword: &str, field: &str| {
        let stated = item.children(keyword).flat_map(|item| item.all::<&str>(field));
        stated.map(|name| Arc::from(name.value)).collect()
    };
    let hints = Hints { zones: all("for-zones", "zone"), nodes: all("for-nodes", "node") };
    (hints != Hints::default()).then(|| Arc::new(hints))
}
