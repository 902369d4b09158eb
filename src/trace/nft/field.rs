//! What rules look at: fields of a packet, and their values.

use super::super::verdict::View;
use super::super::{Packet, Payload, TrackState};
use super::words::Words;
use crate::model::Family;
use crate::object::family_name;
use crate::object::text::{push_address, push_number};
use netc_lang::Protocol;
use std::net::{IpAddr, Ipv4Addr};

/// Something of a packet that rules ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Field {
    /// Where it comes from.
    Source,
    /// Where it goes.
    Destination,
    /// What kind of address its source is here, `saddr`, or its destination.
    Kind { of_source: bool },
    /// What it carries.
    Protocol,
    /// The destination port, or the source port, of a protocol, or of any.
    Port { source: bool, of: Option<Protocol> },
    /// The kind of a message of ICMP of a family.
    Icmp(Family),
    /// The device that it came in by.
    Input,
    /// The device that it is to go out by.
    Output,
    /// Its mark, worked on.
    Mark(Vec<(Operator, u32)>),
    /// The state of its connection.
    State,
    /// What was done with its connection.
    Status,
    /// Its direction in the connection.
    Direction,
}

/// How bits are joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    And,
    Or,
    Xor,
}

/// What a field of a packet is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value<'p> {
    Address(IpAddr),
    /// Any free one, if there is none.
    Port(Option<u16>),
    Word(&'static str),
    Device(&'p str),
    Mark(u32),
    /// Any of these.
    Flags(Vec<&'static str>),
}

/// The ends that a key is made of: which of several packets it tells apart.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Ends {
    pub(super) source: bool,
    pub(super) destination: bool,
}

impl Field {
    /// Reads a field of a packet of a family.
    pub(super) fn read(words: &mut Words, family: Family) -> Option<Field> {
        let first = words.next()?;
        match first {
            "iifname" | "iif" => return Some(Field::Input),
            "oifname" | "oif" => return Some(Field::Output),
            _ => {}
        }
        let second = words.next()?;
        Some(match (first, second) {
            ("ip" | "ip6", _) if first != family_name(family) => return None,
            ("ip" | "ip6", "saddr") => Field::Source,
            ("ip" | "ip6", "daddr") => Field::Destination,
            ("ip", "protocol") | ("ip6", "nexthdr") | ("meta", "l4proto") => Field::Protocol,
            ("meta", "mark") => Field::Mark(operations(words)?),
            ("fib", "saddr") => {
                return words.has("type").then_some(Field::Kind { of_source: true });
            }
            ("fib", "daddr") => {
                return words.has("type").then_some(Field::Kind { of_source: false });
            }
            ("icmp", "type") => Field::Icmp(Family::V4),
            ("icmpv6", "type") => Field::Icmp(Family::V6),
            ("ct", "state") => Field::State,
            ("ct", "status") => Field::Status,
            ("ct", "direction") => Field::Direction,
            (protocol, "sport" | "dport") => {
                let source = second == "sport";
                match protocol_named(protocol) {
                    None if protocol == "th" => Field::Port { source, of: None },
                    of => Field::Port { source, of: Some(of?) },
                }
            }
            _ => return None,
        })
    }

    /// Which ends it is made of.
    pub(super) fn ends(&self) -> Ends {
        let (source, destination) = match self {
            Field::Source | Field::Kind { of_source: true } => (true, false),
            Field::Destination | Field::Kind { of_source: false } => (false, true),
            _ => (false, false),
        };
        Ends { source, destination }
    }

    /// Its value in a packet from one address to another; `None` if such a packet has none.
    pub(super) fn value<'p>(
        &self,
        packet: &'p Packet,
        (source, destination): (IpAddr, IpAddr),
        view: &View,
    ) -> Option<Value<'p>> {
        Some(match self {
            Field::Source => Value::Address(source),
            Field::Destination => Value::Address(destination),
            Field::Kind { of_source } => {
                Value::Word(kind(if *of_source { source } else { destination }, view))
            }
            Field::Protocol => Value::Word(packet.payload.name(packet.family())),
            Field::Port { source, of } => {
                let protocol = packet.payload.protocol()?;
                if of.is_some_and(|of| of != protocol) {
                    return None;
                }
                let payload = packet.payload;
                Value::Port(if *source { payload.source() } else { payload.destination() })
            }
            Field::Icmp(family) => match packet.payload {
                Payload::Echo { reply } if *family == packet.family() => {
                    Value::Word(if reply { "echo-reply" } else { "echo-request" })
                }
                _ => return None,
            },
            // Without a device it is an empty name (`nft_meta_store_ifname` in net/netfilter/nft_meta.c).
            Field::Input => Value::Device(packet.input.as_ref().map_or("", |own| &own.name)),
            Field::Output => Value::Device(packet.output.as_ref().map_or("", |own| &own.name)),
            Field::Mark(operations) => Value::Mark(worked(packet.mark, operations)),
            Field::State => Value::Word(match packet.tracked.state {
                TrackState::New => "new",
                TrackState::Established => "established",
                TrackState::Untracked => "untracked",
                TrackState::Invalid => "invalid",
            }),
            Field::Status => Value::Flags(status(packet)),
            Field::Direction => {
                Value::Word(if packet.tracked.reply { "reply" } else { "original" })
            }
        })
    }
}

