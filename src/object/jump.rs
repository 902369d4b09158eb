//! Jumps from built-in chains.

use super::{ChainName, Id, Rules, Table};
use crate::model::Family;
use netc_lang::Span;
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
    /// The rule; its target is that chain.
    pub rule: Rules,
}

impl Jump {
    pub(super) fn id(&self) -> Id {
        Id::Jump(self.family, self.table, self.hook, self.place, self.to)
    }

    /// The statement that asked for it.
    #[must_use]
    pub fn origin(&self) -> Span {
        self.rule.iter().next().map_or(Span::default(), |rule| rule.origin)
    }

    pub(super) fn needs(&self) -> Id {
        Id::Chain(self.family, self.table, self.to)
    }
}
