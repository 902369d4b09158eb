//! What is on a live node that no source asks for.

use crate::graph::{Item, Node, Ordered, Placed, detail, order_known};
use crate::model::Family;
use crate::object::{Object, State, Table, target};
use crate::plan::{Live, system};
use crate::why::Meaning;
use crate::why::answer::lines;
use crate::why::find::find;
use crate::why::line::fits;
use netc_lang::Span;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// So many are told.
const TOLD: usize = 12;

/// So many lines of each.
const LINES: usize = 12;

/// Something on the node that no source asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stranger {
    /// What it is.
    pub what: String,
    /// It, as its tool shows it.
    pub lines: Vec<String>,
    /// Whose it is, as far as that can be told.
    pub whose: String,
}

impl Stranger {
    pub(super) fn json(&self) -> Value {
        json!({ "what": self.what, "shown": self.lines, "whose": self.whose })
    }
}

/// How the chains of others begin, and who that is.
const OWNERS: [(&str, &str); 14] = [
    ("cali-", "Calico's"),
    ("CILIUM_", "Cilium's"),
    ("DOCKER", "Docker's"),
    ("CNI-", "a CNI plugin's"),
    ("FLANNEL-", "flannel's"),
    ("KUBE-ROUTER-", "kube-router's"),
    ("KUBE-FIREWALL", "the kubelet's"),
    ("KUBE-KUBELET-", "the kubelet's"),
    ("KUBE-IPTABLES-HINT", "the kubelet's"),
    ("KUBE-MARK-DROP", "the kubelet's"),
    ("KUBE-PROXY-CANARY", "kube-proxy's"),
    ("LIBVIRT_", "libvirt's"),
    ("f2b-", "fail2ban's"),
    ("ufw", "ufw's"),
];

/// What a word means on a node of what is not desired there; `desired` tells that of a line of rules, or
/// of an object.
#[must_use]
pub fn strangers(meanings: &[Meaning], live: &Live, desired: &Ordered) -> Vec<Stranger> {
    let wanted: BTreeSet<_> = desired.nodes.iter().map(Node::id).collect();
    let mut all: Vec<Stranger> =
        meanings.iter().flat_map(|meaning| chains(meaning, live, desired)).collect();
    let objects = live.states.iter().filter(|(id, _)| !wanted.contains(id));
    let objects = objects.map(|(id, found)| {
        let (state, origin, others) = (found.state.clone(), Span::default(), Vec::new());
        (id.clone(), Object { state, origin, others })
    });
    let ordered = order_known(objects.collect());
    let items: Vec<Placed> = detail(&ordered);
    for one in meanings.iter().flat_map(|meaning| find(meaning, &items)) {
        let Some(item) = items.get(one.place).map(|placed| placed.item) else { continue };
        all.push(Stranger {
            what: item.to_string(),
            lines: lines(&one, &item).into_iter().take(LINES).collect(),
            whose: whose(&item, live),
        });
    }
    all.dedup();
    all.truncate(TOLD);
    all
}

/// Whose an object is that nothing asks for.
fn whose(item: &Item, live: &Live) -> String {
    let owned = match item {
        Item::Object(object) => live.states.get(&object.state.id()).is_some_and(|one| one.owned),
        _ => false,
    };
    match owned {
        true => "netc's own, left over: `netc apply` removes it".to_owned(),
        false => "somebody else's: netc leaves it alone".to_owned(),
    }
}

/// The chains and rules of iptables that fit and are not desired.
fn chains(meaning: &Meaning, live: &Live, desired: &Ordered) -> Vec<Stranger> {
    let mut all = Vec::new();
    for ((family, table), own) in &live.rules {
        for chain in own.chains() {
            let wanted = wanted(*family, *table, chain.name, desired);
            if let Meaning::Name { table: of, name } = meaning {
                let meant = chain.name == name && of.as_ref().is_none_or(|of| table.name() == of);
                if meant && wanted.is_none() && !chain.built_in {
                    all.push(Stranger {
                        what: format!("{family} chain {name} of table {table}"),
                        lines: chain.rules.lines().take(LINES).map(str::to_owned).collect(),
                        whose: owner(name),
                    });
                }
                continue;
            }
            let wanted = wanted.unwrap_or_default();
            let rules = chain.rules.lines().filter(|line| fits(meaning, line));
            for line in rules.filter(|line| !wanted.contains(line)) {
                let own =
                    if chain.built_in { target(line).unwrap_or_default() } else { chain.name };
                all.push(Stranger {
                    what: format!("rule of {family} chain {} of table {table}", chain.name),
                    lines: vec![line.to_owned()],
                    whose: owner(own),
                });
            }
        }
    }
    all
}

/// The rules that a chain is to have; `None` if it is not desired.
fn wanted<'o>(
    family: Family,
    table: Table,
    name: &str,
    desired: &'o Ordered,
) -> Option<Vec<&'o str>> {
    let mut jumps = Vec::new();
    for node in &desired.nodes {
        match &node.object.state {
            State::Ruleset(own) if (own.family, own.table) == (family, table) => {
                if let Some(chain) = own.chains().find(|chain| chain.name.as_str() == name) {
                    return Some(chain.rules().map(|rule| rule.line).collect());
                }
            }
            State::Jump(own)
                if (own.family, own.table, own.hook.name()) == (family, table, name) =>
            {
                jumps.push(own.line.as_str());
            }
            _ => {}
        }
    }
    (!jumps.is_empty()).then_some(jumps)
}

/// Whose a chain is, by its name.
fn owner(name: &str) -> String {
    let known = OWNERS.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, who)| *who);
    match (system(name), known) {
        (Some(system), _) => {
            format!(
                "{system}'s by its name, and not of these sources: `netc diff` says what becomes of it"
            )
        }
        (None, Some(who)) => format!("{who} by its name: netc leaves it alone"),
        (None, None) => "somebody else's: netc leaves it alone".to_owned(),
    }
}
