//! What fields are compared with.

use super::field::{Field, Value, number};
use ipnet::IpNet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// A value, or several that belong together.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Pattern<'t> {
    /// Whatever no other fits.
    Else,
    Network(IpNet),
    Addresses(RangeInclusive<IpAddr>),
    Ports(RangeInclusive<u16>),
    Word(&'t str),
    /// The name of a device.
    Device(&'t str),
    /// How the name of a device begins.
    Devices(&'t str),
    Mark(u32),
    /// Any of these.
    Flags(Vec<&'t str>),
}

/// From which ports one is taken that is free: `net.ipv4.ip_local_port_range`, as it is by itself.
const FREE: RangeInclusive<u16> = 32768..=60999;

/// What conditions know of a connection's state and of its status (nft(8), CT EXPRESSIONS).
const STATES: [&str; 5] = ["new", "established", "related", "untracked", "invalid"];
const STATUSES: [&str; 4] = ["dnat", "snat", "seen-reply", "confirmed"];

impl<'t> Pattern<'t> {
    /// Reads what a field is compared with.
    pub(super) fn read(field: &Field, text: &'t str) -> Option<Pattern<'t>> {
        if text == "*" {
            return Some(Pattern::Else);
        }
        match field {
            Field::Source | Field::Destination => addresses(text),
            Field::Port { .. } => {
                let (first, last) = text.split_once('-').unwrap_or((text, text));
                Some(Pattern::Ports(first.parse().ok()?..=last.parse().ok()?))
            }
            Field::Input | Field::Output => {
                let name = text.strip_prefix('"')?.strip_suffix('"')?;
                Some(match name.strip_suffix('*') {
                    Some(begin) => Pattern::Devices(begin),
                    None => Pattern::Device(name),
                })
            }
            Field::Mark(_) => number(text).map(Pattern::Mark),
            Field::State => flags(text, &STATES),
            Field::Status => flags(text, &STATUSES),
            Field::Protocol | Field::Kind { .. } | Field::Icmp(_) | Field::Direction => {
                let is_word =
                    |character: char| character.is_ascii_alphanumeric() || character == '-';
                text.chars().all(is_word).then_some(Pattern::Word(text))
            }
        }
    }

    /// Reads what the fields of a key are compared with.
    pub(super) fn read_all(key: &[Field], text: &'t str) -> Option<Vec<Pattern<'t>>> {
        if text == "*" {
            return Some(vec![Pattern::Else; key.len()]);
        }
        let mut parts = text.split(" . ");
        let all = key.iter().map(|field| Pattern::read(field, parts.next()?)).collect();
        if parts.next().is_some() { None } else { all }
    }

    /// Whether it has a value.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Pattern::Else, _) => true,
            (Pattern::Network(net), Value::Address(address)) => net.contains(address),
            (Pattern::Addresses(range), Value::Address(address)) => range.contains(address),
            (Pattern::Ports(range), Value::Port(Some(port))) => range.contains(port),
            (Pattern::Ports(range), Value::Port(None)) => {
                range.contains(FREE.start()) && range.contains(FREE.end())
            }
            (Pattern::Word(own), Value::Word(word)) => own == word,
            (Pattern::Device(own), Value::Device(name)) => own == name,
            (Pattern::Devices(begin), Value::Device(name)) => name.starts_with(begin),
            (Pattern::Mark(own), Value::Mark(mark)) => own == mark,
            (Pattern::Flags(all), Value::Word(word)) => all.contains(word),
            (Pattern::Flags(all), Value::Flags(set)) => all.iter().any(|one| set.contains(one)),
            _ => false,
        }
    }
}

fn addresses(text: &str) -> Option<Pattern<'_>> {
    if let Some((first, last)) = text.split_once('-') {
        return Some(Pattern::Addresses(first.parse().ok()?..=last.parse().ok()?));
    }
    match text.parse::<IpAddr>() {
        Ok(address) => Some(Pattern::Network(address.into())),
        Err(_) => text.parse().ok().map(Pattern::Network),
    }
}

fn flags<'t>(text: &'t str, known: &[&str]) -> Option<Pattern<'t>> {
    let all: Vec<&str> = text.split(',').collect();
    all.iter().all(|flag| known.contains(flag)).then_some(Pattern::Flags(all))
}
