//! Conditions on where packets come from and go: addresses, and the devices on both sides.

use super::Asked;
use crate::model::Family;
use crate::trace::iptables::words::{self, Words};
use crate::trace::verdict::View;
use crate::trace::{Device, Holds, Way};
use ipnet::IpNet;
use std::net::IpAddr;

/// `-s NETWORK`
pub(super) fn source(value: &str, way: &Way) -> Asked {
    network(value)
        .map_or(Asked::Unknown, |net| way.by_source(|source| net.contains(&source)).into())
}

/// `-d NETWORK`
pub(super) fn destination(value: &str, way: &Way) -> Asked {
    network(value).map_or(Asked::Unknown, |net| {
        way.by_destination(|destination| net.contains(&destination)).into()
    })
}

/// `10.0.0.0/8`; `None` with a mask that is no prefix.
pub(super) fn network(text: &str) -> Option<IpNet> {
    match text.split_once('/') {
        Some((address, length)) => IpNet::new(address.parse().ok()?, length.parse().ok()?).ok(),
        None => text.parse::<IpAddr>().ok().map(IpNet::from),
    }
}

/// `-i DEVICE`, `-o DEVICE`: a `+` at the end stands for anything. Without a device its name is
/// empty (`ip_packet_match` in net/ipv4/netfilter/ip_tables.c).
pub(super) fn device(pattern: &str, device: Option<&Device>) -> bool {
    is_named(pattern, device.map_or("", |device| &device.name))
}

fn is_named(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('+') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// The options of `-m physdev`: the ports of a bridge by which a packet comes and goes.
pub(super) fn port(option: &str, words: &mut Words, way: &Way) -> Asked {
    let port = |device: &Option<Device>| device.as_ref().and_then(|device| device.port.clone());
    let (input, output) = (port(&way.packet.input), port(&way.packet.output));
    let holds = match option {
        "--physdev-is-in" => input.is_some(),
        "--physdev-is-out" => output.is_some(),
        "--physdev-is-bridged" => input.is_some() && output.is_some(),
        "--physdev-in" => is_named(words.value(), input.as_deref().unwrap_or_default()),
        "--physdev-out" => is_named(words.value(), output.as_deref().unwrap_or_default()),
        _ => return Asked::Unknown,
    };
    holds.into()
}

/// `-m addrtype --src-type TYPES`
pub(super) fn source_type(value: &str, way: &Way, view: &View) -> Asked {
    of_types(value, |test| way.by_source(test), view)
}

/// `-m addrtype --dst-type TYPES`
pub(super) fn destination_type(value: &str, way: &Way, view: &View) -> Asked {
    of_types(value, |test| way.by_destination(test), view)
}

type Test<'t> = &'t dyn Fn(IpAddr) -> bool;

fn of_types(value: &str, by: impl Fn(Test) -> Holds, view: &View) -> Asked {
    let known = |name| matches!(name, "LOCAL" | "UNICAST" | "BROADCAST" | "MULTICAST");
    if !value.split(',').all(known) {
        return Asked::Unknown;
    }
    by(&|address| value.split(',').any(|name| is_of_type(address, name, view))).into()
}

/// Of what type the kernel takes an address to be: of IPv4 it has one (`inet_addr_type` in
/// net/ipv4/fib_frontend.c), of IPv6 a local one is unicast too (`match_type6` in xt_addrtype.c).
/// The broadcast addresses of subnets are not known here.
fn is_of_type(address: IpAddr, name: &str, view: &View) -> bool {
    let multicast = address.is_multicast();
    let broadcast = match address {
        IpAddr::V4(v4) => v4.is_broadcast() || v4.octets().first() == Some(&0),
        IpAddr::V6(_) => false,
    };
    match name {
        "MULTICAST" => multicast,
        "BROADCAST" => broadcast,
        "LOCAL" => !multicast && !broadcast && (view.is_local)(address),
        _ if multicast || broadcast => false,
        _ => view.family == Family::V6 || !(view.is_local)(address),
    }
}

/// `-m iprange --src-range FIRST-LAST`, `--dst-range`
pub(super) fn range(option: &str, value: &str, way: &Way) -> Asked {
    let (first, last) = words::range(value, '-');
    let (Ok(first), Ok(last)) = (first.parse::<IpAddr>(), last.parse::<IpAddr>()) else {
        return Asked::Unknown;
    };
    let within = |address| first <= address && address <= last;
    match option {
        "--src-range" => way.by_source(within).into(),
        "--dst-range" => way.by_destination(within).into(),
        _ => Asked::Unknown,
    }
}
