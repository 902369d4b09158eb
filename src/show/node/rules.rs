//! How many rules there are, and the order in which packets meet them.

use super::states;
use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{State, Table as Kind};
use crate::plan::hooks;
use crate::show::table::{Cell, Table};
use std::collections::BTreeMap;

/// What a table of iptables holds.
#[derive(Default)]
struct Count {
    chains: usize,
    rules: usize,
    /// Rules of built-in chains.
    jumps: usize,
}

/// A row for each table that has anything.
pub(super) fn tables(ordered: &Ordered) -> Table {
    let mut table = Table::new(&[
        "family",
        "table",
        "chains",
        "rules",
        "in built-in chains",
        "sets",
        "elements",
    ]);
    let mut counts: BTreeMap<(Family, Kind), Count> = BTreeMap::new();
    for state in states(ordered) {
        match state {
            State::Ruleset(own) => {
                let count = counts.entry((own.family, own.table)).or_default();
                count.chains += own.names().count();
                count.rules += own.chains().map(|chain| chain.rules().len()).sum::<usize>();
            }
            State::Jump(own) => counts.entry((own.family, own.table)).or_default().jumps += 1,
            _ => {}
        }
    }
    for ((family, kind), count) in counts {
        table.row([
            family.to_string().into(),
            format!("iptables {kind}").into(),
            count.chains.into(),
            count.rules.into(),
            count.jumps.into(),
            Cell::Nothing,
            Cell::Nothing,
        ]);
    }
    for state in states(ordered) {
        let State::NftTable(own) = state else { continue };
        let rules: usize = own.chains.iter().map(|chain| chain.rules.len()).sum();
        let base = own.chains.iter().filter(|chain| chain.base.is_some());
        table.row([
            own.family.to_string().into(),
            format!("nft {}", own.name).into(),
            own.chains.len().into(),
            rules.into(),
            base.map(|chain| chain.rules.len()).sum::<usize>().into(),
            own.sets.len().into(),
            own.sets.iter().map(|set| set.elements.len()).sum::<usize>().into(),
        ]);
    }
    table
}

/// What is to be said of the hooks of a family.
pub(super) fn remarks(family: Family, ordered: &Ordered) -> Table {
    let mut table = Table::new(&[""]);
    hooks(family, ordered).into_iter().for_each(|remark| table.row([remark.into()]));
    table
}
