//! What a line of rules or elements is about, by its text.

use super::Meaning;
use crate::model::Family;
use netc_lang::Protocol;
use std::net::{IpAddr, SocketAddr};

/// Whether a line of rules or elements is what is meant, or names it.
pub(super) fn fits(meaning: &Meaning, line: &str) -> bool {
    match meaning {
        Meaning::Name { .. } => false,
        Meaning::Address(address) => names(line, &address.to_string()),
        Meaning::Network(net) => names(line, &net.to_string()),
        Meaning::Socket(socket, protocol) => is_for(line, *socket, *protocol),
        Meaning::Port(port, protocol) => is_to(line, *port, *protocol),
        Meaning::Line(text) => line.contains(text.as_str()),
    }
}

/// Whether a line is about an address and port.
pub(super) fn is_for(line: &str, socket: SocketAddr, protocol: Option<Protocol>) -> bool {
    let (address, port) = (socket.ip().to_string(), socket.port().to_string());
    let portal = names(line, &address) && has_port(line, &port);
    protocol.is_none_or(|own| names(line, own.name()))
        && (portal || names(line, &socket.to_string()))
}

/// Whether a line is about a port.
pub(super) fn is_to(line: &str, port: u16, protocol: Option<Protocol>) -> bool {
    protocol.is_none_or(|own| names(line, own.name())) && has_port(line, &port.to_string())
}

/// Whether a line names something, and not just something longer that has it in it. An address may have
/// the length of a whole one behind it, or a port.
pub(super) fn names(line: &str, what: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_';
    let whole = if what.contains('/') {
        None
    } else {
        what.parse::<IpAddr>().ok().map(|address| format!("/{}", Family::of(address).bits()))
    };
    line.match_indices(what).any(|(at, _)| {
        let before = line.as_bytes().get(..at).and_then(|before| before.last());
        let rest = line.get(at + what.len()..).unwrap_or_default();
        let mut after = rest.bytes();
        let clear_before = before.is_none_or(|byte| !part(*byte) && *byte != b':' && *byte != b'/');
        let clear_after = match (after.next(), &whole) {
            (Some(b'/'), Some(whole)) => {
                let behind = rest.strip_prefix(whole.as_str());
                behind.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            }
            (Some(b':'), _) => !what.contains(':'),
            (Some(b'/'), None) => false,
            (byte, _) => byte.is_none_or(|byte| !part(byte)),
        };
        clear_before && clear_after
    })
}

/// Whether a line is about a port of the destination: `--dport 80`, `. tcp . 80`, `tcp dport 80`.
fn has_port(line: &str, port: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let one = words.windows(2).any(|pair| {
        matches!(pair, ["--dport" | "dport", own] if *own == port)
            || matches!(pair, ["--dports", own] if own.split(',').any(|own| own == port))
    });
    let element = words
        .windows(3)
        .any(|three| matches!(three, ["tcp" | "udp" | "sctp", ".", own] if *own == port));
    one || element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_whole() {
        let rule = "-A X -d 10.96.0.1/32 -p tcp -j DNAT --to-destination 10.244.0.2:80";
        assert!(names(rule, "10.96.0.1") && names(rule, "10.244.0.2"));
        assert!(
            !names(rule, "10.96.0.10") && !names(rule, "0.96.0.1") && !names(rule, "10.244.0.20")
        );
        assert!(names(rule, "10.96.0.1/32") && names(rule, "10.244.0.2:80"));
        assert!(!names("-A X -s 10.96.0.1/24", "10.96.0.1"));
        assert!(!names("-s 10.244.0.0/16", "10.244.0.0"));
        assert!(names("10.96.0.1 . tcp . 80 : goto a", "10.96.0.1"));
        assert!(names("-s fd00::1/128 -j A", "fd00::1") && !names("-s fd00::1:2/128", "fd00::1"));
    }

    #[test]
    fn ports_are_those_of_destinations() {
        assert!(has_port("-p tcp -m tcp --dport 80 -j A", "80"));
        assert!(!has_port("-p tcp -m tcp --dport 8080 -j A", "80"));
        assert!(has_port("-m multiport --dports 1,80", "80"));
        assert!(has_port("10.96.0.1 . tcp . 80 : goto a", "80"));
    }
}
