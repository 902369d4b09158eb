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

pub(super) use blocks::allocate as blocks;
pub(super) use docker::allocate as containers;
pub(super) use gateways::allocate as gateways;
pub(super) use load_balancers::allocate as load_balancers;
pub(super) use node_ports::{NodePorts, allocate as node_ports};
pub(super) use pods::{Places, allocate as pods};
pub(super) use services::allocate as services;
pub(super) use vteps::allocate as vteps;

use super::{Family, Lock, number};
use ipnet::IpNet;
use netc_lang::Diagnostic;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// What the steps of allocation share: the lock as it was, the lock as it will be, the faults.
pub(super) struct Ledger<'l> {
    pub(super) old: &'l Lock,
    pub(super) new: Lock,
    pub(super) faults: Vec<Diagnostic>,
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
