//! All that IPVS mode programs in a namespace, as text to be compared.

use crate::lab::parse_rules;
use std::collections::BTreeSet;

/// The tools, each behind a line that tells what follows. A namespace without virtual servers or
/// without the device has none of it.
const SHOW: &str = "\
echo '== servers'; ipvsadm -Sn; echo '== sets'; ipset save; echo '== device';
ip -o addr show kube-ipvs0 2>/dev/null; ip -o link show kube-ipvs0 up 2>/dev/null; true;
echo '== IPv4'; iptables-BACKEND-save; echo '== IPv6'; ip6tables-BACKEND-save";

/// What one of the tools showed.
#[derive(Default, Debug)]
pub(super) struct State {
    /// `ipvsadm -Sn`
    pub(super) servers: BTreeSet<String>,
    /// `ipset save`, without what the kernel makes up.
    pub(super) sets: BTreeSet<String>,
    /// The addresses of kube-ipvs0; a line of its own if it is up, which it never should be.
    pub(super) device: BTreeSet<String>,
    /// The rules of both families, chain by chain, in their order.
    pub(super) rules: Vec<String>,
}

impl State {
    /// What is in a namespace, as a back end of iptables has its rules.
    pub(super) fn of(netns: &str, backend: &str) -> State {
        State::read(netns, &SHOW.replace("BACKEND", backend))
    }

    /// The same without rules.
    pub(super) fn without_rules(netns: &str) -> State {
        State::read(netns, SHOW.split("echo '== IPv4'").next().unwrap())
    }

    fn read(netns: &str, script: &str) -> State {
        let shown = super::shell(netns, script);
        let mut state = State::default();
        for part in shown.split("== ").skip(1) {
            let (title, text) = part.split_once('\n').unwrap();
            match title {
                "servers" => state.servers = text.lines().map(|line| line.trim().into()).collect(),
                "sets" => state.sets = text.lines().map(definition).collect(),
                "device" => state.device = text.lines().map(address).collect(),
                family => state.rules.extend(rules(family, text)),
            }
        }
        state
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        let sets = [("servers", &self.servers), ("sets", &self.sets), ("device", &self.device)];
        let mut text = String::new();
        for (title, lines) in sets {
            text.push_str(&format!("== {title}\n"));
            lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        }
        text.push_str("== rules\n");
        self.rules.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        text
    }
}

/// A line of `ipset save` without how its hash is laid out.
fn definition(line: &str) -> String {
    line.split(" bucketsize ").next().unwrap().to_owned()
}

/// `10.96.0.1/32 scope global`, or the line of a device that is up.
fn address(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[2] {
        "inet" | "inet6" => words[3..6].join(" "),
        _ => line.to_owned(),
    }
}

/// The chains of a family, the empty ones too.
fn rules(family: &str, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for ((table, chain), rules) in parse_rules(text) {
        lines.push(format!("{family} {table} {chain}"));
        lines.extend(rules.iter().map(|rule| format!("{family} {table} {rule}")));
    }
    lines
}
