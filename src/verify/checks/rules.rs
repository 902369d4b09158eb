//! Rules that are stated one by one: that packets get to them. Those of systems are held by tests;
//! chains that kube-proxy and Docker keep empty are theirs.

use super::Run;
use super::finding::placed;
use crate::model::{Check, Condition, Family, Node, PlainChain, PlainRule, Verdict};
use crate::object::Table;
use netc_lang::{Diagnostic, code};
use std::collections::BTreeSet;

impl Run<'_, '_> {
    /// Looks for rules that no packet gets to: behind one for all packets or in a chain that nothing
    /// leads to, or else behind one for at least the same packets.
    pub(super) fn rules(&mut self) {
        for node in &self.cluster.nodes {
            let chains = chains(node);
            self.of += chains.iter().map(|chain| chain.rules.len()).sum::<usize>();
            match self.findings.check() {
                Check::NoIdleRule => self.unreached(node, chains),
                _ => {
                    for chain in chains {
                        self.behind(chain, false);
                    }
                }
            }
        }
        self.asked = self.of;
    }

    fn unreached(&mut self, node: &Node, chains: &[PlainChain]) {
        let reached = reached(chains);
        for chain in chains {
            if reached.contains(&key(chain)) {
                self.behind(chain, true);
                continue;
            }
            let name = &chain.name;
            let message = format!("nothing leads to chain {} of node {}", name.value, node.name);
            self.findings.add(code::IDLE_RULE, Some(name.span), String::new(), || {
                let here = "no packet passes its rules".to_owned();
                let help = "let a built-in chain lead to it with `on`, or a rule with `jump`";
                placed(code::IDLE_RULE, Some(name.span), message).map_here(here).help(help)
            });
        }
    }

    /// Rules behind one that decides for them: for all packets, or for those that they ask for.
    fn behind(&mut self, chain: &PlainChain, for_all: bool) {
        for (place, rule) in chain.rules.iter().enumerate() {
            let before = chain.rules.iter().take(place);
            let mut before = before.filter(|earlier| decides(&earlier.target.value));
            let hides = |earlier: &&PlainRule| {
                asks(earlier).next().is_none() == for_all && covers(earlier, rule)
            };
            let Some(earlier) = before.find(hides) else { continue };
            let (code, message) = match for_all {
                true => (code::IDLE_RULE, "no packet gets to this rule"),
                false => (code::SHADOWED, "another rule takes all packets of this one"),
            };
            let message = format!("{message}, in chain {}", chain.name.value);
            let earlier = earlier.span;
            self.findings.add(code, Some(rule.span), String::new(), || {
                let fault: Diagnostic = placed(code, Some(rule.span), message)
                    .map_here("it decides nothing".to_owned());
                fault
                    .label(earlier, "this one decides first")
                    .help("remove one of them, or change their order")
            });
        }
    }
}

fn chains(node: &Node) -> &[PlainChain] {
    node.primitives.as_ref().map_or(&[], |own| own.chains.as_slice())
}

type Key<'c> = (Family, Table, &'c str);

fn key(chain: &PlainChain) -> Key<'_> {
    (chain.family, chain.table, chain.name.value.as_str())
}

/// The chains that packets pass.
fn reached(chains: &[PlainChain]) -> BTreeSet<Key<'_>> {
    let mut reached: BTreeSet<Key> = BTreeSet::new();
    let mut open: Vec<&PlainChain> = chains.iter().filter(|chain| !chain.on.is_empty()).collect();
    while let Some(chain) = open.pop() {
        if !reached.insert(key(chain)) {
            continue;
        }
        let targets = chain.rules.iter().filter_map(|rule| match &rule.target.value {
            Verdict::Jump(to) => Some((chain.family, chain.table, to.as_str())),
            _ => None,
        });
        for target in targets {
            open.extend(chains.iter().find(|other| key(other) == target));
        }
    }
    reached
}

/// Whether no packet of a rule gets to the next one.
fn decides(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Accept
        | Verdict::Drop
        | Verdict::Return
        | Verdict::Reject
        | Verdict::Masquerade { .. }
        | Verdict::Snat(_)
        | Verdict::Dnat(_)
        | Verdict::Redirect(_) => true,
        Verdict::Jump(_) | Verdict::SetMark(_) | Verdict::Log(_) | Verdict::NoTrack => false,
    }
}

/// What a rule asks for: remarks ask for nothing.
fn asks(rule: &PlainRule) -> impl Iterator<Item = &Condition> {
    let all = rule.conditions.iter().map(|condition| &condition.value);
    all.filter(|condition| !matches!(condition, Condition::Comment(_)))
}

/// Whether the first takes every packet of the second: each of its conditions follows from one of
/// the other.
fn covers(earlier: &PlainRule, later: &PlainRule) -> bool {
    asks(earlier).all(|wide| asks(later).any(|narrow| follows(wide, narrow)))
}

/// Whether a condition holds wherever another one does.
fn follows(wide: &Condition, narrow: &Condition) -> bool {
    match (wide, narrow) {
        (Condition::Source(false, wide), Condition::Source(false, narrow))
        | (Condition::Destination(false, wide), Condition::Destination(false, narrow)) => {
            wide.contains(narrow)
        }
        (wide, narrow) => wide == narrow,
    }
}
