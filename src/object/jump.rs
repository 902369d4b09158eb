//! Jumps from built-in chains.

use super::rule_text::push_rule;
use super::{ChainName, Id, Match, Table, Target};
use crate::model::Family;
use std::fmt;

/// A built-in chain: a hook of netfilter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Hook {
    /// `PREROUTING`
    Prerouting,
    /// `INPUT`
    Input,
    /// `FORWARD`
    Forward,
    /// `OUTPUT`
    Output,
    /// `POSTROUTING`
    Postrouting,
}

impl Hook {
    /// All hooks, in the order in which iptables-save prints them.
    pub const ALL: [Hook; 5] =
        [Hook::Prerouting, Hook::Input, Hook::Forward, Hook::Output, Hook::Postrouting];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Hook::Prerouting => "PREROUTING",
            Hook::Input => "INPUT",
            Hook::Forward => "FORWARD",
            Hook::Output => "OUTPUT",
            Hook::Postrouting => "POSTROUTING",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where in its built-in chain a jump stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// Before everybody else's rules, in this order.
    Top(u8),
    /// Behind so many of everybody else's rules, as it was found.
    Behind(u32),
    /// Behind everybody else's rules, in this order.
    Bottom(u8),
}

/// A jump from a built-in chain to a chain of netc's own.
#[derive(Clone, PartialEq, Debug)]
pub struct Jump {
    /// The family.
    pub family: Family,
    /// The table.
    pub table: Table,
    /// The built-in chain.
    pub hook: Hook,
    /// Where in it.
    pub place: Place,
    /// The chain it leads to.
    pub to: ChainName,
    /// The rule as iptables-save prints it; its target is that chain.
    pub line: String,
}

impl Jump {
    /// A jump if everything matches.
    #[must_use]
    pub fn new(
        (family, table): (Family, Table),
        (hook, place): (Hook, Place),
        to: ChainName,
        matches: &[Match],
    ) -> Jump {
        let mut line = format!("-A {hook}");
        push_rule(&mut line, family, matches, Target::Jump(&to));
        Jump { family, table, hook, place, to, line }
    }

    pub(super) fn id(&self) -> Id {
        Id::Jump(self.family, self.table, self.hook, self.place, self.to)
    }

    pub(super) fn needs(&self) -> Id {
        Id::Ruleset(self.family, self.table)
    }
}
