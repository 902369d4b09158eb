//! What a node's kernel can hold: one type per file, each with its identity and the
//! identities it needs.
//!
//! An object says what is to be, not how to get there. Two objects are one and the same if
//! their [`Id`]s are equal, and agree if their states are.

mod address;
mod aside;
mod balancer;
mod chain;
mod chains;
mod fdb;
mod flush;
mod id;
mod ipset;
mod jump;
mod link;
mod module;
mod neighbour;
mod netns;
mod nft;
mod objects;
mod policy_rule;
mod port;
mod route;
mod rule;
mod rule_text;
mod ruleset;
mod sysctl;
pub mod text;
mod underlay;
mod up;
mod virtual_server;
mod wireguard;

pub use address::Address;
pub use aside::Aside;
pub use balancer::{
    Balancer, CERTIFICATES, Health, Material, certificate_line, certificates_command, config_file,
};
pub use chain::{ChainName, Table};
pub use chains::Chains;
pub use fdb::Fdb;
pub use flush::Flush;
pub use id::Id;
pub use ipset::{Ipset, Member, SetKind, SetName};
pub use jump::{Hook, Jump, Place, decides, is_chain};
pub use link::{Link, LinkKind, Peer, SERVICE_DEVICE, TUN, Vxlan};
pub use module::Module;
pub use neighbour::Neighbour;
pub use netns::{Netns, NetnsObject};
pub use nft::{
    Base, Condition, Field, Lines, NftChain, NftSet, NftTable, Portal, Reference, Statement,
    element_key, family_name, read_types, references,
};
pub use objects::Objects;
pub(crate) use objects::conflict;
pub use policy_rule::{PolicyAction, PolicyRule};
pub use port::Port;
pub use route::{MAIN_TABLE, PROTOCOL, Route, RouteKind, RouteScope};
pub use rule::{ConntrackStates, Match, Probability, Side, Target};
pub use ruleset::{Chain, Rule, Ruleset, target};
pub use sysctl::Sysctl;
pub use underlay::Underlay;
pub use up::Up;
pub use virtual_server::{
    Forwarding, RealServer, Scheduling, Shift, VirtualAddress, VirtualServer,
};
pub use wireguard::{Wireguard, WireguardPeer};

use netc_lang::Span;
use std::sync::Arc;

/// A short text that many objects share.
pub type Text = Arc<str>;

/// Something that is to be in a node's kernel, and why.
#[derive(Clone, PartialEq, Debug)]
pub struct Object {
    /// What is to be.
    pub state: State,
    /// The statement that asked for it first.
    pub origin: Span,
    /// Other statements that asked for it.
    pub others: Vec<Span>,
}

/// The kinds of object.
#[derive(Clone, PartialEq, Debug)]
pub enum State {
    /// A device of the node that netc does not make.
    Underlay(Underlay),
    /// A kernel module.
    Module(Module),
    /// A kernel parameter.
    Sysctl(Sysctl),
    /// A network namespace.
    Netns(NetnsObject),
    /// A network device.
    Link(Link),
    /// A device's membership in a bridge.
    Port(Port),
    /// The key of a device of wireguard.
    Wireguard(Wireguard),
    /// An address on a device.
    Address(Address),
    /// That a device is up.
    Up(Up),
    /// A neighbour entry.
    Neighbour(Neighbour),
    /// A forwarding entry.
    Fdb(Fdb),
    /// A peer of a device of wireguard.
    WireguardPeer(WireguardPeer),
    /// A route.
    Route(Route),
    /// A rule of the routing policy.
    PolicyRule(PolicyRule),
    /// A set that rules look into.
    Set(Ipset),
    /// A virtual server of IPVS.
    Virtual(VirtualServer),
    /// A program that takes connections and passes them on.
    Balancer(Balancer),
    /// A table of nf_tables.
    NftTable(NftTable),
    /// The iptables chains of netc's own in one table.
    Ruleset(Ruleset),
    /// A jump from a built-in chain to one of netc's own.
    Jump(Jump),
    /// That no connection of UDP is stale.
    Flush(Flush),
}

impl State {
    /// What tells this object from every other one.
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            State::Underlay(object) => object.id(),
            State::Module(object) => object.id(),
            State::Sysctl(object) => object.id(),
            State::Netns(object) => object.id(),
            State::Link(object) => object.id(),
            State::Port(object) => object.id(),
            State::Wireguard(object) => object.id(),
            State::Address(object) => object.id(),
            State::Up(object) => object.id(),
            State::Neighbour(object) => object.id(),
            State::Fdb(object) => object.id(),
            State::WireguardPeer(object) => object.id(),
            State::Route(object) => object.id(),
            State::PolicyRule(object) => object.id(),
            State::Set(object) => object.id(),
            State::Virtual(object) => object.id(),
            State::Balancer(object) => object.id(),
            State::NftTable(object) => object.id(),
            State::Ruleset(object) => object.id(),
            State::Jump(object) => object.id(),
            State::Flush(object) => object.id(),
        }
    }

    /// Names, one after the other, what must be there before this object.
    pub fn needs(&self, name: &mut dyn FnMut(Id)) {
        match self {
            State::Underlay(_)
            | State::Module(_)
            | State::Netns(_)
            | State::Set(_)
            | State::Balancer(_)
            | State::NftTable(_)
            | State::Ruleset(_) => {}
            State::Sysctl(object) => object.needs().for_each(name),
            State::Link(object) => object.needs().for_each(name),
            State::Port(object) => object.needs().into_iter().for_each(name),
            State::Wireguard(object) => name(object.needs()),
            State::Address(object) => object.needs().for_each(name),
            State::Up(object) => object.needs().into_iter().for_each(name),
            State::Neighbour(object) => name(object.needs()),
            State::Fdb(object) => name(object.needs()),
            State::WireguardPeer(object) => name(object.needs()),
            State::Route(object) => object.needs().for_each(name),
            State::PolicyRule(object) => object.needs().into_iter().for_each(name),
            State::Virtual(object) => object.after.iter().cloned().for_each(name),
            State::Jump(object) => name(object.needs()),
            State::Flush(object) => name(object.needs()),
        }
    }

    /// A further identity that comes into being with this object: the other end of a veth pair.
    #[must_use]
    pub fn also(&self) -> Option<Id> {
        match self {
            State::Link(link) => link.also(),
            _ => None,
        }
    }
}
