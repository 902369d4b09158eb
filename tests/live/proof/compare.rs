//! Whether the kernel does what the walk says.

use super::clients::{Fate, ask};
use super::questions::Asked;
use super::site::Site;
use netc::lab::judge::is_likely;
use netc::trace::{Ended, Event, Network, Symptom};
use netc_lang::Port;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// What the walk expects of one question: the fates and how likely each is.
pub(super) type Expected = BTreeMap<Fate, f64>;

impl Site {
    /// Asks both. What differs, in words. It is asked once more: what differs does so again, and
    /// what a busy machine has lost does not.
    pub(super) fn differences(&self, network: &Network, all: &[Asked]) -> Vec<String> {
        let (again, _): (Vec<Asked>, Vec<String>) =
            self.differing(network, all).into_iter().unzip();
        self.differing(network, &again).into_iter().map(|(_, told)| told).collect()
    }

    /// The questions that both answer differently, with that in words.
    fn differing(&self, network: &Network, all: &[Asked]) -> Vec<(Asked, String)> {
        let expected: Vec<Expected> =
            all.iter().map(|asked| self.expected(network, asked)).collect();
        let mut requests = Vec::new();
        for (asked, expected) in all.iter().zip(&expected) {
            let may_be_silent = expected.keys().any(|fate| *fate == Fate::Silence);
            let request = asked.request(may_be_silent);
            requests.extend(std::iter::repeat_n(request, asked.target.times));
        }
        let mut fates = ask(&requests).into_iter();
        let mut differences = Vec::new();
        for (asked, expected) in all.iter().zip(&expected) {
            let mut counts: BTreeMap<Fate, usize> = BTreeMap::new();
            for fate in fates.by_ref().take(asked.target.times) {
                *counts.entry(fate).or_default() += 1;
            }
            if !agree(&counts, expected, asked) {
                let told = self.told(network, asked, &counts, expected);
                differences.push((asked.clone(), told));
            }
        }
        differences
    }

    /// What the walk says of a question.
    pub(super) fn expected(&self, network: &Network, asked: &Asked) -> Expected {
        let answer = network.ask(&asked.question(&self.cluster)).expect("it compiles");
        let mut expected = Expected::new();
        for ended in answer.ways.iter().filter(|ended| ended.way.share > 0.0) {
            *expected.entry(self.fate(ended)).or_default() += ended.way.share;
        }
        expected
    }

    /// What a client sees at the end of a way, where the servers of this site are.
    pub(super) fn fate(&self, ended: &Ended) -> Fate {
        match (ended.server(), ended.failure.as_ref().map(|failure| failure.symptom)) {
            (Some(server), None) => {
                let protocol = ended.way.packet.payload.protocol().expect("TCP or UDP");
                let number = server.port.expect("a port");
                let Some(spot) = self.spot(&server.place, server.address.first()) else {
                    // Somebody outside whom nobody knows.
                    return Fate::Silence;
                };
                if !spot.ports.contains(&Port { number, protocol }) {
                    return Fate::Refused;
                }
                Fate::Answered { by: spot.netns.clone(), seen: server.client.first() }
            }
            (_, Some(Symptom::Refused)) => Fate::Refused,
            (_, Some(Symptom::Unreachable)) => Fate::Unreachable,
            _ => Fate::Silence,
        }
    }

    /// A difference in words, with the ways that the walk found.
    fn told(
        &self,
        network: &Network,
        asked: &Asked,
        counts: &BTreeMap<Fate, usize>,
        expected: &Expected,
    ) -> String {
        let mut text = format!(
            "{}: {asked}\n    the kernel: {counts:?}\n    the walk: {expected:?}\n",
            self.name
        );
        let answer = network.ask(&asked.question(&self.cluster)).expect("it compiles");
        for ended in answer.ways.iter().take(3) {
            text.push_str(&way(ended));
        }
        text
    }
}

/// A way in words.
pub(super) fn way(ended: &Ended) -> String {
    let mut text = format!("    way, share {:.3}, {:?}\n", ended.way.share, ended.failure);
    for step in ended.way.trail.steps() {
        let line = step.decided.as_ref().map_or("", |decided| &*decided.line);
        let event = match &step.event {
            Event::Rule { table, .. } => format!("{table:?}"),
            event => format!("{event:?}"),
        };
        let (from, to) = (&step.source, &step.destination);
        writeln!(text, "        {:?} {from} > {to} {event} {line}", step.place).unwrap();
    }
    text
}

/// Whether counts are as likely as they should be.
fn agree(counts: &BTreeMap<Fate, usize>, expected: &Expected, asked: &Asked) -> bool {
    let total = counts.values().sum();
    let known = counts.keys().all(|fate| expected.contains_key(fate));
    let likely = expected.iter().all(|(fate, share)| {
        let count = counts.get(fate).copied().unwrap_or(0);
        asked.target.affinity || is_likely(count, total, *share)
    });
    known && likely
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let to: SocketAddr = self.target.to;
        write!(f, "{} to {to} by {}", self.client.netns, self.target.protocol)
    }
}
