//! What no system looks after: namespaces, devices, addresses, routes, parameters and rules that
//! are stated one by one.

use super::Family;
use crate::object::{Hook, PolicyAction, RouteKind, RouteScope, Table};
use ipnet::IpNet;
use netc_lang::{Mac, Marked, Protocol, Span, Spanned, Translation};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The primitives of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Primitives {
    /// The `primitives` statement.
    pub span: Span,
    /// Namespaces.
    pub namespaces: Vec<Spanned<String>>,
    /// Bridges.
    pub bridges: Vec<PlainBridge>,
    /// Veth pairs.
    pub pairs: Vec<VethPair>,
    /// Addresses, those of bridges among them.
    pub addresses: Vec<PlainAddress>,
    /// Routes.
    pub routes: Vec<PlainRoute>,
    /// Rules of the routing policy.
    pub policy: Vec<Policing>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// Chains, in the order of their statements.
    pub chains: Vec<PlainChain>,
}

/// The name of something, and the namespace that it is in; the node's own if there is none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Spot {
    /// The namespace.
    pub netns: Option<String>,
    /// The name.
    pub name: String,
}

/// A bridge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainBridge {
    /// The `bridge` statement.
    pub span: Span,
    /// Its name.
    pub at: Spanned<Spot>,
    /// Its MTU, in bytes, if stated.
    pub mtu: Option<Spanned<u32>>,
    /// Its Ethernet address, if stated.
    pub mac: Option<Mac>,
    /// The devices in it.
    pub ports: Vec<PlainPort>,
}

/// A port of a bridge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainPort {
    /// The `port` statement.
    pub span: Span,
    /// The device.
    pub device: Spanned<String>,
    /// The bridge may send a packet back to it.
    pub hairpin: bool,
}

/// A veth pair.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VethPair {
    /// The `veth` statement.
    pub span: Span,
    /// Both ends, each with its Ethernet address, if stated.
    pub ends: [(Spanned<Spot>, Option<Mac>); 2],
    /// The MTU of both, in bytes.
    pub mtu: u32,
}

/// An address on a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainAddress {
    /// The statement.
    pub span: Span,
    /// The address with the length of its network.
    pub address: IpNet,
    /// The device.
    pub on: Spanned<Spot>,
}

/// A route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainRoute {
    /// The `route` statement.
    pub span: Span,
    /// Where it is.
    pub netns: Option<Spanned<String>>,
    /// The table.
    pub table: u32,
    /// What becomes of packets.
    pub kind: RouteKind,
    /// Where it leads.
    pub destination: Spanned<IpNet>,
    /// The next hop.
    pub gateway: Option<Spanned<IpAddr>>,
    /// The device; none only where packets go nowhere, once names are bound.
    pub device: Option<Spanned<String>>,
    /// Where connections of the host's own come from.
    pub source: Option<Spanned<IpAddr>>,
    /// How far away the destination is.
    pub scope: RouteScope,
    /// The gateway is on the link, whatever its address.
    pub onlink: bool,
}

/// A rule of the routing policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policing {
    /// The `rule` statement.
    pub span: Span,
    /// Where it is.
    pub netns: Option<Spanned<String>>,
    /// Of which family.
    pub family: Family,
    /// It holds for everything else.
    pub not: bool,
    /// Where packets come from.
    pub from: Option<Spanned<IpNet>>,
    /// Where they go.
    pub to: Option<Spanned<IpNet>>,
    /// By which device they come in.
    pub iif: Option<Spanned<String>>,
    /// To which device their socket is bound.
    pub oif: Option<Spanned<String>>,
    /// Their mark.
    pub mark: Option<Spanned<Marked>>,
    /// Its place among all rules.
    pub priority: Spanned<u32>,
    /// What is done with them.
    pub action: PolicyAction,
}

/// A parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// The `sysctl` statement.
    pub span: Span,
    /// Where it is.
    pub netns: Option<Spanned<String>>,
    /// Its dotted name.
    pub key: Spanned<String>,
    /// Its value.
    pub value: String,
}

impl Parameter {
    /// The device whose parameter it is, if it is one's: `net.ipv4.conf.DEVICE.…`.
    #[must_use]
    pub fn device(&self) -> Option<String> {
        let parts: Vec<&str> = self.key.value.split('.').collect();
        match parts.as_slice() {
            ["net", "ipv4" | "ipv6", "conf" | "neigh", device, ..]
                if !matches!(*device, "all" | "default") =>
            {
                Some(device.replace('/', "."))
            }
            _ => None,
        }
    }
}

