//! What rules match, and their one form as text.
//!
//! Rules are held in the form in which `nft list` prints them, but for two things that it leaves
//! out or that differ by version (nft 1.0.6): that an address comes with a port (`dnat ip addr .
//! port to`), and what a `reject` answers, which is the default of its family. Rules that are
//! found are brought to the same form (`kernel/nft`).

use super::family_name;
use crate::model::Family;
use crate::object::text::{push_address, push_network, push_number};
use ipnet::IpNet;
use netc_lang::Protocol;
use std::net::IpAddr;

/// What a packet must be.
#[derive(Clone, Copy, Debug)]
pub enum Condition<'a> {
    /// Anything.
    Any,
    /// The first of a connection.
    New,
    /// Of a connection that was answered, or that comes of one.
    Established,
    /// Of a connection whose destination was translated.
    Translated,
    /// From an address in one of some networks, or in none of them.
    Source {
        /// In none of them.
        not: bool,
        /// The networks.
        nets: &'a [IpNet],
    },
    /// From an address in a set.
    SourceIn(&'a str),
    /// From an address of the node.
    SourceLocal,
    /// To an address in one of some networks, or in none of them.
    Destination {
        /// In none of them.
        not: bool,
        /// The networks.
        nets: &'a [IpNet],
    },
    /// To an address in a set.
    DestinationIn(&'a str),
    /// To an address of the node.
    DestinationLocal,
    /// Come in by a device, or not; `*` at the end stands for any other end.
    InDevice {
        /// Or not.
        not: bool,
        /// The name.
        name: &'a str,
    },
    /// To go out by a device, or not.
    OutDevice {
        /// Or not.
        not: bool,
        /// The name.
        name: &'a str,
    },
    /// Of a protocol.
    Protocol(Protocol),
    /// Of ICMP.
    Icmp,
    /// Neighbour discovery: a solicitation or an advertisement.
    NeighbourDiscovery,
    /// To a port of a protocol.
    To(Protocol, u16),
    /// Of one of the protocols that have ports.
    Ports,
    /// Marked with a bit, or not.
    Marked {
        /// Not marked.
        not: bool,
        /// The bit.
        bit: u32,
    },
    /// Marked with this and nothing else.
    Mark(u32),
    /// For what a set has.
    In(Portal, &'a str),
}

/// What tells what a packet is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Portal {
    /// Destination, protocol and port.
    Service,
    /// Protocol and port.
    NodePort,
    /// Source, destination, protocol and port.
    Flow,
}

impl Portal {
    /// Appends the expression.
    pub(super) fn push(self, out: &mut String, family: Family) {
        let name = family_name(family);
        for (end, with) in [(" saddr . ", Portal::Flow), (" daddr . ", Portal::Service)] {
            if self == with || self == Portal::Flow {
                out.push_str(name);
                out.push_str(end);
            }
        }
        out.push_str("meta l4proto . th dport");
    }
}

impl Condition<'_> {
    /// Appends the condition; nothing, if it is none.
    pub(super) fn push(self, out: &mut String, family: Family) {
        match self {
            Condition::Any => {}
            Condition::New => out.push_str("ct state new"),
            Condition::Established => out.push_str("ct state established,related"),
            Condition::Translated => out.push_str("ct status dnat"),
            Condition::Source { not, nets } => push_end(out, family, " saddr ", not, nets),
            Condition::SourceIn(set) => push_in(out, family, " saddr @", set),
            Condition::SourceLocal => out.push_str("fib saddr type local"),
            Condition::Destination { not, nets } => push_end(out, family, " daddr ", not, nets),
            Condition::DestinationIn(set) => push_in(out, family, " daddr @", set),
            Condition::DestinationLocal => out.push_str("fib daddr type local"),
            Condition::InDevice { not, name } => push_device(out, "iifname ", not, name),
            Condition::OutDevice { not, name } => push_device(out, "oifname ", not, name),
            Condition::Protocol(protocol) => {
                out.push_str("meta l4proto ");
                out.push_str(protocol.name());
            }
            Condition::Icmp => out.push_str(match family {
                Family::V4 => "ip protocol icmp",
                Family::V6 => "meta l4proto ipv6-icmp",
            }),
            Condition::NeighbourDiscovery => {
                out.push_str("icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }");
            }
            Condition::To(protocol, port) => {
                out.push_str(protocol.name());
                out.push_str(" dport ");
                push_number(out, port.into());
            }
            Condition::Ports => out.push_str("meta l4proto { tcp, udp, sctp }"),
            Condition::Marked { not, bit } => {
                push_mark(out, "meta mark & ", bit);
                out.push_str(if not { " == 0x00000000" } else { " != 0x00000000" });
            }
            Condition::Mark(mark) => push_mark(out, "meta mark ", mark),
            Condition::In(portal, set) => {
                portal.push(out, family);
                out.push_str(" @");
                out.push_str(set);
            }
        }
    }
}

/// Appends a mark behind what is said of it.
pub(super) fn push_mark(out: &mut String, before: &str, mark: u32) {
    out.push_str(before);
    out.push_str("0x");
    let digits = (0..8).rev().map(|place| mark >> (4 * place) & 0xf);
    out.extend(digits.filter_map(|digit| char::from_digit(digit, 16)));
}

