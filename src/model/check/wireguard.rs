//! What wireguard needs of the nodes: keys, and ports for its devices.

use crate::model::bind::Nodes;
use crate::model::declare::ClusterDecl;
use crate::model::{Family, OverlayKind, PublicKey, WireguardMode, fault};
use netc_lang::{Diagnostic, Span};
use std::collections::BTreeMap;

/// Reports nodes without a key, keys that two nodes have and those that nothing asks for, and
/// devices that would listen at one port.
pub(crate) fn check(cluster: &ClusterDecl, nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    let overlay = &cluster.overlay;
    let OverlayKind::Wireguard(wireguard) = &overlay.kind else {
        let keys = nodes.all.iter().filter_map(|node| node.keys.as_ref());
        faults.extend(keys.map(|keys| fault::keys_without_wireguard(keys.span, overlay.span)));
        return;
    };
    let mut holders: BTreeMap<PublicKey, (&str, Span)> = BTreeMap::new();
    for node in &nodes.all {
        let Some(keys) = &node.keys else {
            faults.push(fault::node_without_keys(&node.name, node.span));
            continue;
        };
        let own = (node.name.as_str(), keys.span);
        match keys.public.map(|key| (key, holders.insert(key, own))) {
            None => faults.push(fault::no_public_key(keys.span)),
            Some((key, Some(earlier))) => faults.push(fault::duplicate_key(key, own, earlier)),
            Some((_, None)) => {}
        }
    }
    let both = Family::ALL.iter().all(|family| cluster.pod_networks.get(*family).is_some());
    if both && wireguard.mode == WireguardMode::Separate && wireguard.port == wireguard.port_v6 {
        faults.push(fault::one_port_for_two(wireguard.port, overlay.span));
    }
}
