//! What only primitives have: chains, marks, tables, parameters.

use super::networks::{address, endpoint, network};
use super::numbers::{number, port_number, ports};
use super::{Misshapen, no};
use crate::value::{Marked, Translation};
use ipnet::IpNet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// A network, or an address alone.
pub(super) fn hosts(word: &str) -> Result<IpNet, Misshapen> {
    match word.parse::<IpAddr>() {
        Ok(address) => Ok(address.into()),
        Err(_) => network(word),
    }
}

/// The numbers of the tables that have names (`RT_TABLE_…` in linux/rtnetlink.h).
pub(super) fn route_table(word: &str) -> Result<u32, Misshapen> {
    match word {
        "main" => Ok(254),
        "local" => Ok(255),
        _ => match number(word, 1, u32::MAX.into()) {
            Ok(number) => u32::try_from(number).map_err(|_| no("is not a table")),
            Err(fault) => Err(fault.help("tables are `main`, `local` and numbers from 1")),
        },
    }
}

/// A mark with an optional mask.
pub(super) fn mark(word: &str) -> Result<Marked, Misshapen> {
    let bits = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse::<u32>().ok(),
    };
    let help = "marks are numbers of 32 bits, such as `0x1` or `0x1/0xff`";
    let (value, mask) = word.split_once('/').unwrap_or((word, "0xffffffff"));
    let (Some(value), Some(mask)) = (bits(value), bits(mask)) else {
        return Err(no("is not a mark").help(help));
    };
    if mask == 0 {
        return Err(no("has a mask without a bit").help(help));
    }
    if value & !mask != 0 {
        return Err(
            no("has bits outside its mask").help(format!("write `{:#x}/{mask:#x}`", value & mask))
        );
    }
    Ok(Marked { value, mask })
}

/// A parameter of the network: the others are not a namespace's.
pub(super) fn parameter(word: &str) -> Result<(), Misshapen> {
    let part = |part: &str| {
        let fits =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b'@' | b'+');
        !part.is_empty() && part.bytes().all(fits) && !part.starts_with('/')
    };
    let parts: Vec<&str> = word.split('.').collect();
    if parts.len() < 3 || !parts.iter().all(|one| part(one)) || word.contains("//") {
        return Err(no("is not a parameter").help("write its dotted name: `net.ipv4.ip_forward`"));
    }
    if parts.first() != Some(&"net") {
        return Err(no("is not a parameter of the network").help("their names begin with `net.`"));
    }
    Ok(())
}

/// The name of a chain, of the characters that need no care anywhere.
pub(super) fn chain(word: &str) -> Result<(), Misshapen> {
    if word.len() > 28 {
        return Err(no("is longer than the 28 characters of a chain's name"));
    }
    let begins = word.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
        return Ok(());
    }
    let help = "names of chains are letters, digits, `_` and `-`, and begin with a letter";
    Err(no("is not the name of a chain").help(help))
}

pub(super) fn port_or_ports(word: &str) -> Result<RangeInclusive<u16>, Misshapen> {
    if word.contains('-') { ports(word) } else { port_number(word).map(|port| port..=port) }
}

/// An address, or an address and port.
pub(super) fn translation(word: &str) -> Result<Translation, Misshapen> {
    if word.parse::<IpAddr>().is_ok() || !word.contains(':') {
        return address(word).map(|address| Translation { address, port: None });
    }
    let socket = endpoint(word)?;
    Ok(Translation { address: socket.ip(), port: Some(socket.port()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_keep_within_their_mask() {
        assert_eq!(mark("0x1/0xff"), Ok(Marked { value: 1, mask: 0xff }));
        assert_eq!(mark("7"), Ok(Marked { value: 7, mask: u32::MAX }));
        let reason = |word| mark(word).unwrap_err().reason;
        assert_eq!(reason("0x100/0xff"), "has bits outside its mask");
        assert_eq!(reason("0x0/0x0"), "has a mask without a bit");
        assert_eq!(reason("0x1ffffffff"), "is not a mark");
    }

    #[test]
    fn translations_are_addresses_with_or_without_a_port() {
        let read = |word| translation(word).map(|one| (one.address.to_string(), one.port));
        assert_eq!(read("fd00::2"), Ok(("fd00::2".into(), None)));
        assert_eq!(read("[fd00::2]:80"), Ok(("fd00::2".into(), Some(80))));
        assert_eq!(read("10.0.0.2:80"), Ok(("10.0.0.2".into(), Some(80))));
        assert!(read("10.0.0.2:0").is_err() && read("10.0.0").is_err());
    }

    #[test]
    fn parameters_are_those_of_the_network() {
        assert!(parameter("net.ipv4.conf.br/0.rp_filter").is_ok());
        assert_eq!(
            parameter("kernel.core.pattern").unwrap_err().reason,
            "is not a parameter of the network"
        );
        for word in ["net.ipv4", "net..x.y", "net.ipv4./etc", "net.ipv4.a//b"] {
            assert_eq!(parameter(word).unwrap_err().reason, "is not a parameter", "{word}");
        }
        assert!(route_table("main") == Ok(254) && route_table("0").is_err());
        assert!(chain("LAB_1-x").is_ok() && chain("-x").is_err() && hosts("10.0.0.1").is_ok());
    }
}
