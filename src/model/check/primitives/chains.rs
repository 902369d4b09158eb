//! Chains of iptables: their names, what leads to them, and which targets fit there.

use crate::model::{Condition, Family, PlainChain, PlainRule, Primitives, Verdict, fault};
use crate::object::{Hook, Table};
use netc_lang::{Diagnostic, Span};
use std::collections::{BTreeMap, BTreeSet};

/// How the names of others begin, and whose they are.
const OTHERS: [(&str, &str); 5] = [
    ("KUBE-", "Kubernetes"),
    ("CNI-", "CNI's plugins"),
    ("DOCKER", "Docker"),
    ("FLANNEL-", "flannel"),
    ("cali-", "Calico"),
];

/// What a rule can be told to do beside asking a chain (iptables-extensions(8)): iptables takes the
/// name of a chain that is called so for the target.
const TARGETS: [&str; 45] = [
    "ACCEPT",
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CLUSTERIP",
    "CONNMARK",
    "CONNSECMARK",
    "CT",
    "DNAT",
    "DNPT",
    "DROP",
    "DSCP",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "LOG",
    "MARK",
    "MASQUERADE",
    "NETMAP",
    "NFLOG",
    "NFQUEUE",
    "NOTRACK",
    "QUEUE",
    "RATEEST",
    "REDIRECT",
    "REJECT",
    "RETURN",
    "SECMARK",
    "SET",
    "SNAT",
    "SNPT",
    "STANDARD",
    "ERROR",
    "SYNPROXY",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TPROXY",
    "TRACE",
    "TTL",
    "ULOG",
    "SAME",
];

type Key<'p> = (Table, Family, &'p str);

pub(super) fn check(own: &Primitives, faults: &mut Vec<Diagnostic>) {
    let mut all: BTreeMap<Key, &PlainChain> = BTreeMap::new();
    for chain in &own.chains {
        name(chain, faults);
        attached(chain, faults);
        if let Some(earlier) = all.get(&key(chain)) {
            faults.push(fault::chain_twice(&chain.name, chain.table, earlier.name.span));
        } else {
            all.insert(key(chain), chain);
        }
    }
    jumps(&all, faults);
    let reached = reached(&all);
    for (key, chain) in &all {
        let hooks = reached.get(key).cloned().unwrap_or_default();
        chain.rules.iter().for_each(|rule| fits(chain.table, rule, &hooks, faults));
    }
}

fn key(chain: &PlainChain) -> Key<'_> {
    (chain.table, chain.family, &chain.name.value)
}

fn name(chain: &PlainChain, faults: &mut Vec<Diagnostic>) {
    let name = chain.name.value.as_str();
    let other = OTHERS.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, whose)| *whose);
    let built_in = Hook::ALL.iter().any(|hook| hook.name() == name) || TARGETS.contains(&name);
    let whose = other.or(built_in.then_some("iptables itself"));
    faults.extend(whose.map(|whose| fault::chain_of_another(&chain.name, whose)));
}

/// The built-in chains of a table (the man page iptables(8)).
fn built_in(table: Table) -> &'static [Hook] {
    match table {
        Table::Raw => &[Hook::Prerouting, Hook::Output],
        Table::Mangle => &Hook::ALL,
        Table::Nat => &[Hook::Prerouting, Hook::Input, Hook::Output, Hook::Postrouting],
        Table::Filter => &[Hook::Input, Hook::Forward, Hook::Output],
    }
}

fn attached(chain: &PlainChain, faults: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<Hook, Span> = BTreeMap::new();
    for (hook, _) in &chain.on {
        let has = built_in(chain.table);
        if !has.contains(&hook.value) {
            faults.push(fault::no_such_hook(hook.value, chain.table, hook.span, has));
        }
        if let Some(earlier) = seen.insert(hook.value, hook.span) {
            faults.push(fault::hook_twice(hook.value, hook.span, earlier));
        }
    }
}

/// The chains that a chain leads to.
fn followers<'p>(chain: &'p PlainChain) -> impl Iterator<Item = (Key<'p>, Span)> {
    chain.rules.iter().filter_map(|rule| match &rule.target.value {
        Verdict::Jump(to) => Some(((chain.table, chain.family, to.as_str()), rule.target.span)),
        _ => None,
    })
}

