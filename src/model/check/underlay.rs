//! What the overlay needs of the nodes' own addresses.

use crate::model::bind::Nodes;
use crate::model::declare::ClusterDecl;
use crate::model::stated::NodeDecl;
use crate::model::{Family, NodeAddress, OverlayKind, System, fault};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Span};
use std::collections::{BTreeMap, BTreeSet};
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
    let kind = &cluster.overlay.kind;
    if matches!(kind, OverlayKind::Udp { .. }) {
        faults.push(fault::carried_by_others(cluster.overlay.span));
    }
    let crossed = cluster.pod_networks.families().filter_map(|pods| kind.crosses(pods));
    for family in crossed.collect::<BTreeSet<Family>>() {
        for node in &nodes.all {
            faults.extend(unfit(kind, family, node));
        }
        if *kind == OverlayKind::HostGw {
            one_segment(family, nodes, faults);
        }
    }
}

/// Whether a node runs Windows: its devices are none of netc's business.
fn runs_windows(node: &NodeDecl) -> bool {
    node.os.is_some_and(|os| os.value == System::Windows)
}

/// What a node's address lacks.
fn unfit(kind: &OverlayKind, family: Family, node: &NodeDecl) -> Option<Diagnostic> {
    let Some(own) = node.address(family) else {
        return Some(fault::node_without_address(&node.name, family, kind.word(), node.span));
    };
    if own.device.is_none() && kind.names_device() && !runs_windows(node) {
        return Some(fault::node_without_device(&node.name, kind.word(), own.span));
    }
    let unknown = own.prefix.is_none() && kind.routes_directly();
    unknown.then(|| fault::node_without_length(&node.name, family, own.span))
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
