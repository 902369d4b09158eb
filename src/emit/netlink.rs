//! The netlink operations of a node, for machines: `netlink.json`.
//!
//! Version 1 of the schema: an object with `version`, `node` and `operations`, an array in the
//! order in which they are carried out. Each operation has a `kind`; `netns` is missing for the
//! node's own namespace.

use super::ip::family_name;
use crate::object::{
    Address, Flush, Link, LinkKind, MAIN_TABLE, Netns, PolicyAction, PolicyRule, Port, Route,
    RouteKind, RouteScope, State, Vxlan, Wireguard, WireguardPeer,
};
use serde_json::{Map, Value, json};

/// The version of the schema.
const VERSION: u32 = 1;

/// The file; empty if there are no operations. Each operation stands on a line, so that a change
/// shows as a change of lines.
#[must_use]
pub fn operations<'a>(node: &str, states: impl Iterator<Item = &'a State>) -> String {
    let lines: Vec<String> =
        states.filter_map(operation).map(|operation| format!("    {operation}")).collect();
    if lines.is_empty() {
        return String::new();
    }
    let name = Value::from(node);
    let list = lines.join(",\n");
    format!(
        "{{\n  \"version\": {VERSION},\n  \"node\": {name},\n  \"operations\": [\n{list}\n  ]\n}}\n"
    )
}

/// The operation that makes an object, if it is made by netlink.
pub(crate) fn operation(state: &State) -> Option<Value> {
    let (netns, operation) = match state {
        State::Netns(netns) => (&Netns::Node, json!({ "kind": "netns", "name": *netns.name })),
        State::Link(link) => (&link.netns, self::link(link)),
        State::Port(port) => (&port.netns, self::port(port)),
        State::Wireguard(device) => (&device.netns, wireguard(device)),
        State::WireguardPeer(peer) => (&peer.netns, self::peer(peer)),
        State::Address(address) => (&address.netns, self::address(address)),
        State::Up(up) => (&up.netns, json!({ "kind": "up", "link": *up.link })),
        State::Neighbour(neighbour) => (
            &neighbour.netns,
            json!({
                "kind": "neighbour", "link": *neighbour.link, "address": neighbour.address,
                "mac": neighbour.mac.to_string(), "state": "permanent",
            }),
        ),
        State::Fdb(fdb) => (
            &fdb.netns,
            json!({
                "kind": "fdb", "link": *fdb.link, "mac": fdb.mac.to_string(),
                "destination": fdb.destination, "state": "permanent", "flags": "self",
            }),
        ),
        State::Route(route) => (&route.netns, self::route(route)),
        State::PolicyRule(rule) => (&rule.netns, policy_rule(rule)),
        State::Flush(flush) => (&Netns::Node, self::flush(flush)),
        State::Underlay(_)
        | State::Module(_)
        | State::Sysctl(_)
        | State::Set(_)
        | State::Virtual(_)
        | State::Balancer(_)
        | State::NftTable(_)
        | State::Ruleset(_)
        | State::Jump(_) => {
            return None;
        }
    };
    Some(within(netns, operation))
}

/// That it is not isolated goes without saying, and that it is in no vlan of its own.
fn port(port: &Port) -> Value {
    let (link, bridge) = (&*port.link, &*port.bridge);
    let mut all =
        json!({ "kind": "port", "link": link, "bridge": bridge, "hairpin": port.hairpin });
    if let (true, Value::Object(fields)) = (port.isolated, &mut all) {
        fields.insert("isolated".to_owned(), true.into());
    }
    if let (Some(vlan), Value::Object(fields)) = (port.vlan, &mut all) {
        fields.insert("vlan".to_owned(), vlan.into());
    }
    all
}

/// That the kernel makes the route to its network goes without saying.
fn address(address: &Address) -> Value {
    let mut all = json!({ "kind": "address", "link": *address.link, "address": address.address });
    if let (false, Value::Object(fields)) = (address.routed, &mut all) {
        fields.insert("routed".to_owned(), false.into());
    }
    if let (true, Value::Object(fields)) = (address.held, &mut all) {
        fields.insert("held".to_owned(), true.into());
    }
    all
}

/// What goes without saying is missing: the main table, a unicast route, the global scope.
fn route(route: &Route) -> Value {
    let kind = Some(route.kind).filter(|kind| *kind != RouteKind::Unicast);
    let scope = Some(route.scope).filter(|scope| *scope != RouteScope::Global);
    stated(json!({
        "kind": "route",
        "type": kind.map(RouteKind::word),
        "table": Some(route.table).filter(|table| *table != MAIN_TABLE),
        "destination": route.destination,
        "gateway": route.gateway,
        "link": route.link.as_deref(),
        "onlink": route.onlink,
        "scope": scope.map(RouteScope::word),
        "source": route.source,
        "protocol": route.protocol,
    }))
}