impl Value<'_> {
    /// Appends it as elements of sets have it; nothing, if they cannot.
    pub(super) fn push(&self, out: &mut String) -> Option<()> {
        match self {
            Value::Address(address) => push_address(out, *address),
            Value::Port(port) => push_number(out, (*port)?.into()),
            Value::Word(word) => out.push_str(word),
            Value::Device(name) => {
                ["\"", name, "\""].into_iter().for_each(|piece| out.push_str(piece));
            }
            Value::Mark(mark) => out.push_str(&format!("0x{mark:08x}")),
            Value::Flags(_) => return None,
        }
        Some(())
    }
}

/// Takes `& 0x00004000`, and more of the kind.
pub(super) fn operations(words: &mut Words) -> Option<Vec<(Operator, u32)>> {
    let mut all = Vec::new();
    loop {
        let operator = match words.peek() {
            Some("&") => Operator::And,
            Some("|") => Operator::Or,
            Some("^") => Operator::Xor,
            _ => return Some(all),
        };
        words.next();
        all.push((operator, number(words.next()?)?));
    }
}

/// A mark that was worked on.
pub(super) fn worked(mark: u32, operations: &[(Operator, u32)]) -> u32 {
    operations.iter().fold(mark, |mark, (operator, bits)| match operator {
        Operator::And => mark & bits,
        Operator::Or => mark | bits,
        Operator::Xor => mark ^ bits,
    })
}

/// A number, in hexadecimal or decimal figures.
pub(super) fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(figures) => u32::from_str_radix(figures, 16).ok(),
        None => word.parse().ok(),
    }
}

fn protocol_named(name: &str) -> Option<Protocol> {
    [Protocol::Tcp, Protocol::Udp, Protocol::Sctp].into_iter().find(|one| one.name() == name)
}

/// The kind of an address (`enum` of `RTN_` in linux/rtnetlink.h, as nft(8) names them).
fn kind(address: IpAddr, view: &View) -> &'static str {
    if (view.is_local)(address) {
        "local"
    } else if address.is_multicast() {
        "multicast"
    } else if address == IpAddr::V4(Ipv4Addr::BROADCAST) {
        "broadcast"
    } else {
        "unicast"
    }
}

fn status(packet: &Packet) -> Vec<&'static str> {
    let answered = packet.tracked.state == TrackState::Established;
    let all = [
        ("dnat", packet.tracked.dnat),
        ("snat", packet.tracked.snat),
        ("seen-reply", answered),
        ("confirmed", answered),
    ];
    all.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect()
}
