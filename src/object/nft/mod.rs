//! Tables of nf_tables that are netc's own, as nft(8) has them.
//!
//! A table is one object: a transaction brings it from one state to another, whatever the order
//! of its parts.

mod condition;
mod lines;
mod reference;
mod set;
mod statement;

pub use condition::{Condition, Portal};
pub use lines::Lines;
pub use reference::{Reference, references};
pub use set::{Field, NftSet, element_key, read_types};
pub use statement::Statement;

use super::{Aside, Id, Text};
use crate::model::Family;
use netc_lang::Span;
use std::collections::BTreeMap;
use std::fmt;

/// A table with its chains and sets.
#[derive(Clone, Debug)]
pub struct NftTable {
    /// The family: `ip` or `ip6`.
    pub family: Family,
    /// The name.
    pub name: Text,
    /// What it is for. It does not count when tables are compared.
    pub comment: Aside<Option<Text>>,
    /// The sets and maps, in the order in which they are written.
    pub sets: Vec<NftSet>,
    /// The chains, in the order in which they are written.
    pub chains: Vec<NftChain>,
}

/// A chain with its rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NftChain {
    /// The name.
    pub name: String,
    /// Where packets come in, if it is a base chain.
    pub base: Option<Base>,
    /// What it is for.
    pub comment: Aside<Option<Text>>,
    /// The statement that asked for it; it does not count when chains are compared.
    pub origin: Aside<Span>,
    /// The rules, in order.
    pub rules: Lines,
}

/// Where and when packets come into a base chain, and what becomes of those that fall out of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    /// `filter`, `nat` or `route`.
    pub kind: Text,
    /// `prerouting`, `input`, `forward`, `output` or `postrouting`.
    pub hook: Text,
    /// The chains of a hook are passed from the least to the greatest.
    pub priority: i32,
    /// What falls out of it is dropped; else it goes on. netc makes no such chain, but may find one.
    pub drops: bool,
}

impl Base {
    /// A base chain's place. What falls out of the chain goes on.
    #[must_use]
    pub fn new(kind: &str, hook: &str, priority: i32) -> Base {
        Base { kind: kind.into(), hook: hook.into(), priority, drops: false }
    }

    /// What becomes of packets that fall out of it: `accept` or `drop`.
    #[must_use]
    pub fn policy(&self) -> &'static str {
        if self.drops { "drop" } else { "accept" }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type {} hook {} priority {}", self.kind, self.hook, self.priority)
    }
}

impl NftChain {
    /// A chain without rules that others jump to.
    #[must_use]
    pub fn new(name: impl Into<String>, origin: Span) -> NftChain {
        NftChain {
            name: name.into(),
            base: None,
            comment: Aside::default(),
            origin: Aside(origin),
            rules: Lines::default(),
        }
    }

    /// A base chain without rules.
    #[must_use]
    pub fn base(name: &str, base: Base, origin: Span) -> NftChain {
        NftChain { base: Some(base), ..NftChain::new(name, origin) }
    }

    /// Adds a rule: if all conditions hold, the statements are carried out, one after the other.
    /// Its comment is given in pieces.
    pub fn rule(
        &mut self,
        family: Family,
        conditions: &[Condition],
        statements: &[Statement],
        comment: &[&str],
        origin: Span,
    ) {
        self.rules.push(origin, |out| {
            let start = out.len();
            let apart = |out: &mut String| {
                if out.len() > start {
                    out.push(' ');
                }
            };
            for condition in conditions.iter().filter(|one| !matches!(one, Condition::Any)) {
                apart(out);
                condition.push(out, family);
            }
            for statement in statements {
                apart(out);
                statement.push(out, family);
            }
            if !comment.is_empty() {
                apart(out);
                out.push_str("comment \"");
                comment.iter().for_each(|piece| out.push_str(piece));
                out.push('"');
            }
        });
    }
}

impl NftTable {
    /// A table without parts.
    #[must_use]
    pub fn new(family: Family, name: &str, comment: Option<&str>) -> NftTable {
        let comment = Aside(comment.map(Text::from));
        NftTable { family, name: name.into(), comment, sets: Vec::new(), chains: Vec::new() }
    }

    pub(super) fn id(&self) -> Id {
        Id::NftTable(self.family, Text::clone(&self.name))
    }

    /// What tells it from other tables.
    #[must_use]
    pub fn key(&self) -> (Family, Text) {
        (self.family, Text::clone(&self.name))
    }

    /// `ip` or `ip6`, as nft names families.
    #[must_use]
    pub fn family_name(&self) -> &'static str {
        family_name(self.family)
    }

    /// How commands name it: `ip kube-proxy`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{} {}", self.family_name(), self.name)
    }

    /// Its chains by name.
    #[must_use]
    pub fn chains_by_name(&self) -> BTreeMap<&str, &NftChain> {
        self.chains.iter().map(|chain| (chain.name.as_str(), chain)).collect()
    }

    /// Its sets and maps by name.
    #[must_use]
    pub fn sets_by_name(&self) -> BTreeMap<&str, &NftSet> {
        self.sets.iter().map(|set| (set.name.as_str(), set)).collect()
    }
}

/// Two tables are equal if they hold the same, in whatever order their parts are written.
impl PartialEq for NftTable {
    fn eq(&self, other: &NftTable) -> bool {
        let same_chains = || {
            let (own, others) = (self.chains_by_name(), other.chains_by_name());
            own.len() == others.len() && own.values().eq(others.values())
        };
        let same_sets = || {
            let (own, others) = (self.sets_by_name(), other.sets_by_name());
            own.len() == others.len() && own.values().eq(others.values())
        };
        (self.family, &self.name) == (other.family, &other.name) && same_sets() && same_chains()
    }
}

impl Eq for NftTable {}

/// `ip` or `ip6`
#[must_use]
pub fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}
