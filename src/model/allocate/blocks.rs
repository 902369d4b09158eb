//! A block of the pod network for every node.

use super::{Ledger, network, numbers};
use crate::model::declare::ClusterDecl;
use crate::model::pool::Pool;
use crate::model::stated::{Form, NodeDecl};
use crate::model::{Family, PerFamily, PodNetwork, fault};
use ipnet::IpNet;
use netc_lang::Span;
use std::collections::BTreeMap;

/// The blocks of every node, in the order of the nodes.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    nodes: &[NodeDecl],
    ledger: &mut Ledger,
) -> Vec<PerFamily<IpNet>> {
    let mut blocks: Vec<PerFamily<IpNet>> = nodes.iter().map(|_| PerFamily::default()).collect();
    for (family, pods) in cluster.pod_networks.iter() {
        let mut pool = Pool::new(numbers(pods.network));
        take_stated(family, pods, nodes, &mut pool, &mut blocks, ledger);
        for from_lock in [true, false] {
            for (node, own) in nodes.iter().zip(&mut blocks) {
                if own.get(family).is_some() {
                    continue;
                }
                let block = if from_lock {
                    locked(family, pods, node, &mut pool, ledger)
                } else {
                    lowest(family, pods, node, &mut pool, ledger)
                };
                if let Some(block) = block {
                    own.insert(family, block);
                    ledger.new.record_block(&node.name, block);
                }
            }
        }
    }
    strays(cluster, nodes, &mut blocks, ledger);
    blocks
}

/// The block that the lock records for a node, if it still fits.
fn locked(
    family: Family,
    pods: &PodNetwork,
    node: &NodeDecl,
    pool: &mut Pool,
    ledger: &mut Ledger,
) -> Option<IpNet> {
    let block = ledger.old.block(&node.name, family)?;
    let fits = pods.network.contains(&block) && block.prefix_len() == pods.per_node;
    if fits && pool.take(&numbers(block)) {
        return Some(block);
    }
    ledger.faults.push(fault::stale_lock(&format!("node {}", node.name), block, node.span));
    None
}

/// The lowest free block.
fn lowest(
    family: Family,
    pods: &PodNetwork,
    node: &NodeDecl,
    pool: &mut Pool,
    ledger: &mut Ledger,
) -> Option<IpNet> {
    let size = 1u128.checked_shl(u32::from(family.bits() - pods.per_node))?;
    let first = pool.take_lowest(size).map(|range| *range.start());
    let block = first.and_then(|first| network(family, first, pods.per_node));
    if block.is_none() {
        ledger.faults.push(fault::no_block_left(pods, &node.name, node.span));
    }
    block
}

/// Takes the blocks that nodes state.
fn take_stated(
    family: Family,
    pods: &PodNetwork,
    nodes: &[NodeDecl],
    pool: &mut Pool,
    blocks: &mut [PerFamily<IpNet>],
    ledger: &mut Ledger,
) {
    let mut holders: BTreeMap<u128, (&str, IpNet, Span)> = BTreeMap::new();
    for (node, block) in nodes.iter().zip(blocks) {
        let Some(stated) = node.blocks.get(family) else { continue };
        let (net, range) = (stated.value, numbers(stated.value));
        if net.prefix_len() > family.bits() - 2 {
            ledger.faults.push(fault::block_too_small(net, stated.span));
        } else if !pods.network.contains(&net) {
            ledger.faults.push(fault::block_outside(net, stated.span, pods.network, pods.span));
        } else if pool.take(&range) {
            holders.insert(*range.start(), (&node.name, net, stated.span));
        } else {
            let holder = holders.range(..=*range.end()).next_back();
            ledger
                .faults
                .extend(holder.map(|(_, holder)| fault::blocks_overlap(net, stated.span, *holder)));
        }
        block.insert(family, net);
    }
}

/// Blocks of a family in which the cluster has no pod network stand as they are: something else
/// gave them out.
fn strays(
    cluster: &ClusterDecl,
    nodes: &[NodeDecl],
    blocks: &mut [PerFamily<IpNet>],
    ledger: &mut Ledger,
) {
    for (node, own) in nodes.iter().zip(blocks) {
        for (family, block) in node.blocks.iter() {
            if cluster.pod_networks.get(family).is_some() {
                continue;
            }
            own.insert(family, block.value);
            if node.form == Form::Netc {
                let what = format!("node {} states an {family} block", node.name);
                ledger.faults.push(fault::no_pod_network(&what, family, block.span, cluster.span));
            }
        }
    }
}
