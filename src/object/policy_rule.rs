//! Rules of the routing policy: which routing table a packet asks (ip-rule(8)).

use super::{Id, Netns, Text};
use crate::model::Family;
use ipnet::IpNet;

/// A rule of the routing policy.
///
/// Its priority tells it from every other one of its family: the kernel would take several of one
/// priority, and ask them in the order in which they were made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyRule {
    /// Where it is.
    pub netns: Netns,
    /// The family.
    pub family: Family,
    /// Its place among all rules: the least is asked first.
    pub priority: u32,
    /// It holds for what the selectors below do not fit.
    pub not: bool,
    /// Where packets come from; anywhere if there is none.
    pub from: Option<IpNet>,
    /// Where they go; anywhere if there is none.
    pub to: Option<IpNet>,
    /// The device by which they come in; `lo` for those of the node's own.
    pub iif: Option<Text>,
    /// The device to which the socket that sends them is bound.
    pub oif: Option<Text>,
    /// Their mark, and which bits of it count.
    pub mark: Option<(u32, u32)>,
    /// What is done with them.
    pub action: PolicyAction,
    /// Who made it (`FRA_PROTOCOL` in linux/fib_rules.h): [`PROTOCOL`](super::PROTOCOL) if netc did.
    pub protocol: u8,
}

/// What a rule of the routing policy does with packets (`FR_ACT_…` in linux/fib_rules.h).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PolicyAction {
    /// They ask this table; if that has no route, the next rule is asked.
    Table(u32),
    /// The rule of this priority is asked next.
    Goto(u32),
    /// Nothing: the next rule is asked.
    Nop,
    /// They are dropped in silence.
    Blackhole,
    /// They are refused as unreachable.
    Unreachable,
    /// They are refused as prohibited.
    Prohibit,
}

impl PolicyAction {
    /// Those that are a word and nothing else.
    pub const WORDS: [PolicyAction; 4] = [
        PolicyAction::Nop,
        PolicyAction::Blackhole,
        PolicyAction::Unreachable,
        PolicyAction::Prohibit,
    ];

    /// The word of ip-rule(8).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            PolicyAction::Table(_) => "lookup",
            PolicyAction::Goto(_) => "goto",
            PolicyAction::Nop => "nop",
            PolicyAction::Blackhole => "blackhole",
            PolicyAction::Unreachable => "unreachable",
            PolicyAction::Prohibit => "prohibit",
        }
    }
}

impl PolicyRule {
    pub(super) fn id(&self) -> Id {
        Id::PolicyRule(self.netns.clone(), self.family, self.priority)
    }

    /// A device that a rule names may be missing: the rule waits for it.
    pub(super) fn needs(&self) -> Option<Id> {
        self.netns.needs()
    }
}