/// What a rule does not ask for is missing.
fn policy_rule(rule: &PolicyRule) -> Value {
    let not = rule.not.then_some(true);
    let (table, goto) = match rule.action {
        PolicyAction::Table(table) => (Some(table), None),
        PolicyAction::Goto(priority) => (None, Some(priority)),
        _ => (None, None),
    };
    stated(json!({
        "kind": "policy-rule",
        "family": family_name(rule.family),
        "priority": rule.priority,
        "not": not,
        "from": rule.from,
        "to": rule.to,
        "iif": rule.iif.as_deref(),
        "oif": rule.oif.as_deref(),
        "mark": rule.mark.map(|(value, _)| value),
        "mask": rule.mark.map(|(_, mask)| mask),
        "action": rule.action.word(),
        "table": table,
        "goto": goto,
        "protocol": rule.protocol,
    }))
}

/// Only the fields that say something.
fn stated(all: Value) -> Value {
    match all {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        all => all,
    }
}

/// The destination is missing where any will do.
fn flush(flush: &Flush) -> Value {
    let mut all = json!({
        "kind": "conntrack-flush", "family": family_name(flush.family), "protocol": "udp",
        "destination": flush.destination, "port": flush.port, "keep": flush.keep,
    });
    if let (None, Value::Object(fields)) = (flush.destination, &mut all) {
        fields.shift_remove("destination");
    }
    all
}

fn link(link: &Link) -> Value {
    let mut all = json!({ "kind": "link", "name": *link.name });
    let mut set = |key: &str, value: Value| {
        if let Value::Object(fields) = &mut all {
            fields.insert(key.to_owned(), value);
        }
    };
    if let Some(mac) = link.mac {
        set("mac", mac.to_string().into());
    }
    set("mtu", link.mtu.into());
    set("alias", Value::from(&*link.alias));
    if link.promiscuous {
        set("promiscuous", true.into());
    }
    match &link.kind {
        LinkKind::Bridge { vlan_filtering } => {
            set("type", "bridge".into());
            if *vlan_filtering {
                set("vlan_filtering", true.into());
            }
        }
        LinkKind::Dummy => set("type", "dummy".into()),
        LinkKind::Other(kind) => set("type", Value::from(&**kind)),
        LinkKind::Veth(peer) => {
            set("type", "veth".into());
            let other = json!({ "name": *peer.name, "mac": peer.mac.to_string(), "mtu": link.mtu });
            set("peer", within(&peer.netns, other));
        }
        LinkKind::Vxlan(vxlan) => {
            set("type", "vxlan".into());
            set("vxlan", self::vxlan(vxlan));
        }
        LinkKind::Ipip { local } => {
            set("type", "ipip".into());
            set("ipip", json!({ "local": local }));
        }
        LinkKind::Wireguard => set("type", "wireguard".into()),
        LinkKind::Tun => set("type", "tun".into()),
    }
    all
}

/// That packets carry their mark is said only of a device where they do.
fn vxlan(vxlan: &Vxlan) -> Value {
    let Vxlan { vni, port, local, device, learning, gbp } = vxlan;
    let mut all = json!({
        "id": vni, "port": port, "local": local, "link": **device, "learning": learning,
    });
    if let (true, Value::Object(fields)) = (*gbp, &mut all) {
        fields.insert("gbp".into(), true.into());
    }
    all
}

/// Of keys that are secret only the files.
fn wireguard(device: &Wireguard) -> Value {
    stated(json!({
        "kind": "wireguard", "link": *device.link, "port": device.port,
        "public-key": device.public_key.map(|key| key.to_string()),
        "private-key-file": device.private_key_file.0.as_deref(),
    }))
}

fn peer(peer: &WireguardPeer) -> Value {
    stated(json!({
        "kind": "wireguard-peer", "link": *peer.link, "public-key": peer.public_key.to_string(),
        "endpoint": peer.endpoint, "allowed": peer.allowed, "keepalive": peer.keepalive,
        "preshared-key-file": peer.preshared_key_file.as_ref().map(|file| &*file.0),
    }))
}

/// Says where an operation takes place, right behind what it is.
pub(crate) fn within(netns: &Netns, operation: Value) -> Value {
    match (netns, operation) {
        (Netns::Named(name), Value::Object(fields)) => {
            let mut all = Map::new();
            for (key, value) in fields {
                let first = all.is_empty();
                all.insert(key, value);
                if first {
                    all.insert("netns".to_owned(), Value::from(&**name));
                }
            }
            Value::Object(all)
        }
        (_, operation) => operation,
    }
}
