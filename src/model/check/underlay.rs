//! What the overlay needs of the nodes' own addresses.

use crate::model::declare::{ClusterDecl, NodeDecl, Nodes};
use crate::model::{Family, NodeAddress, OverlayKind, fault};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Span};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Reports nodes without the address that their overlay needs, addresses that two nodes
/// state, and host-gw nodes on different segments.
pub(crate) fn check(cluster: &ClusterDecl, nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    let mut holders: BTreeMap<IpAddr, (&NodeDecl, Span)> = BTreeMap::new();
    for node in &nodes.all {
        for own in node.addresses.values() {
            if let Some((other, earlier)) = holders.insert(own.address, (node, own.span)) {
                let fault =
                    fault::duplicate_address(own.address, "node", &other.name, own.span, earlier);
                faults.push(fault);
            }
        }
    }
    if cluster.overlay.kind == OverlayKind::None {
        return;
    }
    for family in cluster.pod_networks.families() {
        for node in nodes.all.iter().filter(|node| node.addresses.get(family).is_none()) {
            let kind = cluster.overlay.kind.word();
            faults.push(fault::node_without_address(&node.name, family, kind, node.span));
        }
        if cluster.overlay.kind == OverlayKind::HostGw {
            one_segment(family, nodes, faults);
        }
    }
}

/// A gateway must be reached directly: all host-gw nodes are in one network (netspec 1.8).
fn one_segment(family: Family, nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    let mut places = nodes.all.iter().filter_map(|node| Some((node, node.addresses.get(family)?)));
    let Some((first, own)) = places.next() else { return };
    let segment = segment(family, own);
    for (node, address) in places {
        let other = self::segment(family, address);
        if other != segment {
            faults.push(fault::not_one_segment(
                (&first.name, segment, own.span),
                (&node.name, other, address.span),
            ));
        }
    }
}

/// The network of a node's address: as stated, or else of the usual size.
fn segment(family: Family, own: &NodeAddress) -> IpNet {
    let prefix = own.prefix.unwrap_or(family.default_block());
    IpNet::new(own.address, prefix).map_or(own.address.into(), |net| net.trunc())
}
