//! Routes, and rules of the routing policy.

use super::netns;
use crate::lower::Context;
use crate::model::{PlainAddress, PlainRoute, Primitives, Spot};
use crate::object::{Id, Netns, PROTOCOL, PolicyRule, Route, State, Text};
use std::net::IpAddr;

pub(super) fn lower(cx: &mut Context, own: &Primitives) {
    for stated in &own.routes {
        let route = Route {
            netns: netns(stated.netns.as_ref().map(|netns| netns.value.as_str())),
            table: stated.table,
            kind: stated.kind,
            destination: stated.destination.value,
            gateway: stated.gateway.map(|gateway| gateway.value),
            link: stated.device.as_ref().map(|device| device.value.as_str().into()),
            onlink: stated.onlink,
            scope: stated.scope,
            source: stated.source.map(|source| source.value),
            protocol: PROTOCOL,
            after: after(cx, own, stated),
        };
        cx.objects.add(State::Route(route), stated.span);
    }
    for stated in &own.policy {
        let device = |name: &Option<netc_lang::Spanned<String>>| -> Option<Text> {
            name.as_ref().map(|name| name.value.as_str().into())
        };
        let rule = PolicyRule {
            netns: netns(stated.netns.as_ref().map(|netns| netns.value.as_str())),
            family: stated.family,
            priority: stated.priority.value,
            not: stated.not,
            from: stated.from.map(|from| from.value),
            to: stated.to.map(|to| to.value),
            iif: device(&stated.iif),
            oif: device(&stated.oif),
            mark: stated.mark.map(|mark| (mark.value.value, mark.value.mask)),
            action: stated.action,
            protocol: PROTOCOL,
        };
        cx.objects.add(State::PolicyRule(rule), stated.span);
    }
}

/// What must be there before a route: its device, up, the address that has the gateway in its
/// network, and its source; or the route that leads to the gateway.
fn after(cx: &Context, own: &Primitives, stated: &PlainRoute) -> Vec<Id> {
    let Some(device) = &stated.device else { return Vec::new() };
    let spot = Spot {
        netns: stated.netns.as_ref().map(|netns| netns.value.clone()),
        name: device.value.clone(),
    };
    let (netns, link) = super::place(&spot);
    let underlay = cx.node.addresses.iter().any(|own| own.device.as_deref() == Some(&*link));
    let mut all = match (&netns, &*link) {
        // It is up in every namespace of netc's own; the node's is not netc's business.
        (Netns::Node, "lo") => Vec::new(),
        (Netns::Node, _) if underlay => vec![Id::Underlay(Text::clone(&link))],
        _ => vec![Id::Up(netns.clone(), Text::clone(&link))],
    };
    let id = |one: &PlainAddress| {
        let (netns, link) = super::place(&one.on.value);
        Id::Address(netns, link, one.address)
    };
    let here = || own.addresses.iter().filter(|one| one.on.value.netns == spot.netns);
    let near = |to: IpAddr| here().find(|one| one.on.value == spot && one.address.contains(&to));
    if let Some(gateway) = stated.gateway {
        all.extend(near(gateway.value).map(id));
        all.extend(on_link(own, stated, gateway.value));
    }
    let source = stated.source.map(|source| source.value);
    all.extend(here().find(|one| Some(one.address.addr()) == source).map(id));
    all.dedup();
    all
}

/// The route without a gateway that leads to one.
fn on_link(own: &Primitives, stated: &PlainRoute, gateway: IpAddr) -> Option<Id> {
    let netns = |route: &PlainRoute| route.netns.as_ref().map(|netns| netns.value.clone());
    let leads = |other: &&PlainRoute| {
        other.gateway.is_none()
            && netns(other) == netns(stated)
            && other.device.as_ref().map(|one| &one.value)
                == stated.device.as_ref().map(|one| &one.value)
            && other.destination.value.contains(&gateway)
            && other.destination.value != stated.destination.value
    };
    let route = own.routes.iter().find(leads)?;
    let netns = super::netns(netns(route).as_deref());
    Some(Id::Route(netns, route.table, route.destination.value))
}
