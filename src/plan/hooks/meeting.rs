//! Built-in chains of iptables in which several systems have rules.

use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{Hook, Jump, Place, State, Table, decides};
use std::collections::BTreeMap;

/// A remark for each built-in chain of a family that several systems share: whose rules stand in
/// it, the first to be asked first, and what follows from that.
pub(super) fn meeting(family: Family, ordered: &Ordered) -> Vec<String> {
    let mut chains: BTreeMap<(Table, Hook), BTreeMap<Place, &Jump>> = BTreeMap::new();
    for node in &ordered.nodes {
        if let State::Jump(jump) = &node.object.state
            && jump.family == family
        {
            chains.entry((jump.table, jump.hook)).or_default().insert(jump.place, jump);
        }
    }
    chains.into_iter().filter_map(|(chain, rules)| remark(chain, rules.into_values())).collect()
}

fn remark<'o>(
    (table, hook): (Table, Hook),
    rules: impl Iterator<Item = &'o Jump>,
) -> Option<String> {
    let mut owners: Vec<&str> = rules.map(owner).collect();
    owners.dedup();
    if owners.len() < 2 {
        return None;
    }
    let follows = match table {
        Table::Nat => "the first that translates a connection decides",
        _ => "what one accepts or drops, those behind it are not asked about",
    };
    let command = format!("-t {table} {hook}");
    Some(format!("{command:<20} {}: {follows}", owners.join(", then ")))
}

/// Whose rule it is: their chains have names of their own, and of all of them only Docker has
/// rules in built-in chains that lead to none.
fn owner(jump: &Jump) -> &'static str {
    let name = jump.to.as_str();
    let systems =
        [("KUBE-", "kube-proxy"), ("FLANNEL-", "flannel"), ("CNI-", "CNI"), ("DOCKER", "Docker")];
    match systems.iter().find(|(prefix, _)| name.starts_with(prefix)) {
        Some((_, system)) => system,
        None if decides(&jump.line) => "Docker",
        None => "your own",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::order_known;
    use crate::object::{ChainName, Id, Object};
    use netc_lang::Span;

    #[test]
    fn chains_of_several_are_told_with_the_first_first() {
        let at = |hook, place, to: &str| {
            let name = ChainName::new(&[to]);
            let state = State::Jump(Jump::new((Family::V4, Table::Nat), (hook, place), name, &[]));
            (state.id(), Object { state, origin: Span::default(), others: Vec::new() })
        };
        let mut objects: Vec<(Id, Object)> = vec![
            at(Hook::Postrouting, Place::Bottom(9), "FLANNEL-POSTRTG"),
            at(Hook::Postrouting, Place::Top(0), "KUBE-POSTROUTING"),
            at(Hook::Postrouting, Place::Top(1), "MINE"),
            at(Hook::Output, Place::Top(0), "KUBE-SERVICES"),
        ];
        objects.sort_by(|(left, _), (right, _)| left.cmp(right));
        let ordered = order_known(objects);
        let said = "-t nat POSTROUTING   kube-proxy, then your own, then flannel: the first that \
                    translates a connection decides";
        assert_eq!(meeting(Family::V4, &ordered), [said]);
        assert!(meeting(Family::V6, &ordered).is_empty());
    }
}
