//! A network namespace: who is in it, and what it has.

use super::Card;
use crate::graph::Ordered;
use crate::model::{Node, Published};
use crate::object::{Link, LinkKind, Netns, Peer, Route, State, Text};
use serde_json::{Value, json};

/// A network namespace.
pub(super) struct Space<'s> {
    /// Its name; none for the node's own.
    pub(super) name: Option<String>,
    /// Whom it belongs to, and what that means.
    pub(super) owner: (&'s str, &'s str),
    /// Who else is in it.
    pub(super) members: Vec<&'s str>,
}

impl Space<'_> {
    /// Shows it with its devices, addresses and routes.
    pub(super) fn show(&self, node: &Node, ordered: &Ordered, card: &mut Card) {
        let (owner, means) = self.owner;
        let name = self.name.as_deref().unwrap_or("the node's own");
        card.row("namespace", name);
        card.row("owner", format!("{owner}: {means}"));
        if !self.members.is_empty() {
            card.row("in it", self.members.join(", "));
        }
        card.field("namespace", json!(self.name));
        card.field("owner", json!(owner));
        card.field("members", json!(self.members));
        match &self.name {
            Some(name) => within(name, ordered, card),
            None => {
                let own = || node.addresses.iter();
                own().for_each(|own| card.row("address", own.address.to_string()));
                let all: Vec<String> = own().map(|own| own.address.to_string()).collect();
                card.field("addresses", json!(all));
            }
        }
    }
}

/// What a named namespace has.
fn within(name: &str, ordered: &Ordered, card: &mut Card) {
    let name: Text = name.into();
    let here = Netns::Named(name);
    let states = || ordered.nodes.iter().map(|node| &node.object.state);
    let (mut devices, mut addresses, mut routes) = (Vec::new(), Vec::new(), Vec::new());
    for state in states() {
        match state {
            State::Link(link) => {
                if let LinkKind::Veth(peer) = &link.kind
                    && peer.netns == here
                {
                    devices.push(device(link, peer, states(), card));
                }
            }
            State::Address(address) if address.netns == here => {
                addresses.push(address.address.to_string());
            }
            State::Route(route) if route.netns == here => routes.push(route),
            _ => {}
        }
    }
    if devices.is_empty() {
        card.row("device", "lo and no other");
    }
    addresses.iter().for_each(|address| card.row("address", address.as_str()));
    routes.iter().for_each(|route| card.row("route", said(route)));
    card.field("devices", json!(devices));
    card.field("addresses", json!(addresses));
    card.field("routes", routes.iter().map(|route| as_json(route)).collect());
}

/// A device within, and how it is joined to the node.
fn device<'s>(
    link: &Link,
    peer: &Peer,
    states: impl Iterator<Item = &'s State>,
    card: &mut Card,
) -> Value {
    let mut ports = states.filter_map(|state| match state {
        State::Port(port) if port.link == link.name => Some(port.bridge.to_string()),
        _ => None,
    });
    let bridge = ports.next();
    let end = match &bridge {
        Some(bridge) => format!("{} in the bridge {bridge}", link.name),
        None => link.name.to_string(),
    };
    let (mac, mtu) = (peer.mac.to_string(), link.mtu);
    card.row("device", format!("{}, {mac}, MTU {mtu}; the node's end is {end}", peer.name));
    json!({
        "name": peer.name.to_string(), "mac": mac, "mtu": mtu,
        "peer": link.name.to_string(), "bridge": bridge,
    })
}

/// A route in the words of ip-route(8).
fn said(route: &Route) -> String {
    let mut out = match route.destination.prefix_len() {
        0 => "default".to_owned(),
        _ => route.destination.to_string(),
    };
    if let Some(gateway) = route.gateway {
        out.push_str(&format!(" via {gateway}"));
    }
    if let Some(link) = &route.link {
        out.push_str(&format!(" dev {link}"));
    }
    out
}

fn as_json(route: &Route) -> Value {
    json!({
        "destination": route.destination.to_string(),
        "gateway": route.gateway.map(|gateway| gateway.to_string()),
        "device": route.link.as_ref().map(ToString::to_string),
    })
}

/// Shows ports of the node that lead into a namespace.
pub(super) fn published<'p>(all: impl Iterator<Item = &'p Published>, card: &mut Card) {
    let all: Vec<&Published> = all.collect();
    all.iter().for_each(|one| card.row("published", at(one)));
    let published = all.iter().map(|one| {
        json!({
            "address": one.address.map(|address| address.to_string()),
            "port": one.port, "target": one.target.to_string(),
        })
    });
    card.field("published", published.collect());
}

/// A published port and where it leads: `127.0.0.1:8080 -> 80/tcp`.
pub(super) fn at(published: &Published) -> String {
    let (port, target) = (published.port, published.target);
    match published.address {
        Some(address) if address.is_ipv6() => format!("[{address}]:{port} -> {target}"),
        Some(address) => format!("{address}:{port} -> {target}"),
        None => format!("{port} -> {target}"),
    }
}
