//! Giving out what the sources do not state: node blocks, addresses, node ports, ports of
//! the proxy.
//!
//! What is stated wins over what the lock records, and that over what is free; of what is
//! free the lowest is taken, in the order of names. So the result depends on the sources and
//! the lock alone.

mod blocks;
mod docker;
mod gateways;
mod load_balancers;
mod node_ports;
mod pods;
mod proxy_ports;
mod services;
mod vteps;

pub(super) use node_ports::NodePorts;

use super::bind::Bound;
use super::{Family, Lock, PerFamily, number};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Mac};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// What the steps of allocation share: the lock as it was, the lock as it will be, the faults.
pub(super) struct Ledger<'l> {
    pub(super) old: &'l Lock,
    pub(super) new: Lock,
    pub(super) faults: Vec<Diagnostic>,
}

/// What is given out, each in the order of those who get it.
pub(super) struct Allocated {
    /// The networks of each node's pods.
    pub(super) blocks: Vec<PerFamily<IpNet>>,
    /// The address of each node in them.
    pub(super) gateways: Vec<PerFamily<IpAddr>>,
    /// The addresses of each node's vxlan devices.
    pub(super) vteps: Vec<PerFamily<Mac>>,
    /// The addresses of each pod.
    pub(super) pods: Vec<PerFamily<IpAddr>>,
    /// The cluster addresses of each service.
    pub(super) services: Vec<PerFamily<IpAddr>>,
    /// The node ports of each service, and its ports of the proxy.
    pub(super) node_ports: Vec<NodePorts>,
    /// The addresses of each container, node by node.
    pub(super) containers: Vec<Vec<PerFamily<IpAddr>>>,
}

/// Gives out everything. Addresses of load balancers are noted with the service itself, beside
/// those that it asks for.
pub(super) fn allocate(bound: &mut Bound, ledger: &mut Ledger) -> Allocated {
    let Bound { cluster, nodes, pods, services, dockers, .. } = bound;
    let nodes = &nodes.all;
    let blocks = blocks::allocate(cluster, nodes, ledger);
    let vteps = vteps::allocate(cluster, nodes, ledger);
    let gateways = gateways::allocate(cluster, nodes, &blocks, ledger);
    let places = pods::Places { nodes, blocks: &blocks, gateways: &gateways };
    let pods = pods::allocate(cluster, &places, pods, ledger);
    let addresses = services::allocate(cluster, services, ledger);
    load_balancers::allocate(cluster, nodes, services, &addresses, ledger);
    let node_ports = node_ports::allocate(cluster, services, ledger);
    let containers = docker::allocate(dockers, ledger);
    Allocated { blocks, gateways, vteps, pods, services: addresses, node_ports, containers }
}

/// The numbers of the addresses of a network.
fn numbers(net: IpNet) -> RangeInclusive<u128> {
    number(net.network())..=number(net.broadcast())
}

/// The numbers of the addresses that hosts of a network can have: not its first, which names
/// the network (or is the subnet-router anycast address, RFC 4291 section 2.6.1), and in IPv4
/// not its last, the broadcast address.
fn host_numbers(net: IpNet) -> RangeInclusive<u128> {
    let all = numbers(net);
    let last = match Family::of_net(net) {
        Family::V4 => all.end().saturating_sub(1),
        Family::V6 => *all.end(),
    };
    all.start().saturating_add(1)..=last
}

/// The range that holds one address.
fn only(address: IpAddr) -> RangeInclusive<u128> {
    number(address)..=number(address)
}

/// The network that begins with an address number.
fn network(family: Family, first: u128, prefix: u8) -> Option<IpNet> {
    IpNet::new(family.address(first), prefix).ok()
}
