//! Payloads for nf_tables.
//!
//! Within a transaction of `--noflush` the tool looks for the chain of each line, and for the one
//! it jumps to, in a list of all that were named (`cache_chain_list_insert` in nft-cache.c): that
//! costs lines × names. At a COMMIT the kernel walks all that is reachable from a hook
//! (`nft_table_validate` in nf_tables_api.c): that costs by the chains that are live. A
//! transaction ends where the one outweighs the other.
//!
//! New chains come first, those behind the ones that they jump to: nothing leads to them yet, so
//! that it does not matter where a transaction ends. What packets see comes behind them, in one
//! transaction unless that would take very long; then too each chain is whole in one of them, and
//! leads only to what is there. Removals come last.

use super::{Changes, Filled, Jumping, Payload};
use crate::object::{Table, target};
use rustc_hash::FxHashSet;

/// What a COMMIT costs on an empty table, in steps of the tool through its list (measured: 1.2 ms
/// at 6.3 ns a step).
const COMMIT: usize = 190_000;

/// What it costs more for each live chain (measured: 190 ms at 110,000 chains).
const COMMIT_CHAIN: usize = 270;

/// How many steps what packets see is worth in one transaction: a tenth of a second.
const TOGETHER: usize = 16_000_000;

/// Rules of a new chain that go together at least. Only longer chains are divided.
const RULES: usize = 200;

/// The changes of a table, in as many transactions as are quick.
pub(super) fn table(payload: &mut Payload, table: Table, changes: &Changes) {
    let limit = COMMIT + COMMIT_CHAIN * changes.live;
    let mut transactions = Transactions { payload, table, limit, open: Transaction::default() };
    changes.made.iter().for_each(|chain| transactions.make(chain));
    transactions.limit = limit.max(TOGETHER);
    for chain in &changes.updated {
        transactions.add(Piece::whole(*chain));
    }
    for jumps in &changes.jumps {
        transactions.add(Piece::Jumps(jumps));
    }
    for (index, name) in &changes.removed {
        transactions.add(Piece::Removal(*index, name.as_str()));
    }
    transactions.close();
}

struct Transactions<'p, 'c> {
    payload: &'p mut Payload,
    table: Table,
    /// How many steps a COMMIT is worth.
    limit: usize,
    open: Transaction<'c>,
}

/// A transaction that is not written yet.
#[derive(Default)]
struct Transaction<'c> {
    pieces: Vec<Piece<'c>>,
    /// The chains that are named.
    names: FxHashSet<&'c str>,
    lines: usize,
    /// The steps that it takes because its pieces are together, not each on its own.
    steps: usize,
}

enum Piece<'c> {
    /// A chain, or some rules of it: with `head` from its first rule on.
    Rules {
        chain: Filled<'c>,
        head: bool,
        first: usize,
    },
    Jumps(&'c Jumping<'c>),
    Removal(usize, &'c str),
}

impl<'c> Piece<'c> {
    fn whole(chain: Filled<'c>) -> Piece<'c> {
        Piece::Rules { chain, head: true, first: 0 }
    }

    /// How many lines it has, and the chains that these name.
    fn name(&self, names: &mut FxHashSet<&'c str>) -> usize {
        match self {
            Piece::Rules { chain, .. } => {
                names.insert(chain.name);
                names.extend(chain.text.lines().filter_map(target));
                chain.text.lines().count() + 1
            }
            // A handful.
            Piece::Jumps(_) => 0,
            Piece::Removal(_, name) => {
                names.insert(name);
                2
            }
        }
    }
}

impl<'c> Transactions<'_, 'c> {
    /// Makes a new chain; a very long one in several pieces.
    fn make(&mut self, chain: &Filled<'c>) {
        let mut rest = chain.text;
        let mut first = 0;
        loop {
            let end =
                rest.match_indices('\n').nth(RULES - 1).map_or(rest.len(), |(end, _)| end + 1);
            let Some((text, more)) = rest.split_at_checked(end) else { return };
            self.add(Piece::Rules { chain: Filled { text, ..*chain }, head: first == 0, first });
            if more.is_empty() {
                return;
            }
            (rest, first) = (more, first + RULES);
        }
    }

    fn add(&mut self, piece: Piece<'c>) {
        let open = &mut self.open;
        let before = open.names.len();
        let lines = piece.name(&mut open.names);
        open.steps += open.lines * (open.names.len() - before) + lines * before;
        open.lines += lines;
        open.pieces.push(piece);
        if open.steps >= self.limit {
            self.close();
        }
    }

    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if open.pieces.is_empty() {
            return;
        }
        self.payload.begin(self.table);
        for piece in &open.pieces {
            match piece {
                Piece::Rules { chain, head: true, .. } => {
                    self.payload.head(chain.name, chain.index);
                }
                Piece::Removal(index, name) => self.payload.head(name, *index),
                Piece::Rules { .. } | Piece::Jumps(_) => {}
            }
        }
        for piece in &open.pieces {
            match piece {
                Piece::Rules { chain, first, .. } => {
                    self.payload.rules(chain.text, chain.index, *first);
                }
                Piece::Jumps(jumps) => self.payload.jumps(jumps),
                Piece::Removal(index, name) => self.payload.removal(name, *index),
            }
        }
        self.payload.commit();
    }
}
