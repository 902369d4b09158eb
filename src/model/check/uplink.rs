//! The routers by which nodes reach everything else.

use crate::model::bind::Nodes;
use crate::model::stated::NodeDecl;
use crate::model::{Uplink, fault};
use netc_lang::{Diagnostic, Spanned};
use std::net::IpAddr;

pub(super) fn check(nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    for node in &nodes.all {
        if let Uplink::Via(gateways) = &node.uplink {
            faults.extend(gateways.values().filter_map(|gateway| of_node(node, gateway)));
        }
    }
}

/// A router is a neighbour: it is in the network of an address of the node, and is not the node.
fn of_node(node: &NodeDecl, gateway: &Spanned<IpAddr>) -> Option<Diagnostic> {
    if node.addresses.iter().any(|own| own.address == gateway.value) {
        return Some(fault::own_gateway(gateway, &node.name));
    }
    let within =
        |network: Option<ipnet::IpNet>| network.is_some_and(|net| net.contains(&gateway.value));
    let reached = node.addresses.iter().any(|own| within(own.network()));
    (!reached).then(|| fault::uplink_out_of_reach(gateway, &node.name))
}
