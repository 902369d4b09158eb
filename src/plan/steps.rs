//! From changes to the steps of an apply: single netlink operations, and for each family one
//! payload for iptables-restore and one search for stale connections.

use super::{Action, Change, Live};
use crate::graph::{Item, Ordered};
use crate::model::Family;
use crate::object::{Chain, Hook, Jump, Object, Place, State, Table};
use netc_lang::Span;
use std::collections::BTreeMap;

/// One step of an apply.
#[derive(Clone, Debug)]
pub enum Step {
    /// One operation.
    One(Change),
    /// All changes of rules of one family.
    Restore(Payload),
    /// Flushes of one family, by their places: the connections are listed once for all of them.
    Flush(Family, Vec<usize>),
}

/// Input for `iptables-restore --noflush`: only the chains that change, and the built-in chains
/// whose jumps are out of place.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The family.
    pub family: Family,
    /// The text.
    pub text: String,
    /// The statement behind each line.
    pub origins: Vec<Span>,
    /// The place of the first of the changes.
    pub place: usize,
}

/// The steps, in order. The payload of a family stands where its first change does: nothing but
/// rules depends on rules, but for the flushes, which come last.
#[must_use]
pub fn steps(desired: &Ordered, live: &Live, changes: &[Change]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut done = Vec::new();
    for change in changes {
        let family = match desired.nodes.get(change.place).map(|node| &node.object.state) {
            Some(State::Ruleset(ruleset)) => ruleset.family,
            Some(State::Jump(jump)) => jump.family,
            Some(State::Flush(_)) => continue,
            _ => {
                steps.push(Step::One(change.clone()));
                continue;
            }
        };
        if !done.contains(&family) {
            done.push(family);
            steps.push(Step::Restore(payload(desired, live, changes, family, change.place)));
        }
    }
    steps.extend(Family::ALL.into_iter().filter_map(|family| flushes(desired, changes, family)));
    steps
}

/// The flushes of a family. A change of the rules for first packets can make any connection stale
/// after it was looked at: then all flushes are done.
fn flushes(desired: &Ordered, changes: &[Change], family: Family) -> Option<Step> {
    let (mut all, mut found) = (false, Vec::new());
    for change in changes {
        match desired.nodes.get(change.place).map(|node| &node.object.state) {
            Some(State::Ruleset(own)) => all |= (own.family, own.table) == (family, Table::Nat),
            Some(State::Jump(jump)) => all |= (jump.family, jump.table) == (family, Table::Nat),
            Some(State::Flush(flush)) if flush.family == family => found.push(change.place),
            _ => {}
        }
    }
    if all {
        let nodes = desired.nodes.iter().enumerate();
        let own = nodes.filter(|(_, node)| match &node.object.state {
            State::Flush(flush) => flush.family == family,
            _ => false,
        });
        found = own.map(|(place, _)| place).collect();
    }
    (!found.is_empty()).then_some(Step::Flush(family, found))
}

fn payload(
    desired: &Ordered,
    live: &Live,
    changes: &[Change],
    family: Family,
    place: usize,
) -> Payload {
    let changed: Vec<Item> = changes.iter().filter_map(|change| change.item(desired)).collect();
    let mut lines = Lines::default();
    for table in Table::ALL {
        let mut chains: Vec<&Chain> = Vec::new();
        let mut jumps: BTreeMap<Hook, Vec<(&Jump, Span)>> = BTreeMap::new();
        for item in &changed {
            match item {
                Item::Chain(chain) if (chain.family, chain.table) == (family, table) => {
                    chains.push(chain);
                }
                Item::Object(Object { state: State::Jump(jump), origin, .. })
                    if (jump.family, jump.table) == (family, table) =>
                {
                    jumps.entry(jump.hook).or_default().push((jump, *origin));
                }
                _ => {}
            }
        }
        if chains.is_empty() && jumps.is_empty() {
            continue;
        }
        lines.push(&format!("*{table}"), Span::default());
        for chain in &chains {
            // This makes the chain, or empties it.
            lines.push(&format!(":{} - [0:0]", chain.name), chain.origin);
        }
        for chain in &chains {
            lines.chain(chain);
        }
        for (hook, jumps) in jumps {
            let found = live.chain(family, table, hook.name()).unwrap_or_default();
            lines.jumps(hook, jumps, found);
        }
        lines.push("COMMIT", Span::default());
    }
    Payload { family, text: lines.text, origins: lines.origins, place }
}

