//! The gateway of every node's pods.

use super::{Ledger, host_numbers, only};
use crate::model::declare::ClusterDecl;
use crate::model::node::gateway;
use crate::model::pool::Pool;
use crate::model::stated::NodeDecl;
use crate::model::{Family, PerFamily, fault};
use ipnet::IpNet;
use std::net::IpAddr;

/// The gateways in the blocks of every node, in the order of the nodes: the stated one, or the
/// first address.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    nodes: &[NodeDecl],
    blocks: &[PerFamily<IpNet>],
    ledger: &mut Ledger,
) -> Vec<PerFamily<IpAddr>> {
    let mut all = Vec::with_capacity(nodes.len());
    for (node, blocks) in nodes.iter().zip(blocks) {
        let own = |(family, block): (Family, &IpNet)| {
            let stated = node.attachment(cluster).gateways.get(family);
            if let Some(stated) = stated {
                if Pool::new(host_numbers(*block)).contains(&only(stated.value)) {
                    return (family, stated.value);
                }
                let fault = fault::gateway_outside_block(*stated, *block, &node.name, node.span);
                ledger.faults.push(fault);
            }
            (family, gateway(*block))
        };
        all.push(blocks.iter().map(own).collect());
    }
    all
}