/// Reports jumps to nowhere, and circles.
fn jumps(all: &BTreeMap<Key, &PlainChain>, faults: &mut Vec<Diagnostic>) {
    for chain in all.values() {
        for ((table, family, to), at) in followers(chain) {
            if !all.contains_key(&(table, family, to)) {
                let same = all.keys().filter(|one| (one.0, one.1) == (table, family));
                faults.push(fault::unknown_chain(to, table, at, same.map(|one| one.2)));
            }
        }
    }
    for (key, chain) in all {
        let way = beyond(all, chain);
        // The first one by name reports a circle.
        let circle: Vec<&str> = way
            .iter()
            .filter(|other| all.get(*other).is_some_and(|other| beyond(all, other).contains(key)))
            .map(|(.., name)| *name)
            .collect();
        if way.contains(key) && circle.first() == Some(&key.2) {
            faults.push(fault::chains_in_a_circle(&circle, chain.name.span));
        }
    }
}

/// All chains that are reached from one.
fn beyond<'p>(all: &BTreeMap<Key<'p>, &'p PlainChain>, chain: &'p PlainChain) -> BTreeSet<Key<'p>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Key> = followers(chain).map(|(to, _)| to).collect();
    while let Some(next) = open.pop() {
        if found.insert(next)
            && let Some(chain) = all.get(&next)
        {
            open.extend(followers(chain).map(|(to, _)| to));
        }
    }
    found
}

/// The built-in chains from which each is reached.
fn reached<'p>(all: &BTreeMap<Key<'p>, &'p PlainChain>) -> BTreeMap<Key<'p>, BTreeSet<Hook>> {
    let mut reached: BTreeMap<Key, BTreeSet<Hook>> = BTreeMap::new();
    for (key, chain) in all {
        let hooks: Vec<Hook> = chain.on.iter().map(|(hook, _)| hook.value).collect();
        for to in beyond(all, chain).into_iter().chain([*key]) {
            reached.entry(to).or_default().extend(&hooks);
        }
    }
    reached
}

/// Reports what a rule cannot do in its table, or where packets reach it from.
fn fits(table: Table, rule: &PlainRule, hooks: &BTreeSet<Hook>, faults: &mut Vec<Diagnostic>) {
    const INWARD: &[Hook] = &[Hook::Prerouting, Hook::Input, Hook::Forward];
    const OUTWARD: &[Hook] = &[Hook::Forward, Hook::Output, Hook::Postrouting];
    let mut not_here = |what: &str, at: Span, fit: &[Hook]| {
        let stranger = hooks.iter().find(|hook| !fit.contains(hook));
        faults.extend(stranger.map(|hook| fault::not_at_this_hook(what, *hook, at, fit)));
    };
    for condition in &rule.conditions {
        match &condition.value {
            Condition::InInterface(..) => not_here("in-interface", condition.span, INWARD),
            Condition::OutInterface(..) => not_here("out-interface", condition.span, OUTWARD),
            _ => {}
        }
    }
    // iptables-extensions(8)
    let (word, wanted, fit): (_, _, &[Hook]) = match &rule.target.value {
        Verdict::Masquerade { .. } => ("masquerade", Table::Nat, &[Hook::Postrouting]),
        Verdict::Snat(_) => ("snat", Table::Nat, &[Hook::Postrouting, Hook::Input]),
        Verdict::Dnat(_) => ("dnat", Table::Nat, &[Hook::Prerouting, Hook::Output]),
        Verdict::Redirect(_) => ("redirect", Table::Nat, &[Hook::Prerouting, Hook::Output]),
        Verdict::NoTrack => ("notrack", Table::Raw, &Hook::ALL),
        Verdict::Reject => ("reject", Table::Filter, &Hook::ALL),
        _ => return,
    };
    if table == wanted {
        not_here(word, rule.target.span, fit);
    } else {
        faults.push(fault::target_of_another_table(word, table, wanted, rule.target.span));
    }
}
