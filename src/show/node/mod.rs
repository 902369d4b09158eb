//! A node: what its kernel is to hold, as the tools show it.

mod devices;
mod links;
mod routing;
mod rules;
mod services;

use super::Card;
use crate::graph::Ordered;
use crate::model::{Cluster, Family, Node};
use crate::object::State;
use crate::plan::hooks;
use netc_lang::Sources;
use serde_json::json;

/// What is shown of a node.
#[must_use]
pub fn node(cluster: &Cluster, node: &Node, ordered: &Ordered, sources: &Sources) -> Card {
    let head = format!("node {} in cluster {}", node.name, cluster.name);
    let mut card = Card::new(head, "node", &node.name);
    card.field("cluster", json!(cluster.name));
    stated(cluster, node, sources, &mut card);
    for family in Family::ALL {
        let remarks = hooks(family, ordered);
        card.field(&format!("hooks-{}", family.to_string().to_lowercase()), json!(remarks));
    }
    card.table("devices", "devices", devices::devices(node, ordered));
    for (table, routes) in routing::routes(node, ordered) {
        card.titled(format!("routes of table {table}"), routes);
    }
    card.field("routes", routing::json(node, ordered));
    card.table("policy-rules", "rules of the routing policy", routing::policy(ordered));
    card.table("neighbours", "neighbours", links::neighbours(ordered));
    card.table("forwarding", "forwarding entries (bridge fdb)", links::forwarding(ordered));
    card.table("wireguard-peers", "peers of wireguard", links::peers(ordered));
    card.table("parameters", "parameters (sysctl)", links::parameters(ordered));
    card.table("tables", "rules", rules::tables(ordered));
    for family in Family::ALL {
        card.titled(format!("{family} hooks: who is asked first"), rules::remarks(family, ordered));
    }
    let (sets, empty) = services::sets(ordered);
    let title = match empty {
        0 => "sets (ipset)".to_owned(),
        more => format!("sets (ipset); {more} more are empty"),
    };
    card.table("sets", title, sets);
    card.field("empty-sets", json!(empty));
    card.table("virtual-servers", "virtual servers (ipvsadm)", services::servers(ordered));
    card
}

/// What is stated of the node.
fn stated(cluster: &Cluster, node: &Node, sources: &Sources, card: &mut Card) {
    let at = sources.locate(node.span);
    card.row("stated", at.as_str());
    card.field("stated", json!(at));
    for own in &node.addresses {
        let length = own.prefix.map_or_else(String::new, |prefix| format!("/{prefix}"));
        let device = own.device.as_ref().map_or_else(String::new, |device| format!(" on {device}"));
        card.row("address", format!("{}{length}{device}", own.address));
    }
    let addresses = node.addresses.iter().map(|own| own.address.to_string());
    card.field("addresses", addresses.collect());
    let blocks: Vec<String> = node.blocks.values().map(ToString::to_string).collect();
    if !blocks.is_empty() {
        card.row("pod block", blocks.join(", "));
    }
    card.field("blocks", json!(blocks));
    if let Some(zone) = &node.zone {
        card.row("zone", zone);
    }
    card.field("zone", json!(node.zone));
    card.row("MTU", node.mtu.to_string());
    card.field("mtu", json!(node.mtu));
    let proxy = cluster.proxy.as_ref().map(|proxy| proxy.mode.word());
    match node.kernelspace() {
        Some(own) => {
            let (network, kind) = (&own.network, own.kind.word());
            card.row(
                "runs",
                format!("Windows: services in hns.json, on network {network} ({kind})"),
            );
            card.field("os", json!("windows"));
        }
        None => card.row("programs", programs(cluster, node, proxy)),
    }
    let pods = cluster.pods.iter().filter(|pod| {
        let of = pod.node.and_then(|id| cluster.nodes.get(id.0 as usize));
        of.is_some_and(|of| of.name == node.name)
    });
    let pods: Vec<String> = pods.map(|pod| pod.name.to_string()).collect();
    card.row("pods", pods.len().to_string());
    card.field("pods", json!(pods));
    if let Some(docker) = &node.docker {
        let (networks, containers) = (docker.networks.len(), docker.containers.len());
        card.row("docker", format!("{networks} networks, {containers} containers"));
    }
}

/// The systems whose work is done on the node.
fn programs(cluster: &Cluster, node: &Node, proxy: Option<&str>) -> String {
    let joined = node.attachment.as_ref().map(|own| match own.bridge() {
        Some(bridge) => format!("pods on the bridge {}", bridge.name),
        None => "pods by ptp".to_owned(),
    });
    let all = [
        joined,
        Some(format!("overlay {}", cluster.overlay.kind.word())),
        proxy.map(|mode| format!("proxy {mode}")),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The states of all objects of a node.
fn states(ordered: &Ordered) -> impl Iterator<Item = &State> + Clone {
    ordered.nodes.iter().map(|place| &place.object.state)
}
