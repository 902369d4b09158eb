//! What a word may mean.

use crate::model::Family;
use ipnet::IpNet;
use netc_lang::Protocol;
use std::net::{IpAddr, SocketAddr};

/// One of the things that a word may mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// The name of a chain, set, map, table, device or namespace; of one in this table, if that is said.
    Name {
        /// The table.
        table: Option<String>,
        /// The name.
        name: String,
    },
    /// An address.
    Address(IpAddr),
    /// A network: where a route leads, a block.
    Network(IpNet),
    /// An address and a port.
    Socket(SocketAddr, Option<Protocol>),
    /// A port.
    Port(u16, Option<Protocol>),
    /// A rule, route or element as a tool prints it, or a part of it.
    Line(String),
}

impl Meaning {
    /// All that a word may mean.
    #[must_use]
    pub fn of(word: &str) -> Vec<Meaning> {
        let word = word.trim();
        if word == "default" {
            return Family::ALL.map(|family| Meaning::Network(family.default_route())).into();
        }
        if let Ok(address) = word.parse() {
            return vec![Meaning::Address(address)];
        }
        if let Ok(net) = word.parse::<IpNet>() {
            let whole = net.prefix_len() == net.max_prefix_len();
            let address = whole.then(|| Meaning::Address(net.addr()));
            return std::iter::once(Meaning::Network(net.trunc())).chain(address).collect();
        }
        let (head, protocol) = with_protocol(word);
        if let Ok(socket) = head.parse() {
            return vec![Meaning::Socket(socket, protocol)];
        }
        if let Ok(port) = head.parse() {
            return vec![Meaning::Port(port, protocol)];
        }
        if word.contains(char::is_whitespace) || word.starts_with('-') {
            return vec![Meaning::Line(line(word))];
        }
        // Names of nf_tables may have a slash in them.
        let whole = Meaning::Name { table: None, name: word.to_owned() };
        let within =
            word.split_once('/').filter(|(table, name)| !table.is_empty() && !name.is_empty());
        let within = within.map(|(table, name)| Meaning::Name {
            table: Some(table.to_owned()),
            name: name.to_owned(),
        });
        std::iter::once(whole).chain(within).collect()
    }
}

/// A protocol behind a slash.
fn with_protocol(word: &str) -> (&str, Option<Protocol>) {
    let known = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
    let split = word.rsplit_once('/').and_then(|(head, name)| {
        let protocol = known.into_iter().find(|own| own.name().eq_ignore_ascii_case(name))?;
        Some((head, Some(protocol)))
    });
    split.unwrap_or((word, None))
}

/// A line without what stands around it in a command or a dump with counters: `iptables -t nat`, `[0:0]`.
fn line(word: &str) -> String {
    let begin = ["-A ", "-I "].into_iter().find_map(|option| {
        let at = word.find(option)?;
        let before = word.get(..at)?;
        let around = before.is_empty()
            || before.starts_with("iptables ")
            || before.starts_with("ip6tables ")
            || before.starts_with('[');
        around.then(|| word.get(at + option.len()..)).flatten()
    });
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    begin.map_or_else(|| words(word), |rest| format!("-A {}", words(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_they_look_like() {
        let one = |word: &str| Meaning::of(word).into_iter().next().unwrap();
        assert_eq!(one("10.96.0.1"), Meaning::Address("10.96.0.1".parse().unwrap()));
        assert_eq!(one("10.96.0.9/16"), Meaning::Network("10.96.0.0/16".parse().unwrap()));
        assert_eq!(Meaning::of("10.96.0.9/32").len(), 2);
        let socket = "10.96.0.80:80".parse().unwrap();
        assert_eq!(one("10.96.0.80:80/tcp"), Meaning::Socket(socket, Some(Protocol::Tcp)));
        let socket = "[fd00::1]:80".parse().unwrap();
        assert_eq!(one("[fd00::1]:80"), Meaning::Socket(socket, None));
        assert_eq!(one("8472/udp"), Meaning::Port(8472, Some(Protocol::Udp)));
        let name = |table: Option<&str>, name: &str| Meaning::Name {
            table: table.map(str::to_owned),
            name: name.to_owned(),
        };
        let both = [name(None, "nat/KUBE-SERVICES"), name(Some("nat"), "KUBE-SERVICES")];
        assert_eq!(Meaning::of("nat/KUBE-SERVICES"), both);
        assert_eq!(Meaning::of("flannel.1"), [name(None, "flannel.1")]);
        assert_eq!(Meaning::of("default").len(), 2);
    }

    #[test]
    fn lines_lose_what_stands_around_them() {
        let rule = "-A X -d 10.0.0.1/32 -j Y";
        for text in [
            "iptables -t nat -A X -d 10.0.0.1/32 -j Y",
            "[12:720] -A X -d 10.0.0.1/32  -j Y",
            "-I X -d 10.0.0.1/32 -j Y",
        ] {
            assert_eq!(Meaning::of(text), [Meaning::Line(rule.to_owned())]);
        }
        let part = "--comment \"a -A b\"";
        assert_eq!(Meaning::of(part), [Meaning::Line(part.to_owned())]);
    }
}
