//! An address of its node's block for every pod.

use super::{Ledger, host_numbers, only};
use crate::model::declare::{ClusterDecl, NodeDecl, PodDecl};
use crate::model::node::gateway;
use crate::model::pool::Pool;
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
    pods: &[PodDecl],
    ledger: &mut Ledger,
) -> Vec<PerFamily<IpAddr>> {
    let mut addresses: Vec<PerFamily<IpAddr>> = pods.iter().map(|_| PerFamily::default()).collect();
    for family in cluster.pod_networks.families() {
        let blocks: Vec<Option<IpNet>> =
            blocks.iter().map(|block| block.get(family).copied()).collect();
        let mut round = Round { family, nodes, pods, pools: pools(&blocks), blocks, ledger };
        round.stated(&mut addresses);
        round.locked(&mut addresses);
        round.lowest(&mut addresses);
    }
    if cluster.pod_networks.is_empty() {
        ledger.faults.extend(
            pods.first().map(|pod| fault::pods_without_network(&pod.name, pod.span, cluster.span)),
        );
    }
    for pod in pods {
        for (family, address) in pod.addresses.iter() {
            if cluster.pod_networks.get(family).is_none() && !cluster.pod_networks.is_empty() {
                let what = format!("pod {} states an {family} address", pod.name);
                ledger.faults.push(fault::no_pod_network(
                    &what,
                    family,
                    address.span,
                    cluster.span,
                ));
            }
        }
    }
    addresses
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
    pods: &'a [PodDecl],
    blocks: Vec<Option<IpNet>>,
    pools: Vec<Option<Pool>>,
    ledger: &'a mut Ledger<'l>,
}

impl Round<'_, '_> {
    /// The pool and the block of a pod's node; `None` if the node got no block.
    fn place(&mut self, pod: &PodDecl) -> Option<(&mut Pool, IpNet)> {
        let index = pod.node.0 as usize;
        let block = self.blocks.get(index).copied().flatten()?;
        let pool = self.pools.get_mut(index).and_then(Option::as_mut)?;
        Some((pool, block))
    }

    fn stated(&mut self, addresses: &mut [PerFamily<IpAddr>]) {
        let family = self.family;
        let mut holders: BTreeMap<IpAddr, (&PodDecl, Span)> = BTreeMap::new();
        for (pod, own) in self.pods.iter().zip(addresses) {
            let Some(stated) = pod.addresses.get(family) else { continue };
            let (address, span) = (stated.value, stated.span);
            let Some((pool, block)) = self.place(pod) else { continue };
            let (inside, taken) = (pool.contains(&only(address)), pool.take(&only(address)));
            let fault = if address == gateway(block) {
                Some(fault::pod_on_gateway(address, span))
            } else if !inside {
                let node = self.nodes.get(pod.node.0 as usize);
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
                None => full.entry(pod.node.0 as usize).or_insert((0, pod.span)).0 += 1,
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
