//! What is netc's own on a node.
//!
//! Devices bear netc's alias, routes its protocol, chains their names. What can bear no mark is
//! recorded when it is made.

use super::record::Record;
use super::thing::Jumps;
use super::{Live, LiveTable};
use crate::model::Family;
use crate::object::{ChainName, Hook, Place, State, Table, target};
use netc_lang::{Diagnostic, Span, code};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The systems whose rules netc programs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum System {
    /// kube-proxy
    KubeProxy,
    /// flannel
    Flannel,
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            System::KubeProxy => "kube-proxy",
            System::Flannel => "flannel",
        })
    }
}

/// The chains that kube-proxy makes and removes (pkg/proxy/iptables/proxier.go). Chains of the
/// kubelet begin with `KUBE-` too, and are not among them.
const KUBE_PROXY: [&str; 7] = [
    "KUBE-SERVICES",
    "KUBE-EXTERNAL-SERVICES",
    "KUBE-NODEPORTS",
    "KUBE-POSTROUTING",
    "KUBE-MARK-MASQ",
    "KUBE-FORWARD",
    "KUBE-PROXY-FIREWALL",
];

/// How its chains for services and endpoints begin; `XLB` until 1.24.
const KUBE_PROXY_BEGIN: [&str; 6] =
    ["KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-FW-", "KUBE-EXT-", "KUBE-XLB-"];

/// flannel's chains (netspec 1.10).
const FLANNEL: [&str; 2] = ["FLANNEL-POSTRTG", "FLANNEL-FWD"];

/// Whose a chain is, by its name.
#[must_use]
pub fn system(chain: &str) -> Option<System> {
    if KUBE_PROXY_BEGIN.iter().any(|begin| chain.starts_with(begin)) || KUBE_PROXY.contains(&chain)
    {
        Some(System::KubeProxy)
    } else {
        FLANNEL.contains(&chain).then_some(System::Flannel)
    }
}

/// The chains of one table that are netc's own: those with its systems' names, and those that the
/// desired ones add to them. Beside them, rules of built-in chains that are its own although they
/// lead elsewhere.
pub(super) struct OwnChains {
    more: BTreeSet<ChainName>,
    rules: BTreeSet<String>,
}

impl OwnChains {
    pub(super) fn new(more: impl Iterator<Item = ChainName>) -> OwnChains {
        let more = more.filter(|name| system(name.as_str()).is_none()).collect();
        OwnChains { more, rules: BTreeSet::new() }
    }

    /// The same, and these rules.
    pub(super) fn with(self, rules: BTreeSet<String>) -> OwnChains {
        OwnChains { rules, ..self }
    }

    /// Whether a rule of a built-in chain is netc's own.
    fn has_rule(&self, line: &str) -> bool {
        target(line).is_some_and(|target| self.has(target)) || self.rules.contains(line)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        system(name).is_some() || self.more.contains(&ChainName::new(&[name]))
    }
}

/// The jumps of netc's own among the rules of a built-in chain; `None` if there are none. Also how
/// many rules of others there are.
pub(super) fn jumps(
    (family, table, hook): (Family, Table, Hook),
    rules: &str,
    own: &OwnChains,
) -> (Option<Jumps>, u32) {
    let mut others = 0;
    let mut found = Vec::new();
    for line in rules.lines() {
        if own.has_rule(line) {
            found.push((Place::Behind(others), line.to_owned()));
        } else {
            others += 1;
        }
    }
    let jumps = (!found.is_empty()).then_some(Jumps { family, table, hook, rules: found });
    (jumps, others)
}

/// What stands where something desired is to be but is somebody else's.
#[must_use]
pub fn foreign<'n>(
    desired: impl Iterator<Item = (&'n State, Span)>,
    live: &Live,
    record: &Record,
) -> Vec<Diagnostic> {
    let others = desired.filter(|(state, _)| {
        !matches!(state, State::Underlay(_))
            && live.states.get(&state.id()).is_some_and(|found| !found.owned)
    });
    let others = others.map(|(state, origin)| {
        let message = format!("{} is there already, and is not netc's", state.id());
        Diagnostic::at(code::FOREIGN_OBJECT, origin, message)
            .here("wanted by this statement")
            .help("remove it, rename it in the sources, or let netc take it over with `--adopt`")
    });
    let mut faults: Vec<Diagnostic> = others.collect();
    if !record.managed {
        faults.extend(live.rules.iter().flat_map(|((family, table), rules)| {
            strangers(rules).into_iter().map(move |(system, names)| {
                let listed = listed(&names);
                let message =
                    format!("table {table} of {family} has chains of {system} already: {listed}");
                Diagnostic::new(code::FOREIGN_OBJECT, message).help(format!(
                    "if {system} no longer runs here, let netc take them over with `--adopt`"
                ))
            })
        }));
    }
    faults
}

/// The chains in a table that netc would take for its own, by the system that they are called
/// after.
fn strangers(rules: &LiveTable) -> BTreeMap<System, Vec<&str>> {
    let mut found: BTreeMap<System, Vec<&str>> = BTreeMap::new();
    for chain in rules.chains() {
        if let Some(system) = system(chain.name) {
            found.entry(system).or_default().push(chain.name);
        }
    }
    found
}

/// Some of the names, and how many more there are.
fn listed(names: &[&str]) -> String {
    const NAMED: usize = 4;
    let shown: Vec<&str> = names.iter().take(NAMED).copied().collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
