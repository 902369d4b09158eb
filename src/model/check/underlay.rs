//! What the overlay needs of the nodes' own addresses.

use crate::model::bind::Nodes;
use crate::model::declare::ClusterDecl;
use crate::model::stated::NodeDecl;
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
        for own in &node.addresses {
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
        for node in &nodes.all {
            let kind = cluster.overlay.kind.word();
            match node.address(family) {
                None => {
                    faults.push(fault::node_without_address(&node.name, family, kind, node.span));
                }
                Some(own) if own.device.is_none() => {
                    faults.push(fault::node_without_device(&node.name, kind, own.span));
                }
                Some(_) => {}
            }
        }
        if cluster.overlay.kind == OverlayKind::HostGw {
            one_segment(family, nodes, faults);
        }
    }
}

/// A gateway must be reached directly: all host-gw nodes are in one network (netspec 1.8).
fn one_segment(family: Family, nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    let mut places = nodes.all.iter().filter_map(|node| Some((node, node.address(family)?)));
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
