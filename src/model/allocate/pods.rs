//! An address of its node's block for every pod.

use super::{Ledger, host_numbers, only};
use crate::model::bind::BoundPod;
use crate::model::declare::{ClusterDecl, hns_kind};
use crate::model::pool::Pool;
use crate::model::stated::{Form, NodeDecl};
use crate::model::{Family, HnsNetwork, PerFamily, System, fault, number};
use ipnet::IpNet;
use netc_lang::Span;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The nodes with what is given to them.
pub(crate) struct Places<'a> {
    pub(crate) nodes: &'a [NodeDecl],
    pub(crate) blocks: &'a [PerFamily<IpNet>],
    pub(crate) gateways: &'a [PerFamily<IpAddr>],
}

/// The addresses of every pod, in the order of the pods.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    places: &Places,
    pods: &[BoundPod],
    ledger: &mut Ledger,
) -> Vec<PerFamily<IpAddr>> {
    let mut addresses: Vec<PerFamily<IpAddr>> = pods.iter().map(|_| PerFamily::default()).collect();
    for family in cluster.pod_networks.families() {
        let rooms = rooms(cluster, places, family, ledger);
        let mut round = Round { family, nodes: places.nodes, pods, rooms, ledger };
        round.stated(&mut addresses);
        round.locked(&mut addresses);
        round.lowest(&mut addresses);
    }
    for (pod, own) in pods.iter().zip(&mut addresses) {
        if pod.state.host_network {
            *own = of_node(pod, places.nodes);
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

/// What the pods of a node get their addresses from, in one family.
struct Room {
    block: IpNet,
    gateway: IpAddr,
    /// The stated ranges in their order, or the whole block; the gateway is taken.
    pools: Vec<Pool>,
    /// Where ranges are stated.
    ranges: Option<Span>,
    /// Something else joins the pods to their nodes: it may have addresses of its own.
    free: bool,
}

impl Room {
    /// Whether pods may have an address.
    fn contains(&self, address: IpAddr) -> bool {
        self.pools.iter().any(|pool| pool.contains(&only(address)))
    }

    /// Takes an address; false if it is taken already.
    fn take(&mut self, address: IpAddr) -> bool {
        let own = self.pools.iter_mut().find(|pool| pool.contains(&only(address)));
        own.is_some_and(|pool| pool.take(&only(address)))
    }

    /// The first free address of the first range that has one, as host-local finds it in the
    /// beginning (netspec 2.6). What it gave out later is in the lock.
    fn take_lowest(&mut self) -> Option<u128> {
        self.pools.iter_mut().find_map(|pool| pool.take_lowest(1)).map(|range| *range.start())
    }
}

/// The room of every node that has a block of the family.
fn rooms(
    cluster: &ClusterDecl,
    places: &Places,
    family: Family,
    ledger: &mut Ledger,
) -> Vec<Option<Room>> {
    let own = places.nodes.iter().zip(places.blocks.iter().zip(places.gateways));
    let rooms = own.map(|(node, (blocks, gateways))| {
        let (block, gateway) = (*blocks.get(family)?, *gateways.get(family)?);
        let stated = node.attachment(cluster);
        let (mut pools, mut ranges) = (Vec::new(), None);
        for range in stated.ranges.iter().filter(|one| Family::of(*one.value.start()) == family) {
            let all = Pool::new(host_numbers(block));
            let own = number(*range.value.start())..=number(*range.value.end());
            if !all.contains(&own) {
                let fault = fault::range_outside_block(range, block, &node.name, node.span);
                ledger.faults.push(fault);
            }
            ranges.get_or_insert(range.span);
            pools.push(Pool::new(own));
        }
        if pools.is_empty() {
            pools.push(Pool::new(host_numbers(block)));
        }
        let mut room = Room { block, gateway, pools, ranges, free: stated.kind.is_none() };
        room.take(gateway);
        if let Some(own) = kept(cluster, node, block) {
            room.take(own);
        }
        Some(room)
    });
    rooms.collect()
}

/// What a Windows node keeps of its block: in an overlay the source address of services, behind a bridge the
/// second address, which HNS gives the node's own endpoint.
fn kept(cluster: &ClusterDecl, node: &NodeDecl, block: IpNet) -> Option<IpAddr> {
    node.os.filter(|os| os.value == System::Windows)?;
    let own = node.kernelspace.as_ref();
    let stated = own.and_then(|own| own.source_vip).map(|vip| vip.value);
    match hns_kind(own, &cluster.overlay.kind) {
        HnsNetwork::Overlay => stated.filter(|vip| block.contains(vip)),
        HnsNetwork::L2Bridge => {
            let second = number(block.network()).checked_add(2)?;
            Some(Family::of_net(block).address(second)).filter(|own| block.contains(own))
        }
    }
}

/// The allocation of one family.
struct Round<'a, 'l> {
    family: Family,
    nodes: &'a [NodeDecl],
    pods: &'a [BoundPod],
    rooms: Vec<Option<Room>>,
    ledger: &'a mut Ledger<'l>,
}

impl Round<'_, '_> {
    /// The room of a pod's node; `None` if there is none for this pod.
    fn room(&mut self, pod: &BoundPod) -> Option<&mut Room> {
        let index = pod.node.filter(|_| !pod.state.host_network)?.0 as usize;
        self.rooms.get_mut(index).and_then(Option::as_mut)
    }

    fn stated(&mut self, addresses: &mut [PerFamily<IpAddr>]) {
        let (family, nodes) = (self.family, self.nodes);
        let mut holders: BTreeMap<IpAddr, (&BoundPod, Span)> = BTreeMap::new();
        for (pod, own) in self.pods.iter().zip(addresses) {
            let Some(stated) = pod.addresses.get(family) else { continue };
            let (address, span) = (stated.value, stated.span);
            let Some(room) = self.room(pod) else { continue };
            let (inside, taken) = (room.contains(address), room.take(address));
            let fault = if room.free && pod.form == Form::Kubernetes && !inside {
                None
            } else if address == room.gateway {
                Some(fault::pod_on_gateway(address, span))
            } else if !inside {
                let node = pod.node.and_then(|node| nodes.get(node.0 as usize));
                let (block, ranges) = (room.block, room.ranges);
                node.map(|node| match ranges.filter(|_| block.contains(&address)) {
                    Some(ranges) => fault::pod_outside_ranges(address, span, &node.name, ranges),
                    None => fault::pod_outside_block(address, span, block, &node.name, node.span),
                })
            } else if !taken {
                match holders.get(&address) {
                    Some((other, earlier)) => {
                        Some(fault::duplicate_address(address, "pod", &other.name, span, *earlier))
                    }
                    // What a live cluster holds is a fact.
                    None => (pod.form == Form::Netc).then(|| fault::kept_by_windows(address, span)),
                }
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
            let Some(room) = self.room(pod) else { continue };
            if room.take(locked) {
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
            let Some(room) = self.room(pod) else { continue };
            match room.take_lowest() {
                Some(number) => {
                    let address = family.address(number);
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
            if let (Some(node), Some(Some(room))) = (self.nodes.get(index), self.rooms.get(index)) {
                let fault = match room.ranges {
                    Some(ranges) => fault::ranges_full(&node.name, ranges, missing, span),
                    None => fault::block_full(room.block, &node.name, node.span, missing, span),
                };
                self.ledger.faults.push(fault);
            }
        }
    }
}
