//! Routes and rules of the routing policy, as `route -n` and `ip rule` show them.

use super::states;
use crate::emit;
use crate::graph::Ordered;
use crate::model::Node;
use crate::object::{Address, MAIN_TABLE, Netns, Route, RouteKind, RouteScope, State};
use crate::show::table::{Cell, Table};
use ipnet::IpNet;
use serde_json::Value;
use std::collections::BTreeMap;

/// The columns of routes.
const COLUMNS: &[&str] =
    &["destination", "gateway", "device", "kind", "scope", "source", "flags", "made by"];

/// A row of routes.
type Row = [Cell; 8];

/// The routes of the node's own namespace: the name of each table, the main one first.
pub(super) fn routes(node: &Node, ordered: &Ordered) -> Vec<(String, Table)> {
    let tables = by_table(node, ordered).into_iter().map(|(number, rows)| {
        let mut table = Table::new(COLUMNS);
        rows.into_iter().for_each(|(_, row)| table.row(row));
        (name(number), table)
    });
    tables.collect()
}

/// The same for machines, by the names of tables.
pub(super) fn json(node: &Node, ordered: &Ordered) -> Value {
    let all = routes(node, ordered).into_iter();
    Value::Object(all.map(|(name, table)| (name, table.json())).collect())
}

/// Rules of the routing policy beside the kernel's own three (ip-rule(8)).
pub(super) fn policy(ordered: &Ordered) -> Table {
    let mut table = Table::new(&["priority", "family", "rule"]);
    for state in states(ordered) {
        if let State::PolicyRule(rule) = state
            && rule.netns == Netns::Node
        {
            let family = rule.family.to_string();
            table.row([rule.priority.into(), family.into(), emit::policy(rule).into()]);
        }
    }
    table
}

fn by_table(node: &Node, ordered: &Ordered) -> Vec<(u32, Vec<(IpNet, Row)>)> {
    let mut tables: BTreeMap<u32, Vec<(IpNet, Row)>> = BTreeMap::new();
    let mut add =
        |table: u32, to: IpNet, row: Row| tables.entry(table).or_default().push((to, row));
    for own in &node.addresses {
        if let (Some(net), Some(device)) = (own.network(), &own.device) {
            let address = IpNet::new(own.address, net.prefix_len()).unwrap_or(own.address.into());
            add(MAIN_TABLE, net, connected(address, device, "the node"));
        }
    }
    for state in states(ordered) {
        match state {
            State::Route(own) if own.netns == Netns::Node => {
                add(own.table, own.destination, route(own));
            }
            State::Address(own) if own.netns == Netns::Node && has_route(own) => {
                let row = connected(own.address, &own.link, "the kernel");
                add(MAIN_TABLE, own.address.trunc(), row);
            }
            _ => {}
        }
    }
    let mut all: Vec<_> = tables.into_iter().collect();
    for (_, rows) in &mut all {
        // The longest prefix decides: it stands first.
        rows.sort_by_key(|(to, _)| (to.addr().is_ipv6(), u8::MAX - to.prefix_len(), *to));
    }
    // The main table first, the others by their numbers.
    all.sort_by_key(|(number, _)| (*number != MAIN_TABLE, *number));
    all
}

/// Whether the kernel makes a route with an address.
fn has_route(address: &Address) -> bool {
    emit::shown_connected(address).is_some()
}

fn route(route: &Route) -> Row {
    let to = match route.destination.prefix_len() {
        0 => "default".to_owned(),
        _ => route.destination.to_string(),
    };
    [
        to.into(),
        route.gateway.map(|gateway| gateway.to_string()).into(),
        route.link.as_ref().map(ToString::to_string).into(),
        Some(route.kind).filter(|kind| *kind != RouteKind::Unicast).map(RouteKind::word).into(),
        Some(route.scope).filter(|own| *own != RouteScope::Global).map(RouteScope::word).into(),
        route.source.map(|source| source.to_string()).into(),
        route.onlink.then_some("onlink").into(),
        "netc".into(),
    ]
}

/// The route that comes with an address.
fn connected(address: IpNet, device: &str, by: &str) -> Row {
    let scope = address.addr().is_ipv4().then_some("link");
    [
        address.trunc().to_string().into(),
        Cell::Nothing,
        device.into(),
        Cell::Nothing,
        scope.into(),
        address.addr().to_string().into(),
        Cell::Nothing,
        by.into(),
    ]
}

/// The name of a table (/etc/iproute2/rt_tables).
fn name(number: u32) -> String {
    match number {
        MAIN_TABLE => "main".to_owned(),
        255 => "local".to_owned(),
        253 => "default".to_owned(),
        _ => number.to_string(),
    }
}
