//! Identities.

use super::{
    ChainName, Hook, MAIN_TABLE, Netns, Place, SetName, Table, Text, VirtualAddress, family_name,
    is_chain,
};
use crate::model::{Engine, Family, PublicKey};
use ipnet::IpNet;
use netc_lang::Mac;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// What tells one object from every other of its node.
///
/// The order of the variants is the order in which objects are made when nothing else decides
/// (netspec section 7): parameters, devices, keys, addresses, up, neighbours, forwarding entries,
/// peers, routes, rules of the routing policy, sets, virtual servers, the addresses that these answer to, programs that serve, tables, chains, the jumps that bring
/// them into use, and last the connections that these no longer allow.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Id {
    /// A device that must be there.
    Underlay(Text),
    /// A kernel module.
    Module(Text),
    /// A kernel parameter, by its dotted name.
    Sysctl(Netns, Text),
    /// A network namespace.
    Netns(Text),
    /// A device.
    Link(Netns, Text),
    /// The bridge membership of a device.
    Port(Netns, Text),
    /// The key of a device of wireguard.
    Wireguard(Netns, Text),
    /// An address on a device.
    Address(Netns, Text, IpNet),
    /// That a device is up.
    Up(Netns, Text),
    /// A neighbour entry of a device.
    Neighbour(Netns, Text, IpAddr),
    /// A forwarding entry of a device.
    Fdb(Netns, Text, Mac),
    /// A peer of a device of wireguard.
    WireguardPeer(Netns, Text, PublicKey),
    /// A route of a table.
    Route(Netns, u32, IpNet),
    /// A rule of the routing policy, by its priority.
    PolicyRule(Netns, Family, u32),
    /// A set that rules look into.
    Set(SetName),
    /// A virtual server of IPVS.
    Virtual(VirtualAddress),
    /// A program that takes connections.
    Balancer(Engine),
    /// A table of nf_tables.
    NftTable(Family, Text),
    /// The iptables chains of a table.
    Ruleset(Family, Table),
    /// A jump from a built-in chain.
    Jump(Family, Table, Hook, Place, ChainName),
    /// Stale connections of UDP to an address, or to any, and a port.
    Flush(Family, Option<IpAddr>, u16),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Underlay(name) => write!(f, "device {name} of the node"),
            Id::Module(name) => write!(f, "module {name}"),
            Id::Sysctl(netns, key) => write!(f, "sysctl {key}{netns}"),
            Id::Netns(name) => write!(f, "namespace {name}"),
            Id::Link(netns, name) => write!(f, "device {name}{netns}"),
            Id::Port(netns, name) => write!(f, "bridge port {name}{netns}"),
            Id::Wireguard(netns, link) => write!(f, "key of {link}{netns}"),
            Id::Address(netns, link, address) => write!(f, "address {address} on {link}{netns}"),
            Id::Up(netns, name) => write!(f, "device {name} up{netns}"),
            Id::Neighbour(netns, link, to) => write!(f, "neighbour {to} on {link}{netns}"),
            Id::Fdb(netns, link, mac) => write!(f, "forwarding entry {mac} on {link}{netns}"),
            Id::WireguardPeer(netns, link, key) => write!(f, "peer {key} of {link}{netns}"),
            Id::Route(netns, MAIN_TABLE, to) => write!(f, "route {to}{netns}"),
            Id::Route(netns, table, to) => write!(f, "route {to} of table {table}{netns}"),
            Id::PolicyRule(netns, family, priority) => {
                write!(f, "{family} routing rule {priority}{netns}")
            }
            Id::Set(name) => write!(f, "set {name}"),
            Id::Virtual(address) => write!(f, "virtual server {address}"),
            Id::Balancer(engine) => write!(f, "configuration of {}", engine.word()),
            Id::NftTable(family, name) => write!(f, "table {} {name}", family_name(*family)),
            Id::Ruleset(family, table) => write!(f, "{family} chains of table {table}"),
            Id::Jump(family, table, hook, _, to) if !is_chain(to.as_str()) => {
                write!(f, "{family} rule of {hook} of table {table}: {to}")
            }
            Id::Jump(family, table, hook, _, to) => {
                write!(f, "{family} jump from {hook} of table {table} to {to}")
            }
            Id::Flush(family, None, port) => {
                write!(f, "stale {family} connections to UDP port {port}")
            }
            Id::Flush(_, Some(address), port) => {
                write!(f, "stale connections to UDP {}", SocketAddr::new(*address, *port))
            }
        }
    }
}
