//! From changes to the steps of an apply: single netlink operations, and for each family one
//! payload for iptables-restore.

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
/// rules depends on rules.
#[must_use]
pub fn steps(desired: &Ordered, live: &Live, changes: &[Change]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut done = Vec::new();
    for change in changes {
        let family = match desired.nodes.get(change.place).map(|node| &node.object.state) {
            Some(State::Ruleset(ruleset)) => ruleset.family,
            Some(State::Jump(jump)) => jump.family,
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
    steps
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
