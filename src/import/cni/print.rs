//! A configuration, in the words of the language.

use super::address::{Addresses, Block};
use super::network::Network;
use super::plugin::Joined;
use super::port_map::SeenPortMap;
use crate::import::output::{Output, formatted, joined};
use crate::model::{Family, gateway};
use ipnet::IpNet;
use netc_lang::schema::Shape;
use std::net::IpAddr;

/// The statement, formatted.
pub(super) fn print(network: &Network) -> String {
    let mut out = Output::default();
    let cluster = cluster_name(&network.name);
    out.block(format_args!("cluster {cluster}"), |out| {
        let blocks = network.joined.addresses.blocks.values().map(|block| block.subnet);
        // What the file says is of one node: its block is the whole network.
        out.list("pods", blocks.map(|net| format!("{net} per-node /{}", net.prefix_len())));
        let word = if network.joined.bridge.is_some() { "bridge" } else { "ptp" };
        let mut inner = Output::default();
        if network.name != cluster {
            inner.line(format_args!("network {}", network.name));
        }
        attachment(&mut inner, &network.joined);
        inner.list("port-map", network.port_map.iter().filter_map(port_map));
        let inner = inner.into_text();
        match inner.is_empty() {
            true => out.line(format_args!("pod-network {word}")),
            false => out.line(format_args!("pod-network {word} {{\n{inner}}}")),
        }
    });
    formatted(out)
}

/// A cluster's name that is as much like the network's as it can be.
fn cluster_name(network: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = network.chars().map(fit).take(63).collect();
    let name = name.trim_matches('-');
    if Shape::Label.read(name, false).is_ok() { name.to_owned() } else { "cni".to_owned() }
}

fn attachment(out: &mut Output, joined: &Joined) {
    let Addresses { blocks, routes } = &joined.addresses;
    let by_gateway = |(destination, hop): &(IpNet, Option<IpAddr>)| {
        let block = blocks.get(Family::of_net(*destination));
        let own = block.map(|block| block.gateway.unwrap_or(gateway(block.subnet)));
        hop.is_none() || *hop == own
    };
    let is_default = |route: &(IpNet, Option<IpAddr>)| route.0.prefix_len() == 0;
    // A default route for every family is what `default-gateway` says.
    let stated = |family| {
        routes.iter().any(|route| {
            is_default(route) && Family::of_net(route.0) == family && by_gateway(route)
        })
    };
    let everywhere = !blocks.is_empty() && blocks.families().all(stated);
    let bridge = joined.bridge.as_ref();
    if let Some(bridge) = bridge.filter(|bridge| bridge.name != "cni0") {
        out.line(format_args!("name {}", bridge.name));
    }
    out.list("mtu", joined.mtu.iter());
    let gateway = bridge.is_none_or(|bridge| bridge.gateway);
    let default = gateway && (everywhere || bridge.is_some_and(|bridge| bridge.default_gateway));
    if !gateway {
        out.line("gateway off");
    } else if !default {
        out.line("default-gateway off");
    }
    if joined.masquerade {
        out.line("masquerade");
    }
    if bridge.is_some_and(|bridge| bridge.promiscuous) {
        out.line("promiscuous");
    } else if bridge.is_some_and(|bridge| !bridge.hairpin) {
        out.line("hairpin off");
    }
    if bridge.is_some_and(|bridge| bridge.isolate) {
        out.line("isolate");
    }
    out.list("vlan", bridge.and_then(|bridge| bridge.vlan).iter());
    let left = routes.iter().filter(|route| !(default && is_default(route) && by_gateway(route)));
    let mut local = Output::default();
    blocks.values().for_each(|block| ranges(&mut local, block));
    for (destination, hop) in left {
        let via = hop.map_or_else(String::new, |hop| format!(" via {hop}"));
        local.line(format_args!("route {destination}{via}"));
    }
    let local = local.into_text();
    if !local.is_empty() {
        out.line(format_args!("host-local {{\n{local}}}"));
    }
}

fn ranges(out: &mut Output, block: &Block) {
    for (first, last) in &block.ranges {
        out.line(format_args!("range {first}-{last}"));
    }
    out.list("gateway", block.gateway.iter());
}

/// The block, unless it would say nothing.
fn port_map(map: &SeenPortMap) -> Option<String> {
    let mut all = Vec::new();
    if !map.snat {
        all.push("snat off".to_owned());
    }
    // Without `snat` nothing is marked.
    if map.snat && map.masquerade_all {
        all.push("masquerade-all".to_owned());
    }
    if map.snat && map.bit != 13 {
        all.push(format!("mark-bit {}", map.bit));
    }
    (!all.is_empty()).then(|| format!("{{ {} }}", joined(all.into_iter(), "; ")))
}
