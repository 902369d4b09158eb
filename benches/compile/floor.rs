//! What cannot be avoided: the same bytes, merely formatted.
//!
//! `write` forms the lines with the standard library's formatting from values that are ready: it
//! parses, resolves, hashes and orders nothing.

use netc::graph::Ordered;
use netc::object::{ChainName, State};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::iter::Peekable;
use std::net::{IpAddr, SocketAddr};

/// The chains of a node as values.
pub(super) struct Chains<'t> {
    names: Vec<&'t str>,
    /// The values of all rules; each rule ends with [`Value::End`].
    values: Vec<Value<'t>>,
}

/// A part of a rule.
enum Value<'t> {
    Chain(&'t str),
    Source(bool, IpAddr, u8),
    Destination(bool, IpAddr, u8),
    Protocol(&'t str),
    Comment(&'t str),
    Transport(&'t str),
    Port(&'t str, u16),
    Random(f64),
    Jump(&'t str),
    Dnat(SocketAddr),
    /// The few parts of other forms, which do not count.
    Match(&'t str),
    Other(&'t str),
    End,
}

/// The chains of a node, and how many megabytes they are as text.
pub(super) fn measure(ordered: &Ordered) -> (f64, Chains<'_>) {
    let mut all = Chains { names: Vec::new(), values: Vec::new() };
    let mut text = String::new();
    for node in &ordered.nodes {
        let State::Ruleset(ruleset) = &node.object.state else { continue };
        for chain in ruleset.chains() {
            text.push_str(chain.text);
            chain.rules().for_each(|rule| read(rule.line, &mut all.values));
        }
        all.names.extend(ruleset.names().map(ChainName::as_str));
    }
    let written = write(&all);
    assert!(written.ends_with(&text), "the floor is of other bytes");
    (written.len() as f64 / 1e6, all)
}

/// The names of all chains.
pub(super) fn names(ordered: &Ordered) -> Vec<&str> {
    let rulesets = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::Ruleset(ruleset) => Some(ruleset),
        _ => None,
    });
    rulesets.flat_map(|ruleset| ruleset.names().map(ChainName::as_str)).collect()
}

/// One hash for each name, of about as many bytes as an endpoint's name is made from.
pub(super) fn hash(names: &[&str]) -> usize {
    let hashes = names.iter().map(|name| Sha256::new_with_prefix(name).finalize());
    hashes.filter(|hash| hash.first() == Some(&0)).count()
}

/// The rules by `write!`, value by value.
pub(super) fn write(chains: &Chains) -> String {
    let mut out = String::new();
    for name in &chains.names {
        let _ = writeln!(out, ":{name} - [0:0]");
    }
    for value in &chains.values {
        let _ = match value {
            Value::Chain(name) => write!(out, "-A {name}"),
            Value::Source(not, net, length) => write!(out, "{} -s {net}/{length}", inverted(*not)),
            Value::Destination(not, net, length) => {
                write!(out, "{} -d {net}/{length}", inverted(*not))
            }
            Value::Protocol(protocol) => write!(out, " -p {protocol}"),
            Value::Comment(text) => write!(out, " -m comment --comment \"{text}\""),
            Value::Transport(protocol) => write!(out, " -m {protocol}"),
            Value::Port(protocol, port) => write!(out, " -m {protocol} --dport {port}"),
            Value::Random(value) => {
                write!(out, " -m statistic --mode random --probability {value:.11}")
            }
            Value::Jump(to) => write!(out, " -j {to}"),
            Value::Dnat(to) => write!(out, " -j DNAT --to-destination {to}"),
            Value::Match(name) => write!(out, " -m {name}"),
            Value::Other(text) => write!(out, " {text}"),
            Value::End => writeln!(out),
        };
    }
    out
}

fn inverted(not: bool) -> &'static str {
    if not { " !" } else { "" }
}

/// Reads a rule into values.
fn read<'t>(line: &'t str, values: &mut Vec<Value<'t>>) {
    let mut words = words(line).into_iter().peekable();
    let mut not = false;
    while let Some(word) = words.next() {
        let value = match word {
            "!" if matches!(words.peek(), Some(&("-s" | "-d"))) => {
                not = true;
                continue;
            }
            "-A" => Value::Chain(argument(&mut words)),
            "-s" | "-d" => {
                let (net, length) = argument(&mut words).split_once('/').expect("a network");
                let net = net.parse().expect("an address");
                let length = length.parse().expect("a length");
                match word {
                    "-s" => Value::Source(std::mem::take(&mut not), net, length),
                    _ => Value::Destination(std::mem::take(&mut not), net, length),
                }
            }
            "-p" => Value::Protocol(argument(&mut words)),
            "-j" => match argument(&mut words) {
                "DNAT" => {
                    argument(&mut words);
                    Value::Dnat(argument(&mut words).parse().expect("an address and port"))
                }
                to => Value::Jump(to),
            },
            "-m" => {
                let name = argument(&mut words);
                matched(name, &mut words)
            }
            other => Value::Other(other),
        };
        values.push(value);
    }
    values.push(Value::End);
}

type Words<'t> = Peekable<std::vec::IntoIter<&'t str>>;

fn argument<'t>(words: &mut Words<'t>) -> &'t str {
    words.next().expect("an argument")
}

/// Reads what follows `-m`.
fn matched<'t>(name: &'t str, words: &mut Words<'t>) -> Value<'t> {
    match name {
        "comment" => Value::Comment(words.nth(1).expect("a text").trim_matches('"')),
        "statistic" => Value::Random(words.nth(3).expect("a number").parse().expect("one")),
        "tcp" | "udp" | "sctp" => match words.peek() {
            Some(&"--dport") => {
                words.next();
                Value::Port(name, words.next().and_then(|port| port.parse().ok()).expect("a port"))
            }
            _ => Value::Transport(name),
        },
        _ => Value::Match(name),
    }
}

/// The words of a rule; what stands in quotation marks is one.
fn words(line: &str) -> Vec<&str> {
    let mut quoted = false;
    line.split(|c| {
        quoted ^= c == '"';
        c == ' ' && !quoted
    })
    .collect()
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
