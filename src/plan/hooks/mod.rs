//! Where packets meet the rules of several systems, and who is asked first.

mod meeting;

use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{Base, Hook, State, Table};
use std::collections::BTreeSet;

/// What a packet meets at a hook. The order is that in which it does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Stop {
    hook: Hook,
    priority: i32,
    /// `filter`, `nat` or `route`.
    kind: String,
    /// `None` for iptables.
    chain: Option<String>,
}

/// The remarks on the hooks of one family. None where there is nothing to tell apart.
pub(crate) fn hooks(family: Family, ordered: &Ordered) -> Vec<String> {
    [meeting::meeting(family, ordered), kinds(family, ordered)].concat()
}

/// What a packet meets at each hook, and what follows from that. Nothing, if only one of iptables
/// and nf_tables has rules.
fn kinds(family: Family, ordered: &Ordered) -> Vec<String> {
    let stops = stops(family, ordered);
    let of_iptables = |stop: &&Stop| stop.chain.is_none();
    if stops.iter().all(|stop| of_iptables(&stop)) || !stops.iter().any(|stop| of_iptables(&stop)) {
        return Vec::new();
    }
    stops.iter().map(|stop| line(family, stop)).chain(consequences(&stops)).collect()
}

fn stops(family: Family, ordered: &Ordered) -> BTreeSet<Stop> {
    let mut all = BTreeSet::new();
    for node in &ordered.nodes {
        match &node.object.state {
            State::Jump(jump) if jump.family == family => {
                all.insert(Stop {
                    hook: jump.hook,
                    priority: priority(jump.table, jump.hook),
                    kind: jump.table.name().to_owned(),
                    chain: None,
                });
            }
            State::NftTable(table) if table.family == family => {
                let stops = table.chains.iter().filter_map(|chain| {
                    let Base { kind, hook, priority, .. } = chain.base.as_ref()?;
                    Some(Stop {
                        hook: named(hook)?,
                        priority: *priority,
                        kind: kind.to_string(),
                        chain: Some(format!("{} {}", table.place(), chain.name)),
                    })
                });
                all.extend(stops);
            }
            _ => {}
        }
    }
    all
}

/// The priorities of iptables' tables (include/uapi/linux/netfilter_ipv4.h).
fn priority(table: Table, hook: Hook) -> i32 {
    match (table, hook) {
        (Table::Raw, _) => -300,
        (Table::Mangle, _) => -150,
        (Table::Filter, _) => 0,
        (Table::Nat, Hook::Postrouting | Hook::Input) => 100,
        (Table::Nat, _) => -100,
    }
}

fn named(hook: &str) -> Option<Hook> {
    Hook::ALL.into_iter().find(|own| own.name().eq_ignore_ascii_case(hook))
}

fn line(family: Family, stop: &Stop) -> String {
    let Stop { hook, priority, kind, chain } = stop;
    let iptables = match family {
        Family::V4 => "iptables",
        Family::V6 => "ip6tables",
    };
    let at = chain.clone().unwrap_or_else(|| format!("{iptables} -t {kind}"));
    let hook = hook.name().to_lowercase();
    format!("{hook:<11} {priority:>4}  {kind:<6}  {at}")
}

/// What holds of these rules because there are two kinds of them.
fn consequences(stops: &BTreeSet<Stop>) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(hooks) = shared(stops, "filter") {
        all.push(format!("at {hooks} all of them count: what one accepts, a later one can drop"));
    }
    if let Some(hooks) = shared(stops, "nat") {
        all.push(format!("at {hooks} the first that translates a connection decides"));
    }
    // nf_hook_entries_grow in net/netfilter/core.c
    let tied = |stop: &Stop| {
        let same = |other: &&Stop| (other.hook, other.priority) == (stop.hook, stop.priority);
        stop.chain.is_none() && stops.iter().filter(same).any(|other| other.chain.is_some())
    };
    if stops.iter().any(tied) {
        all.push("of those with one priority the one that was registered last comes first".into());
    }
    all
}

/// The hooks at which both sorts of rules have some of a kind, in words.
fn shared(stops: &BTreeSet<Stop>, kind: &str) -> Option<String> {
    let has = |hook: Hook, iptables: bool| {
        let mut own = stops.iter().filter(|stop| stop.hook == hook && stop.kind == kind);
        own.any(|stop| stop.chain.is_none() == iptables)
    };
    let both = Hook::ALL.into_iter().filter(|hook| has(*hook, true) && has(*hook, false));
    let names: Vec<String> = both.map(|hook| hook.name().to_lowercase()).collect();
    let (last, others) = names.split_last()?;
    Some(match others {
        [] => last.clone(),
        _ => format!("{} and {last}", others.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::order_known;
    use crate::object::{ChainName, Id, Jump, NftChain, NftTable, Object, Place};
    use netc_lang::Span;

    fn ordered(bases: &[(&str, Base)], jumps: &[(Table, Hook)]) -> Ordered {
        let mut table = NftTable::new(Family::V4, "t", None);
        for (name, base) in bases {
            table.chains.push(NftChain::base(name, base.clone(), Span::default()));
        }
        let jumps = jumps.iter().map(|(table, hook)| {
            let to = ChainName::new(&["X"]);
            State::Jump(Jump::new((Family::V4, *table), (*hook, Place::Top(0)), to, &[]))
        });
        let states = [State::NftTable(table)].into_iter().chain(jumps);
        let object = |state: State| {
            (state.id(), Object { state, origin: Span::default(), others: Vec::new() })
        };
        let mut objects: Vec<(Id, Object)> = states.map(object).collect();
        objects.sort_by(|(left, _), (right, _)| left.cmp(right));
        order_known(objects)
    }

    #[test]
    fn what_follows_from_priorities_is_said_where_it_holds() {
        let forward = ("f", Base::new("filter", "forward", 0));
        let post = ("p", Base::new("nat", "postrouting", 90));
        let both = ordered(
            &[post.clone(), forward.clone()],
            &[(Table::Filter, Hook::Forward), (Table::Nat, Hook::Postrouting)],
        );
        let expected = [
            "forward        0  filter  iptables -t filter",
            "forward        0  filter  ip t f",
            "postrouting   90  nat     ip t p",
            "postrouting  100  nat     iptables -t nat",
            "at forward all of them count: what one accepts, a later one can drop",
            "at postrouting the first that translates a connection decides",
            "of those with one priority the one that was registered last comes first",
        ];
        assert_eq!(hooks(Family::V4, &both), expected);
        assert!(hooks(Family::V6, &both).is_empty());
        assert!(hooks(Family::V4, &ordered(std::slice::from_ref(&forward), &[])).is_empty());
        assert!(hooks(Family::V4, &ordered(&[], &[(Table::Nat, Hook::Output)])).is_empty());
        let apart = ordered(&[forward], &[(Table::Nat, Hook::Output)]);
        assert_eq!(hooks(Family::V4, &apart).len(), 2);
    }
}
