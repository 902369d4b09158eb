//! An address of its node's block for every pod.

use super::{Ledger, host_numbers, only};
use crate::model::bind::BoundPod;
use crate::model::declare::ClusterDecl;
use crate::model::node::gateway;
use crate::model::pool::Pool;
use crate::model::stated::{Form, NodeDecl};
use crate::model::{Family, PerFamily, fault};
use ipnet::IpNet;
use netc_lang::Span;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The addresses of every pod, in the order of the pods.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    nodes: &[NodeDecl],
    blocks: &[PerFamily<IpNet>],
    pods: &[BoundPod],
    ledger: &mut Ledger,
) -> Vec<PerFamily<IpAddr>> {
    let mut addresses: Vec<PerFamily<IpAddr>> = pods.iter().map(|_| PerFamily::default()).collect();
    for family in cluster.pod_networks.families() {
        let blocks: Vec<Option<IpNet>> =
            blocks.iter().map(|block| block.get(family).copied()).collect();
        let free = cluster.bridge.is_none();
        let mut round = Round { family, nodes, pods, pools: pools(&blocks), blocks, free, ledger };
        round.stated(&mut addresses);
        round.locked(&mut addresses);
        round.lowest(&mut addresses);
    }
    for (pod, own) in pods.iter().zip(&mut addresses) {
        if pod.state.host_network {
            *own = of_node(pod, nodes);
        }
        as_stated(cluster, pod, own, ledger);
    }
    let mut without = pods.iter().zip(&addresses).filter(|(_, own)| own.is_empty());
    if let (true, Some((pod, _))) = (cluster.pod_networks.is_empty(), without.next()) {
        let fault = fault::pods_without_network(&pod.name, pod.span, cluster.span);
        ledger.faults.push(fault);
    }
    addresses
}

/// A pod in its node's network has the node's addresses.
fn of_node(pod: &BoundPod, nodes: &[NodeDecl]) -> PerFamily<IpAddr> {
    let node = pod.node.and_then(|node| nodes.get(node.0 as usize));
    let mut own = PerFamily::default();
    for address in node.iter().flat_map(|node| &node.addresses).rev() {
        own.insert(Family::of(address.address), address.address);
    }
    own
}

/// What is stated outside all pod networks stands as it is: something else brings it about.
fn as_stated(
    cluster: &ClusterDecl,
    pod: &BoundPod,
    own: &mut PerFamily<IpAddr>,
    ledger: &mut Ledger,
) {
    for (family, address) in pod.addresses.iter() {
        if own.get(family).is_none() {
            own.insert(family, address.value);
        }
        if pod.form == Form::Netc && cluster.pod_networks.get(family).is_none() {
            let what = format!("pod {} states an {family} address", pod.name);
            ledger.faults.push(fault::no_pod_network(&what, family, address.span, cluster.span));
        }
    }
}

/// A pool for each block, the gateway taken.
fn pools(blocks: &[Option<IpNet>]) -> Vec<Option<Pool>> {
    let pool = |block: &IpNet| {
        let mut pool = Pool::new(host_numbers(*block));
        pool.take(&only(gateway(*block)));
        pool
    };
    blocks.iter().map(|block| block.as_ref().map(pool)).collect()
}

/// The allocation of one family.
struct Round<'a, 'l> {
    family: Family,
    nodes: &'a [NodeDecl],
    pods: &'a [BoundPod],
    blocks: Vec<Option<IpNet>>,
    pools: Vec<Option<Pool>>,
    /// Something else joins the pods to their nodes: it may have addresses of its own.
    free: bool,
    ledger: &'a mut Ledger<'l>,
}

impl Round<'_, '_> {
    /// The pool and the block of a pod's node; `None` if there is none for this pod.
    fn place(&mut self, pod: &BoundPod) -> Option<(&mut Pool, IpNet)> {
        let index = pod.node.filter(|_| !pod.state.host_network)?.0 as usize;
        let block = self.blocks.get(index).copied().flatten()?;
        let pool = self.pools.get_mut(index).and_then(Option::as_mut)?;
        Some((pool, block))
    }

    fn stated(&mut self, addresses: &mut [PerFamily<IpAddr>]) {
        let (family, free) = (self.family, self.free);
        let mut holders: BTreeMap<IpAddr, (&BoundPod, Span)> = BTreeMap::new();
        for (pod, own) in self.pods.iter().zip(addresses) {
            let Some(stated) = pod.addresses.get(family) else { continue };
            let (address, span) = (stated.value, stated.span);
            let Some((pool, block)) = self.place(pod) else { continue };
            let (inside, taken) = (pool.contains(&only(address)), pool.take(&only(address)));
            let fault = if free && pod.form == Form::Kubernetes && !inside {
                None
            } else if address == gateway(block) {
                Some(fault::pod_on_gateway(address, span))
            } else if !inside {
                let node = pod.node.and_then(|node| self.nodes.get(node.0 as usize));
                node.map(|node| {
                    fault::pod_outside_block(address, span, block, &node.name, node.span)
                })
            } else if !taken {
                holders.get(&address).map(|(other, earlier)| {
                    fault::duplicate_address(address, "pod", &other.name, span, *earlier)
                })
            } else {
                holders.insert(address, (pod, span));
                None
            };
            self.ledger.faults.extend(fault);
            own.insert(family, address);
        }
    }

    fn locked(&mut self, addresses: &mut [PerFamily<IpAddr>]) {
        let family = self.family;
        for (pod, own) in self.pods.iter().zip(addresses) {
            let Some(locked) = self.ledger.old.pod(&pod.name, family) else { continue };
            if own.get(family).is_some() {
                continue;
            }
            let Some((pool, _)) = self.place(pod) else { continue };
            if pool.contains(&only(locked)) && pool.take(&only(locked)) {
                own.insert(family, locked);
                self.ledger.new.record_pod(&pod.name, locked);
            } else {
                let what = format!("pod {}", pod.name);
                self.ledger.faults.push(fault::stale_lock(&what, locked, pod.span));
            }
        }
    }

    fn lowest(&mut self, addresses: &mut [PerFamily<IpAddr>]) {
        let family = self.family;
        let mut full: BTreeMap<usize, (usize, Span)> = BTreeMap::new();
        for (pod, own) in self.pods.iter().zip(addresses) {
            if own.get(family).is_some() {
                continue;
            }
            let Some((pool, _)) = self.place(pod) else { continue };
            match pool.take_lowest(1) {
                Some(range) => {
                    let address = family.address(*range.start());
                    own.insert(family, address);
                    self.ledger.new.record_pod(&pod.name, address);
                }
                None => {
                    let node = pod.node.map_or(0, |node| node.0 as usize);
                    full.entry(node).or_insert((0, pod.span)).0 += 1;
                }
            }
        }
        for (index, (missing, span)) in full {
            if let (Some(node), Some(Some(block))) = (self.nodes.get(index), self.blocks.get(index))
            {
                let fault = fault::block_full(*block, &node.name, node.span, missing, span);
                self.ledger.faults.push(fault);
            }
        }
    }
}