/// Lines with the statements behind them.
#[derive(Default)]
struct Lines {
    text: String,
    origins: Vec<Span>,
}

impl Lines {
    fn push(&mut self, line: &str, origin: Span) {
        self.text.push_str(line);
        self.text.push('\n');
        self.origins.push(origin);
    }

    fn chain(&mut self, chain: &Chain) {
        self.text.push_str(chain.text);
        self.origins.extend(chain.rules().map(|rule| rule.origin));
    }

    /// Brings the jumps of one built-in chain into place: all are taken out and put back, so
    /// that others' rules keep their order.
    fn jumps(&mut self, hook: Hook, mut jumps: Vec<(&Jump, Span)>, found: &str) {
        jumps.sort_by_key(|(jump, _)| jump.place);
        let first = jumps.first().map_or(Span::default(), |(_, origin)| *origin);
        for line in found.lines() {
            let target = line.rsplit_once(" -j ").map(|(_, target)| target);
            if jumps.iter().any(|(jump, _)| target == Some(jump.to.as_str())) {
                self.push(&line.replacen("-A ", "-D ", 1), first);
            }
        }
        for (position, (jump, origin)) in (1..).zip(&jumps) {
            let begin = format!("-A {hook}");
            match jump.place {
                Place::Top(_) => {
                    let inserted = format!("-I {hook} {position}");
                    self.push(&jump.line.replacen(&begin, &inserted, 1), *origin);
                }
                Place::Bottom(_) => self.push(&jump.line, *origin),
            }
        }
    }
}

/// How many changes of each kind there are, for people.
#[must_use]
pub fn summary(changes: &[Change]) -> String {
    let count = |wanted: fn(&Action) -> bool| {
        changes.iter().filter(|change| wanted(&change.action)).count()
    };
    let parts = [
        (count(|action| matches!(action, Action::Create)), "made"),
        (count(|action| matches!(action, Action::Update(_))), "changed"),
        (count(|action| matches!(action, Action::Replace(_))), "made anew"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::order;
    use crate::object::{ChainName, Chains, Flush, Objects, Ruleset};

    /// Rules of both families and tables, and two flushes of IPv4 and one of IPv6.
    fn desired() -> Ordered {
        let mut objects = Objects::default();
        for family in Family::ALL {
            for table in Table::ALL {
                let chains = Chains::one(family, ChainName::new(&["A"]), Span::default());
                let ruleset = Ruleset::new(family, table, vec![chains]);
                objects.add(State::Ruleset(ruleset), Span::default());
            }
        }
        for (family, port) in [(Family::V4, 1), (Family::V4, 2), (Family::V6, 3)] {
            let keep = vec![family.address(1)];
            let flush = Flush { family, destination: None, port, keep };
            objects.add(State::Flush(flush), Span::default());
        }
        order(objects.finish().0).unwrap()
    }

    /// The ports whose flushes are done when the objects that are called so change, in step order.
    fn flushed(changed: &[&str]) -> Vec<u16> {
        let desired = desired();
        let place = |name: &&str| {
            desired.nodes.iter().position(|node| node.id().to_string() == **name).unwrap()
        };
        let change = |place| Change { place, chain: Some(0), action: Action::Create };
        let changes: Vec<Change> = changed.iter().map(place).map(change).collect();
        let steps = steps(&desired, &Live::default(), &changes);
        let last = steps.iter().skip_while(|step| !matches!(step, Step::Flush(..)));
        let places = last.flat_map(|step| match step {
            Step::Flush(_, places) => places.as_slice(),
            _ => panic!("flushes come last"),
        });
        let port = |place: &usize| match &desired.nodes[*place].object.state {
            State::Flush(flush) => flush.port,
            other => panic!("{other:?}"),
        };
        places.map(port).collect()
    }

    #[test]
    fn a_change_of_the_nat_rules_calls_for_all_flushes_of_its_family() {
        let one = "stale IPv4 connections to UDP port 2";
        assert_eq!(flushed(&[one]), [2]);
        assert_eq!(flushed(&["IPv4 chains of table filter", one]), [2]);
        assert_eq!(flushed(&["IPv4 chains of table nat"]), [1, 2]);
        assert_eq!(flushed(&["IPv4 chains of table nat", one]), [1, 2]);
        assert_eq!(flushed(&["IPv6 chains of table nat", one]), [2, 3]);
        assert_eq!(flushed(&["IPv6 chains of table filter"]), [0; 0]);
    }
}
