//! Payloads for x_tables.
//!
//! Every COMMIT reads the whole table from the kernel and puts a whole one in its place: there is
//! one for each table. libiptc keeps chains sorted by name and looks for the place of a new one
//! from the front (`iptc_insert_chain` in libiptc.c), so that those of a sorted list are placed
//! at once if the last one comes first.

use super::{Changes, Filled, Payload};
use crate::object::Table;
use std::cmp::Reverse;

/// The changes of a table, in one transaction.
pub(super) fn table(payload: &mut Payload, table: Table, changes: Changes) {
    let mut filled: Vec<Filled> = changes.made;
    filled.extend(changes.updated);
    filled.sort_unstable_by_key(|chain| Reverse(chain.name));
    let mut heads: Vec<(&str, usize)> =
        filled.iter().map(|chain| (chain.name, chain.index)).collect();
    heads.extend(changes.removed.iter().map(|(index, name)| (name.as_str(), *index)));
    heads.sort_unstable_by_key(|(name, _)| Reverse(*name));
    payload.begin(table);
    heads.iter().for_each(|(name, index)| payload.head(name, *index));
    filled.iter().for_each(|chain| payload.rules(chain.text, chain.index, 0));
    changes.jumps.iter().for_each(|jumps| payload.jumps(jumps));
    changes.removed.iter().for_each(|(index, name)| payload.removal(name.as_str(), *index));
    payload.commit();
}
