//! The devices in the node's own namespace, as `ip -br link` and `ip -br addr` show them.

use super::states;
use crate::graph::Ordered;
use crate::model::Node;
use crate::object::{Link, LinkKind, Netns, State};
use crate::show::table::{Cell, Table};

/// A row for each device.
pub(super) fn devices(node: &Node, ordered: &Ordered) -> Table {
    let mut table = Table::new(&[
        "device",
        "kind",
        "mac",
        "mtu",
        "master",
        "hairpin",
        "addresses",
        "for",
        "peer",
    ]);
    for state in states(ordered) {
        match state {
            State::Underlay(own) => {
                let addresses = node.addresses.iter();
                let addresses =
                    addresses.filter(|address| address.device.as_deref() == Some(&*own.name));
                let addresses: Vec<String> = addresses
                    .map(|own| match own.prefix {
                        Some(prefix) => format!("{}/{prefix}", own.address),
                        None => own.address.to_string(),
                    })
                    .collect();
                table.row([
                    own.name.to_string().into(),
                    "the node's".into(),
                    Cell::Nothing,
                    node.mtu.into(),
                    Cell::Nothing,
                    Cell::Nothing,
                    addresses.into(),
                    "other nodes".into(),
                    Cell::Nothing,
                ]);
            }
            State::Link(link) => ends(link, ordered, &mut table),
            _ => {}
        }
    }
    table
}

/// The ends of a device that are in the node's own namespace.
fn ends(link: &Link, ordered: &Ordered, table: &mut Table) {
    if link.netns == Netns::Node {
        let peer = match &link.kind {
            LinkKind::Veth(peer) => Some(format!("{}{}", peer.name, peer.netns)),
            _ => None,
        };
        row(link, (&link.name, link.mac.map(|mac| mac.to_string())), peer, ordered, table);
    }
    if let LinkKind::Veth(peer) = &link.kind
        && peer.netns == Netns::Node
    {
        let other = Some(format!("{}{}", link.name, link.netns));
        row(link, (&peer.name, Some(peer.mac.to_string())), other, ordered, table);
    }
}

fn row(
    link: &Link,
    (name, mac): (&str, Option<String>),
    peer: Option<String>,
    ordered: &Ordered,
    table: &mut Table,
) {
    let port = states(ordered).find_map(|state| match state {
        State::Port(port) if port.netns == Netns::Node && *port.link == *name => Some(port),
        _ => None,
    });
    let addresses = states(ordered).filter_map(|state| match state {
        State::Address(own) if own.netns == Netns::Node && *own.link == *name => {
            Some(own.address.to_string())
        }
        _ => None,
    });
    table.row([
        name.into(),
        kind(&link.kind).into(),
        mac.into(),
        link.mtu.into(),
        port.map(|port| port.bridge.to_string()).into(),
        port.map(|port| port.hairpin).into(),
        addresses.collect::<Vec<_>>().into(),
        whom(&link.alias).into(),
        peer.into(),
    ]);
}

/// Whom an alias of netc's names.
fn whom(alias: &str) -> String {
    alias.strip_prefix("netc ").unwrap_or(alias).to_owned()
}

/// A kind with what tells it from others of it.
fn kind(kind: &LinkKind) -> String {
    match kind {
        LinkKind::Bridge { vlan_filtering: false } => "bridge".to_owned(),
        LinkKind::Bridge { vlan_filtering: true } => "bridge, vlans".to_owned(),
        LinkKind::Dummy => "dummy".to_owned(),
        LinkKind::Veth(_) => "veth".to_owned(),
        LinkKind::Vxlan(vxlan) => format!("vxlan {} port {}", vxlan.vni, vxlan.port),
        LinkKind::Ipip { .. } => "ipip".to_owned(),
        LinkKind::Wireguard => "wireguard".to_owned(),
        LinkKind::Tun => "tun".to_owned(),
        LinkKind::Other(kind) => kind.to_string(),
    }
}
