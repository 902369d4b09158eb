//! Jumps from built-in chains, and other rules in them.

use super::rule_text::push_rule;
use super::{ChainName, Id, Match, Table, Target, target};
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
    Top(u16),
    /// Behind so many of everybody else's rules, as it was found.
    Behind(u32),
    /// Behind everybody else's rules, in this order.
    Bottom(u16),
}

/// What a rule can do beside going to a chain, of all that netc's own rules do.
const DECISIONS: [&str; 11] = [
    "ACCEPT",
    "DROP",
    "RETURN",
    "REJECT",
    "MASQUERADE",
    "MARK",
    "DNAT",
    "SNAT",
    "REDIRECT",
    "LOG",
    "CT",
];

/// Whether the name of a target is that of a chain.
#[must_use]
pub fn is_chain(target: &str) -> bool {
    !DECISIONS.contains(&target)
}

/// Whether a rule decides itself: nothing but its text tells then whose it is.
#[must_use]
pub fn decides(line: &str) -> bool {
    target(line).is_some_and(|target| !is_chain(target))
}

/// A rule of netc's own in a built-in chain: a jump to a chain of its own, or one that decides
/// itself, as Docker has some.
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
    /// The chain it leads to, or what it decides: `MASQUERADE`.
    pub to: ChainName,
    /// The rule as iptables-save prints it; that is its target.
    pub line: String,
}

impl Jump {
    /// A jump if everything matches.
    #[must_use]
    pub fn new(
        place: (Family, Table),
        hook: (Hook, Place),
        to: ChainName,
        matches: &[Match],
    ) -> Jump {
        Jump::rule(place, hook, matches, Target::Jump(&to))
    }

    /// A rule: if everything matches, the target decides.
    #[must_use]
    pub fn rule(
        (family, table): (Family, Table),
        (hook, place): (Hook, Place),
        matches: &[Match],
        decision: Target,
    ) -> Jump {
        let mut line = format!("-A {hook}");
        push_rule(&mut line, family, matches, decision);
        let to = ChainName::new(&[target(&line).unwrap_or_default()]);
        Jump { family, table, hook, place, to, line }
    }

    pub(super) fn id(&self) -> Id {
        Id::Jump(self.family, self.table, self.hook, self.place, self.to)
    }

    pub(super) fn needs(&self) -> Id {
        Id::Ruleset(self.family, self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_decides_itself_is_told_from_a_jump() {
        let (at, hook) = ((Family::V4, Table::Nat), (Hook::Postrouting, Place::Top(0)));
        let masquerade = Target::Masquerade { random_fully: true };
        let rule =
            Jump::rule(at, hook, &[Match::OutInterface { not: true, name: "br0" }], masquerade);
        assert_eq!(rule.line, "-A POSTROUTING ! -o br0 -j MASQUERADE --random-fully");
        assert!(decides(&rule.line));
        assert_eq!(rule.id().to_string(), "IPv4 rule of POSTROUTING of table nat: MASQUERADE");
        let jump = Jump::new(at, hook, ChainName::new(&["DOCKER"]), &[]);
        assert!(!decides(&jump.line));
        let said = "IPv4 jump from POSTROUTING of table nat to DOCKER";
        assert_eq!(jump.id().to_string(), said);
    }
}
