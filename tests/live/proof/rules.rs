//! Rule by rule: what the rules of a node counted is what the walk named.

use super::clients::{Fate, ask};
use super::compare::way;
use super::questions::Asked;
use super::site::Site;
use super::traced::Monitors;
use crate::lab::{start, text};
use netc::object::Netns;
use netc::trace::{Cause, Ended, Event, Network, Place, RuleTable};
use netc_lang::Protocol;
use std::collections::BTreeMap;
use std::process::Command;

/// How often a question is asked again: neighbours that are looked for pass rules too, and so do the
/// six redirects at once that IPv6 allows itself (`inet_peer_xrlim_allow` in net/ipv4/icmp.c).
const TRIES: usize = 8;

/// How often each rule of each node matched: node, table, chain and rule.
pub(super) type Counts = BTreeMap<(String, String, String), u64>;

impl Site {
    /// Asks one question after the other, each with one packet and one answer. What differs, in
    /// words, and how many could be compared.
    pub(super) fn rule_differences(
        &self,
        network: &Network,
        all: &[Asked],
    ) -> (usize, Vec<String>) {
        let monitors = Monitors::start(self);
        let (mut compared, mut differences) = (0, Vec::new());
        // A client that was there before is remembered: its next way is another one.
        let some =
            |asked: &&Asked| asked.target.protocol == Protocol::Udp && !asked.target.affinity;
        for asked in all.iter().filter(some) {
            let answer = network.ask(&asked.question(&self.cluster)).expect("it compiles");
            let wholly = answer.ways.iter().all(|ended| counts_all(ended, self));
            if answer.ways.is_empty() || !wholly {
                continue;
            }
            compared += 1;
            let silent = answer.ways.iter().any(|ended| self.fate(ended) == Fate::Silence);
            let mut told = String::new();
            let same = (0..TRIES).any(|_| {
                let before = self.counters(asked);
                monitors.clear();
                let fate = ask(&[asked.request(silent)]).remove(0);
                let mut counted = since(before, self.counters(asked));
                counted.extend(monitors.counts());
                let likely = || answer.ways.iter().filter(|ended| self.fate(ended) == fate);
                if likely().any(|ended| self.named(ended) == counted) {
                    return true;
                }
                let named = likely().next().map(|ended| (self.named(ended), way(ended)));
                told = difference(&fate, &counted, named);
                false
            });
            if !same {
                differences.push(format!("{}: {asked}\n{told}", self.name));
            }
        }
        (compared, differences)
    }

    /// What the rules of iptables have counted so far, in the family of a question.
    fn counters(&self, asked: &Asked) -> Counts {
        let tool = if asked.target.to.is_ipv6() { "ip6tables-save" } else { "iptables-save" };
        let threads: Vec<_> = self
            .cluster
            .nodes
            .iter()
            .map(|node| {
                let saved =
                    start(&node.name, move || Command::new(tool).arg("-c").output().unwrap());
                (node.name.clone(), saved)
            })
            .collect();
        let mut all = Counts::new();
        for (node, saved) in threads {
            let (mut table, saved) = ("", text(&saved.join().unwrap().stdout));
            for line in saved.lines() {
                if let Some(name) = line.strip_prefix('*') {
                    table = name;
                }
                let Some((count, rule)) = line.split_once("] ") else { continue };
                let Some((packets, _)) = count.trim_start_matches('[').split_once(':') else {
                    continue;
                };
                let Some(chain) = rule.split(' ').nth(1).filter(|_| rule.starts_with("-A ")) else {
                    continue;
                };
                let key = (node.clone(), format!("{table} {chain}"), rule.to_owned());
                *all.entry(key).or_default() += packets.parse::<u64>().unwrap();
            }
        }
        all
    }

    /// How often the walk has each rule match.
    fn named(&self, ended: &Ended) -> Counts {
        let mut all = Counts::new();
        for step in ended.way.trail.steps() {
            let (Event::Rule { table, chain, .. }, Place::Node(id, Netns::Node)) =
                (&step.event, &step.place)
            else {
                continue;
            };
            let node = self.cluster.nodes[id.0 as usize].name.clone();
            let line = step.decided.as_ref().expect("a rule is a line").line.to_string();
            let (table, line) = match table {
                RuleTable::Iptables(table) => (table.to_string(), line),
                RuleTable::Nft(table) => (table.to_string(), super::traced::bare(&line)),
            };
            *all.entry((node, format!("{table} {chain}"), line)).or_default() += 1;
        }
        all
    }
}

/// Whether all packets of a way are those of the question and its answer: where it is refused, and
/// where nobody has an address, there are others. ipip has no ports: of what it wraps the first
/// packet alone is a new one to the rules, and that was long ago.
fn counts_all(ended: &Ended, site: &Site) -> bool {
    let ipip = |event: &Event| matches!(event, Event::Wrapped { kind: "ipip", .. });
    if ended.way.trail.backwards().any(|step| ipip(&step.event)) {
        return false;
    }
    match &ended.failure {
        None => matches!(site.fate(ended), Fate::Answered { .. }),
        Some(failure) => failure.cause == Cause::Rule && site.fate(ended) == Fate::Silence,
    }
}

/// What was counted meanwhile.
fn since(before: Counts, mut after: Counts) -> Counts {
    for (rule, count) in before {
        after.entry(rule).and_modify(|own| *own -= count);
    }
    after.retain(|_, count| *count > 0);
    after
}

fn difference(fate: &Fate, counted: &Counts, named: Option<(Counts, String)>) -> String {
    let Some((named, way)) = named else { return format!("    no way of the walk: {fate:?}\n") };
    let lines = |these: &Counts, others: &Counts, what: &str| {
        let more = these.iter().filter(|(rule, count)| others.get(*rule) != Some(*count));
        more.map(|((node, table, rule), count)| {
            format!("    {what} {count} times: {node} {table}: {rule}\n")
        })
        .collect::<String>()
    };
    let (counted, named) = (lines(counted, &named, "counted"), lines(&named, counted, "named"));
    format!("{counted}{named}{way}")
}
