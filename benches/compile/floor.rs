//! What cannot be avoided: the same bytes, merely formatted.
//!
//! `write` forms the lines with the standard library's formatting from values that are ready: it
//! parses, resolves, hashes and orders nothing.

use netc::emit::rule_line;
use netc::graph::Ordered;
use netc::object::{Chain, Match, Rule, State, Target};
use std::fmt::Write;

/// The chains of a node, and how many megabytes they are as text.
pub(super) fn measure(ordered: &Ordered) -> (f64, Vec<&Chain>) {
    let chains: Vec<&Chain> = ordered
        .nodes
        .iter()
        .filter_map(|node| match &node.object.state {
            State::Chain(chain) => Some(chain),
            _ => None,
        })
        .collect();
    (write(&chains).len() as f64 / 1e6, chains)
}

/// The rules by `write!`, value by value.
pub(super) fn write(chains: &[&Chain]) -> String {
    let mut out = String::new();
    for chain in chains {
        let _ = writeln!(out, ":{} - [0:0]", chain.name);
    }
    for chain in chains {
        for rule in chain.rules.iter() {
            let _ = write!(out, "-A {}", chain.name);
            write_rule(&mut out, chain, rule);
            out.push('\n');
        }
    }
    out
}

fn write_rule(out: &mut String, chain: &Chain, rule: Rule) {
    for one in rule.matches {
        let _ = match one {
            Match::Source { not: false, net } => write!(out, " -s {net}"),
            Match::Source { not: true, net } => write!(out, " ! -s {net}"),
            Match::Destination { not: false, net } => write!(out, " -d {net}"),
            Match::Protocol(protocol) => write!(out, " -p {protocol}"),
            Match::Comment(text) => write!(out, " -m comment --comment \"{text}\""),
            Match::Transport(protocol) => write!(out, " -m {protocol}"),
            Match::DestinationPort(protocol, port) => write!(out, " -m {protocol} --dport {port}"),
            Match::Random(probability) => {
                let value = f64::from(probability.0) / f64::from(1u32 << 31);
                write!(out, " -m statistic --mode random --probability {value:.11}")
            }
            // The few rules of other forms do not count.
            _ => write!(out, "{}", rule_line(chain.family, "", rule)),
        };
    }
    let _ = match rule.target {
        Target::Jump(to) => write!(out, " -j {to}"),
        Target::Dnat(to) => write!(out, " -j DNAT --to-destination {to}"),
        _ => write!(out, "{}", rule_line(chain.family, "", rule)),
    };
}

/// A loop over the bytes that counts words: no parser can be faster.
pub(super) fn tokens(text: &str) -> usize {
    let mut words = 0;
    let mut inside = false;
    for byte in text.bytes() {
        let word = !matches!(byte, b' ' | b'\n' | b'{' | b'}' | b';' | b',');
        words += usize::from(word && !inside);
        inside = word;
    }
    words
}
