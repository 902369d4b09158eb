//! The payloads of others: what kube-proxy feeds to iptables-restore.

use netc::graph::Ordered;
use netc::model::Family;
use netc::object::{Jump, Place, Ruleset, State, Table, target};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Everything of a family in one transaction for each table, in the order in which it was made.
pub(crate) fn whole(ordered: &Ordered, family: Family) -> String {
    let mut out = String::new();
    for table in Table::ALL {
        let _ = writeln!(out, "*{table}");
        let states = || ordered.nodes.iter().map(|node| &node.object.state);
        for state in states() {
            let State::Ruleset(rules) = state else { continue };
            if (rules.family, rules.table) == (family, table) {
                rules.names().for_each(|name| {
                    let _ = writeln!(out, ":{name} - [0:0]");
                });
                rules.text().for_each(|text| out.push_str(text));
            }
        }
        let jumps = states().filter_map(|state| match state {
            State::Jump(jump) if (jump.family, jump.table) == (family, table) => Some(jump),
            _ => None,
        });
        let (mut top, bottom): (Vec<&Jump>, Vec<&Jump>) =
            jumps.partition(|jump| matches!(jump.place, Place::Top(_)));
        // Each is put before those that are there.
        top.sort_by_key(|jump| Reverse(jump.place));
        for jump in top {
            let _ = writeln!(out, "{}", jump.line.replacen("-A ", "-I ", 1));
        }
        for jump in bottom {
            let _ = writeln!(out, "{}", jump.line);
        }
        out.push_str("COMMIT\n");
    }
    out
}

/// What kube-proxy sends when one service has changed (KEP-3453): all rules of KUBE-SERVICES, and
/// the chains of that service as they are to be; those that are gone are removed.
pub(crate) fn partial(
    ordered: &Ordered,
    changed: &BTreeSet<String>,
    gone: &BTreeSet<String>,
) -> String {
    let mut chains: BTreeMap<&str, &str> = BTreeMap::new();
    let rulesets = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::Ruleset(own) if (own.family, own.table) == (Family::V4, Table::Nat) => Some(own),
        _ => None,
    });
    let all: Vec<_> = rulesets.flat_map(Ruleset::chains).collect();
    let named: Vec<String> = all.iter().map(|chain| chain.name.to_string()).collect();
    let wanted = |name: &str| changed.contains(name) || name == "KUBE-SERVICES";
    let mut wider: BTreeSet<&str> = BTreeSet::new();
    for (chain, name) in all.iter().zip(&named) {
        if changed.contains(name) && name.starts_with("KUBE-SVC-") {
            wider.extend(chain.text.lines().filter_map(target));
        }
    }
    for (chain, name) in all.iter().zip(&named) {
        if wanted(name) || wider.contains(name.as_str()) {
            chains.insert(name, chain.text);
        }
    }
    let mut out = String::from("*nat\n");
    let heads = chains.keys().copied().chain(gone.iter().map(String::as_str));
    heads.for_each(|name| {
        let _ = writeln!(out, ":{name} - [0:0]");
    });
    chains.values().for_each(|text| out.push_str(text));
    gone.iter().for_each(|name| {
        let _ = writeln!(out, "-X {name}");
    });
    out.push_str("COMMIT\n");
    out
}