/// A chain of iptables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainChain {
    /// The `chain` statement.
    pub span: Span,
    /// The table.
    pub table: Table,
    /// The family.
    pub family: Family,
    /// Its name.
    pub name: Spanned<String>,
    /// The built-in chains that lead to it; before all others or behind them.
    pub on: Vec<(Spanned<Hook>, bool)>,
    /// Its rules.
    pub rules: Vec<PlainRule>,
}

/// A rule of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainRule {
    /// The `rule` statement.
    pub span: Span,
    /// Its conditions, in the order in which they are written into the kernel.
    pub conditions: Vec<Spanned<Condition>>,
    /// What it does.
    pub target: Spanned<Verdict>,
}

/// A condition of a rule; `true` turns it round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Where the packet comes from.
    Source(bool, IpNet),
    /// Where it goes.
    Destination(bool, IpNet),
    /// The device by which it came in.
    InInterface(bool, String),
    /// The device by which it goes out.
    OutInterface(bool, String),
    /// Its protocol.
    Protocol(bool, Transport),
    /// Ports that it comes from and goes to, of one protocol.
    Ports {
        /// The protocol.
        protocol: Protocol,
        /// Where it comes from.
        source: Option<(bool, RangeInclusive<u16>)>,
        /// Where it goes.
        destination: Option<(bool, RangeInclusive<u16>)>,
    },
    /// The type of its source.
    SourceType(bool, &'static str),
    /// The type of its destination.
    DestinationType(bool, &'static str),
    /// The states of its connection, in the kernel's order and words.
    States(bool, Vec<&'static str>),
    /// Its mark.
    Mark(bool, Marked),
    /// A remark.
    Comment(String),
}

/// A protocol above IP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// One with ports.
    Ports(Protocol),
    /// ICMP of the family.
    Icmp,
}

/// What a rule does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The packet passes.
    Accept,
    /// It is dropped.
    Drop,
    /// The chain that led here goes on.
    Return,
    /// It is refused.
    Reject,
    /// Another chain is asked.
    Jump(String),
    /// Its source becomes the address of the device that it goes out by.
    Masquerade {
        /// Ports are picked at random.
        random_fully: bool,
    },
    /// Its source becomes another.
    Snat(Translation),
    /// Its destination becomes another.
    Dnat(Translation),
    /// It goes to a port of the host itself.
    Redirect(u16),
    /// It gets a mark.
    SetMark(Marked),
    /// It is logged.
    Log(Option<String>),
    /// Its connection is not tracked.
    NoTrack,
}

/// The MTU of Ethernet.
const MTU: u32 = 1500;

impl Primitives {
    /// The least MTU of a bridge's ports, which the kernel gives to the bridge (br_if.c,
    /// `br_mtu_auto_adjust`).
    #[must_use]
    pub fn mtu_of_ports(&self, bridge: &PlainBridge) -> Option<u32> {
        let is_port = |end: &Spot| {
            end.netns == bridge.at.value.netns
                && bridge.ports.iter().any(|port| port.device.value == end.name)
        };
        let pairs = self.pairs.iter().filter(|pair| {
            let [(one, _), (other, _)] = &pair.ends;
            is_port(&one.value) || is_port(&other.value)
        });
        pairs.map(|pair| pair.mtu).min()
    }

    /// The MTU of a bridge.
    #[must_use]
    pub fn mtu(&self, bridge: &PlainBridge) -> u32 {
        let stated = bridge.mtu.map(|mtu| mtu.value);
        stated.or_else(|| self.mtu_of_ports(bridge)).unwrap_or(MTU)
    }

    /// The marks that its rules set, each with the bits that change, and where.
    pub fn marks_set(&self) -> impl Iterator<Item = Spanned<Marked>> {
        let rules = self.chains.iter().flat_map(|chain| &chain.rules);
        rules.filter_map(|rule| match rule.target.value {
            Verdict::SetMark(mark) => Some(Spanned::new(mark, rule.target.span)),
            _ => None,
        })
    }

    /// The devices that it makes, and where each is stated.
    pub fn devices(&self) -> impl Iterator<Item = &Spanned<Spot>> {
        let ends = self.pairs.iter().flat_map(|pair| pair.ends.iter().map(|(end, _)| end));
        self.bridges.iter().map(|bridge| &bridge.at).chain(ends)
    }
}
