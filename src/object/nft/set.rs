//! Named sets and maps.

use super::Lines;
use crate::model::Family;
use crate::object::{Aside, Text};
use std::fmt::Write;

/// A set, or a map if its keys have values (nft(8), SETS and MAPS).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NftSet {
    /// The name.
    pub name: String,
    /// What keys are made of, one behind the other.
    pub key: Vec<Field>,
    /// What values are made of; nothing, if it is a set.
    pub value: Vec<Field>,
    /// Whether keys can be networks and ranges.
    pub interval: bool,
    /// After how many seconds an element goes that packets have added. Elements of such a set are
    /// nobody's but the kernel's.
    pub timeout: Option<u32>,
    /// What it is for. It does not count when sets are compared: not every version of nft tells it.
    pub comment: Aside<Option<Text>>,
    /// The elements, sorted, each as `KEY`, `KEY : VALUE` or `KEY comment "…" : VALUE`.
    pub elements: Lines,
}

/// What a key or a value is made of (nft(8), DATA TYPES).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    /// An address.
    Address(Family),
    /// A protocol.
    Protocol,
    /// A port.
    Port,
    /// The name of a device.
    Device,
    /// A number that `numgen` gives: which of several endpoints.
    Number,
    /// A verdict.
    Verdict,
    /// One that netc does not use, by nft's name.
    Other(String),
}

impl Field {
    /// All but the others.
    const KNOWN: [Field; 7] = [
        Field::Address(Family::V4),
        Field::Address(Family::V6),
        Field::Protocol,
        Field::Port,
        Field::Device,
        Field::Number,
        Field::Verdict,
    ];

    /// nft's name of the type.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Field::Address(Family::V4) => "ipv4_addr",
            Field::Address(Family::V6) => "ipv6_addr",
            Field::Protocol => "inet_proto",
            Field::Port => "inet_service",
            Field::Device => "ifname",
            Field::Number => "integer",
            Field::Verdict => "verdict",
            Field::Other(name) => name,
        }
    }

    /// The type of a name.
    #[must_use]
    pub fn named(name: &str) -> Field {
        let found = Field::KNOWN.into_iter().find(|field| field.name() == name);
        found.unwrap_or_else(|| Field::Other(name.to_owned()))
    }

    /// An expression of the type: a bare number has no type of its own.
    fn expression(&self) -> &str {
        match self {
            Field::Address(Family::V4) => "ip daddr",
            Field::Address(Family::V6) => "ip6 daddr",
            Field::Protocol => "meta l4proto",
            Field::Port => "th dport",
            Field::Device => "meta iifname",
            Field::Number => "numgen random mod 65536",
            Field::Verdict | Field::Other(_) => self.name(),
        }
    }
}

impl NftSet {
    /// A set without elements.
    #[must_use]
    pub fn new(name: impl Into<String>, key: &[Field], value: &[Field]) -> NftSet {
        NftSet {
            name: name.into(),
            key: key.to_vec(),
            value: value.to_vec(),
            interval: false,
            timeout: None,
            comment: Aside::default(),
            elements: Lines::default(),
        }
    }

    /// Whether keys have values.
    #[must_use]
    pub fn is_map(&self) -> bool {
        !self.value.is_empty()
    }

    /// Whether its elements lead to chains.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.value.contains(&Field::Verdict)
    }

    /// `set` or `map`
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.is_map() { "map" } else { "set" }
    }

    /// Whether both are of one type, and differ in their elements at most.
    #[must_use]
    pub fn is_alike(&self, other: &NftSet) -> bool {
        let of = |set: &NftSet| (set.interval, set.timeout);
        self.key == other.key && self.value == other.value && of(self) == of(other)
    }

    /// What is said of it beside its elements: `type ipv4_addr : verdict`, `flags interval`.
    pub fn properties(&self) -> impl Iterator<Item = String> {
        let flags = match (self.timeout, self.interval) {
            (Some(_), true) => Some("flags interval,dynamic,timeout"),
            (Some(_), false) => Some("flags dynamic,timeout"),
            (None, true) => Some("flags interval"),
            (None, false) => None,
        };
        let timeout = self.timeout.map(|seconds| format!("timeout {seconds}s"));
        let comment = self.comment.0.as_ref().map(|text| format!("comment \"{text}\""));
        let flags = flags.map(str::to_owned);
        [Some(self.types()), flags, timeout, comment].into_iter().flatten()
    }

    fn types(&self) -> String {
        let number = self.key.iter().chain(&self.value).any(|field| *field == Field::Number);
        let (word, of): (_, fn(&Field) -> &str) =
            if number { ("typeof", Field::expression) } else { ("type", Field::name) };
        let joined = |fields: &[Field]| fields.iter().map(of).collect::<Vec<_>>().join(" . ");
        let mut out = format!("{word} {}", joined(&self.key));
        if self.is_map() {
            let _ = write!(out, " : {}", joined(&self.value));
        }
        out
    }
}

/// What keys and values are made of, from the first property of a set.
#[must_use]
pub fn read_types(property: &str) -> Option<(Vec<Field>, Vec<Field>)> {
    let (word, types) = property.split_once(' ')?;
    let of = |name: &str| match word {
        "typeof" => Field::KNOWN.into_iter().find(|field| field.expression() == name),
        _ => Some(Field::named(name)),
    };
    let fields = |text: &str| text.split(" . ").map(of).collect::<Option<Vec<_>>>();
    match types.split_once(" : ") {
        Some((key, value)) => Some((fields(key)?, fields(value)?)),
        None => Some((fields(types)?, Vec::new())),
    }
}

/// The key of an element: what stands before its comment and its value.
#[must_use]
pub fn element_key(element: &str) -> &str {
    let end = [" comment \"", " : "].into_iter().filter_map(|mark| element.find(mark)).min();
    end.and_then(|end| element.get(..end)).unwrap_or(element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_stands_first() {
        assert_eq!(element_key("10.0.0.1"), "10.0.0.1");
        assert_eq!(element_key("10.0.0.1 . tcp . 80 : goto a"), "10.0.0.1 . tcp . 80");
        assert_eq!(element_key("tcp . 80 comment \"a : b\" : drop"), "tcp . 80");
        assert_eq!(element_key("fd00::1 . tcp . 80 : goto a"), "fd00::1 . tcp . 80");
    }

    #[test]
    fn types_are_named_as_nft_names_them() {
        let address = Field::Address(Family::V4);
        let key = [address.clone(), Field::Protocol, Field::Port];
        let mut map = NftSet::new("m", &key, &[Field::Verdict]);
        map.comment = Aside(Some("x".into()));
        let said: Vec<String> = map.properties().collect();
        let types = "type ipv4_addr . inet_proto . inet_service : verdict";
        assert_eq!(said, [types, "comment \"x\""]);
        let set = NftSet { timeout: Some(60), ..NftSet::new("s", &key[..1], &[]) };
        let said: Vec<String> = set.properties().collect();
        assert_eq!(said, ["type ipv4_addr", "flags dynamic,timeout", "timeout 60s"]);
        let key = [address.clone(), Field::Number];
        let said = NftSet::new("n", &key, &[address, Field::Port]).types();
        assert_eq!(said, "typeof ip daddr . numgen random mod 65536 : ip daddr . th dport");
        for name in ["ipv6_addr", "ifname", "integer", "mark"] {
            assert_eq!(Field::named(name).name(), name);
        }
    }
}
