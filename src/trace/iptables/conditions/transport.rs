//! Conditions on what packets carry.

use super::Asked;
use crate::model::Family;
use crate::trace::iptables::words::{self, Words};
use crate::trace::{Payload, Way};
use netc_lang::Protocol;
use std::ops::RangeInclusive;

/// Where the kernel takes ports from for those who ask for none (`ip_local_port_range`, ip(7)).
const FREE: RangeInclusive<u16> = 32768..=60999;

/// `-p PROTOCOL`, by name or number (IANA's registry of protocol numbers). No packet here has a
/// protocol that is not named.
pub(super) fn protocol(value: &str, way: &Way) -> bool {
    let asked = match value {
        "all" | "0" => return true,
        "icmp" => 1,
        "ipencap" | "ipv4" => 4,
        "tcp" => 6,
        "udp" => 17,
        "ipv6-icmp" | "icmpv6" => 58,
        "sctp" => 132,
        _ => value.parse().unwrap_or(u8::MAX),
    };
    number(way.packet.payload, way.packet.family()) == asked
}

fn number(payload: Payload, family: Family) -> u8 {
    match (payload, family) {
        (Payload::Ports { protocol, .. }, _) => number_of(protocol),
        (Payload::Echo { .. }, Family::V4) => 1,
        (Payload::Echo { .. }, Family::V6) => 58,
        (Payload::Ipip, _) => 4,
    }
}

/// The number of a protocol.
pub(super) fn number_of(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    }
}

/// The options of the matches of protocols, and of `-m multiport`.
pub(super) fn ask(option: &str, words: &mut Words, way: &Way) -> Asked {
    let payload = way.packet.payload;
    match option {
        "--sport" | "--sports" => ports(words.value(), payload, payload.source()),
        "--dport" | "--dports" => ports(words.value(), payload, payload.destination()),
        "--ports" => either(words.value(), payload),
        "--tcp-flags" => flags(words.value(), words.value(), way),
        "--icmp-type" | "--icmpv6-type" => icmp_type(words.value(), way),
        _ => Asked::Unknown,
    }
}

/// `80`, `80:90`, `80,443,8000:8010`: whether a port is one of these. A port that can be any free
/// one is with some probability.
fn ports(list: &str, payload: Payload, port: Option<u16>) -> Asked {
    if !matches!(payload, Payload::Ports { .. }) {
        return false.into();
    }
    let mut chance = 0.0;
    for part in list.split(',') {
        let (first, last) = words::range(part, ':');
        let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
            return Asked::Unknown;
        };
        match port {
            Some(port) if (first..=last).contains(&port) => return true.into(),
            Some(_) => {}
            None => chance += of_free(first, last),
        }
    }
    if port.is_some() { false.into() } else { Asked::Chance(chance.min(1.0)) }
}

/// How much of the free ports a range has.
fn of_free(first: u16, last: u16) -> f64 {
    let count = |first: u16, last: u16| (f64::from(last) - f64::from(first) + 1.0).max(0.0);
    count(first.max(*FREE.start()), last.min(*FREE.end())) / count(*FREE.start(), *FREE.end())
}

/// `--ports LIST`: the source port or the destination port.
fn either(list: &str, payload: Payload) -> Asked {
    let source = ports(list, payload, payload.source());
    let destination = ports(list, payload, payload.destination());
    let chance = |asked: &Asked| match asked {
        Asked::Holds(crate::trace::Holds::Yes) => Some(1.0),
        Asked::Holds(crate::trace::Holds::No) => Some(0.0),
        Asked::Chance(chance) => Some(*chance),
        _ => None,
    };
    match (chance(&source), chance(&destination)) {
        (Some(one), Some(other)) => Asked::Chance(1.0 - (1.0 - one) * (1.0 - other)),
        _ => Asked::Unknown,
    }
}

/// `--tcp-flags MASK SET`: the first packet has SYN, its answer SYN and ACK.
fn flags(mask: &str, set: &str, way: &Way) -> Asked {
    let has = |flag: &str| match flag {
        "SYN" => true,
        "ACK" => way.packet.tracked.reply,
        _ => false,
    };
    let all = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];
    let is_in = |list: &str, flag: &str| match list {
        "ALL" => true,
        list => list.split(',').any(|one| one == flag),
    };
    let holds =
        all.into_iter().filter(|flag| is_in(mask, flag)).all(|flag| has(flag) == is_in(set, flag));
    (way.packet.payload.protocol() == Some(Protocol::Tcp) && holds).into()
}

/// `--icmp-type 8`, `--icmpv6-type 128/0`, and the names that are printed for some.
fn icmp_type(value: &str, way: &Way) -> Asked {
    let Payload::Echo { reply } = way.packet.payload else { return false.into() };
    let own = match (way.packet.family(), reply) {
        (Family::V4, false) => 8,
        (Family::V4, true) => 0,
        (Family::V6, false) => 128,
        (Family::V6, true) => 129,
    };
    let (number, code) = value.split_once('/').unwrap_or((value, "0"));
    let asked: u32 = match number {
        "any" => return true.into(),
        "echo-request" => return (!reply).into(),
        "echo-reply" => return reply.into(),
        _ => match number.parse() {
            Ok(asked) => asked,
            Err(_) => return Asked::Unknown,
        },
    };
    // Type 255 of IPv4 stands for every one.
    let any = asked == 255 && way.packet.family() == Family::V4;
    (any || (asked == own && code == "0")).into()
}
