//! An Ethernet address for every node's vxlan device.
//!
//! The other nodes must know it before the device exists, so it is made from the names of
//! cluster and node, in flannel's form: locally administered, not a group.

use super::Ledger;
use crate::model::declare::ClusterDecl;
use crate::model::stated::NodeDecl;
use crate::model::{Family, OverlayKind, PerFamily, fault};
use netc_lang::{Mac, Span};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The addresses of every node's devices, one for each family of the pod network.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    nodes: &[NodeDecl],
    ledger: &mut Ledger,
) -> Vec<PerFamily<Mac>> {
    if !matches!(cluster.overlay.kind, OverlayKind::Vxlan(_)) {
        for node in nodes.iter().filter(|node| !node.vteps.is_empty()) {
            let at = node.vteps.first().map_or(node.span, |vtep| vtep.span);
            ledger.faults.push(fault::vtep_without_vxlan(at, cluster.overlay.span));
        }
        return nodes.iter().map(|_| PerFamily::default()).collect();
    }
    let mut holders: BTreeMap<Mac, Span> = BTreeMap::new();
    let mut all = Vec::new();
    for node in nodes {
        let locked = ledger.old.vteps(&node.name);
        let mut own = PerFamily::default();
        for (index, family) in cluster.pod_networks.families().enumerate() {
            let stated = node.vteps.get(index);
            let made = || made(&cluster.name, &node.name, family);
            let mac = match stated {
                Some(stated) => stated.value,
                None => locked.get(index).copied().unwrap_or_else(made),
            };
            if stated.is_none() {
                ledger.new.record_vtep(&node.name, mac);
            }
            let at = stated.map_or(node.span, |stated| stated.span);
            if let Some(earlier) = holders.insert(mac, at) {
                ledger.faults.push(fault::duplicate_vtep(mac, at, earlier));
            }
            own.insert(family, mac);
        }
        all.push(own);
    }
    all
}

fn made(cluster: &str, node: &str, family: Family) -> Mac {
    let hash = Sha256::digest(format!("{cluster}/{node}/{family}"));
    let mut bytes = [0; 6];
    for (byte, hashed) in bytes.iter_mut().zip(hash) {
        *byte = hashed;
    }
    let [first, rest @ ..] = bytes;
    let [b, c, d, e, f] = rest;
    Mac([(first & 0xfe) | 0x02, b, c, d, e, f])
}