fn push_device(out: &mut String, end: &str, not: bool, name: &str) {
    let pieces = [end, if not { "!= " } else { "" }, "\"", name, "\""];
    pieces.into_iter().for_each(|piece| out.push_str(piece));
}

fn push_in(out: &mut String, family: Family, end: &str, set: &str) {
    out.push_str(family_name(family));
    out.push_str(end);
    out.push_str(set);
}

/// An end of a packet's way among some networks. The kernel keeps them as ranges in order, joined
/// where they touch; one alone needs no braces.
fn push_end(out: &mut String, family: Family, end: &str, not: bool, nets: &[IpNet]) {
    push_in(out, family, end, if not { "!= " } else { "" });
    if let [net] = nets {
        let (first, last) = range(net);
        return push_range(out, family, first, last);
    }
    match ranges(nets).as_slice() {
        [(first, last)] => push_range(out, family, *first, *last),
        all => {
            out.push_str("{ ");
            for (place, (first, last)) in all.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                push_range(out, family, *first, *last);
            }
            out.push_str(" }");
        }
    }
}

/// Networks as ranges of addresses, sorted, joined where they touch or overlap.
fn ranges(nets: &[IpNet]) -> Vec<(u128, u128)> {
    let mut all: Vec<(u128, u128)> = nets.iter().map(range).collect();
    all.sort_unstable();
    all.dedup_by(|next, before| {
        let touches = next.0 <= before.1.saturating_add(1);
        if touches {
            before.1 = before.1.max(next.1);
        }
        touches
    });
    all
}

fn range(net: &IpNet) -> (u128, u128) {
    (bits(net.network()), bits(net.broadcast()))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Appends a range as a network, if it is one: an address alone without its length.
fn push_range(out: &mut String, family: Family, first: u128, last: u128) {
    let size = last - first;
    let (host, whole) = (size.count_ones(), u32::from(family.bits()));
    let is_net = size & size.wrapping_add(1) == 0 && first & size == 0;
    let address = family.address(first);
    if !is_net {
        push_address(out, address);
        out.push('-');
        push_address(out, family.address(last));
    } else if host == 0 {
        push_address(out, address);
    } else {
        let prefix = u8::try_from(whole - host).unwrap_or_default();
        push_network(out, IpNet::new(address, prefix).unwrap_or(address.into()));
    }
}

/// Appends a number.
pub(super) fn push_count(out: &mut String, count: usize) {
    push_number(out, u32::try_from(count).unwrap_or(u32::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(family: Family, condition: Condition) -> String {
        let mut out = String::new();
        condition.push(&mut out, family);
        out
    }

    #[test]
    fn networks_are_ranges_that_are_joined_where_they_touch() {
        let nets = |text: &str| -> Vec<IpNet> {
            text.split(' ').map(|net| net.parse().unwrap()).collect()
        };
        let source =
            |not, text: &str| said(Family::V4, Condition::Source { not, nets: &nets(text) });
        assert_eq!(source(true, "10.0.0.0/8"), "ip saddr != 10.0.0.0/8");
        assert_eq!(source(false, "10.0.0.1/32"), "ip saddr 10.0.0.1");
        let ranges = "203.0.113.5/32 192.168.0.0/16 203.0.113.4/32";
        assert_eq!(source(true, ranges), "ip saddr != { 192.168.0.0/16, 203.0.113.4/31 }");
        let ranges = "10.0.0.5/32 10.0.0.6/32 10.0.0.7/32 10.0.0.6/31";
        assert_eq!(source(false, ranges), "ip saddr 10.0.0.5-10.0.0.7");
        assert_eq!(source(true, "0.0.0.0/0"), "ip saddr != 0.0.0.0/0");
        let net = nets("fd00::/64");
        let condition = Condition::Destination { not: false, nets: &net };
        assert_eq!(said(Family::V6, condition), "ip6 daddr fd00::/64");
    }

    #[test]
    fn devices_and_ports_are_told_as_nft_tells_them() {
        let v4 = |condition| said(Family::V4, condition);
        let name = "docker0";
        assert_eq!(v4(Condition::OutDevice { not: true, name }), "oifname != \"docker0\"");
        assert_eq!(v4(Condition::InDevice { not: false, name }), "iifname \"docker0\"");
        assert_eq!(v4(Condition::To(Protocol::Udp, 53)), "udp dport 53");
        assert_eq!(v4(Condition::Established), "ct state established,related");
    }

    #[test]
    fn portals_name_what_a_packet_is_for() {
        let portal = |portal| said(Family::V6, Condition::In(portal, "s"));
        assert_eq!(portal(Portal::NodePort), "meta l4proto . th dport @s");
        assert_eq!(portal(Portal::Service), "ip6 daddr . meta l4proto . th dport @s");
        let flow = "ip6 saddr . ip6 daddr . meta l4proto . th dport @s";
        assert_eq!(portal(Portal::Flow), flow);
    }
}
