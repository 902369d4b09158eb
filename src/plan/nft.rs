//! Changes of tables of nf_tables as transactions of `nft -f`.
//!
//! All changes of a run are one transaction, which the kernel carries out as a whole or not at
//! all. Only what is large and new is brought in by others before it (`emit/nft/stages.rs`).

use super::change::Change;
use super::thing::Thing;
use crate::emit::{Commands, stages};
use crate::object::{NftTable, State};

/// What `nft -f` is given, and for each of its lines the place of the change that it is of.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Transaction {
    /// The input.
    pub text: String,
    /// The places.
    pub places: Vec<usize>,
}

/// So many elements are added by one line. The tool looks at all of an interval set anew with each
/// line (`set_automerge` and `set_overlap` of nftables' src/intervals.c).
const ELEMENTS: usize = 200;

/// The transactions for the changes in these places, in order.
#[must_use]
pub fn transactions(changes: &[Change], places: &[usize]) -> Vec<Transaction> {
    let mut all = Vec::new();
    let mut last = Transaction::default();
    for place in places {
        let Some(change) = changes.get(*place) else { continue };
        match (table(&change.from), table(&change.to)) {
            (from, Some(to)) => {
                let mut stages = stages(from, to, ELEMENTS);
                let own = stages.pop();
                all.extend(stages.into_iter().map(|early| Transaction::of(*place, early)));
                own.into_iter().for_each(|own| last.append(*place, &own));
            }
            (Some(from), None) => last.line(*place, &format!("delete table {}", from.place())),
            (None, None) => {}
        }
    }
    all.push(last);
    all.retain(|one| !one.text.is_empty());
    all
}

fn table<'c>(thing: &'c Option<Thing>) -> Option<&'c NftTable> {
    match thing.as_ref().and_then(Thing::state) {
        Some(State::NftTable(table)) => Some(table),
        _ => None,
    }
}

impl Transaction {
    fn of(place: usize, commands: Commands) -> Transaction {
        Transaction { places: vec![place; commands.lines], text: commands.text }
    }

    fn append(&mut self, place: usize, commands: &Commands) {
        self.text.push_str(&commands.text);
        self.places.extend(std::iter::repeat_n(place, commands.lines));
    }

    fn line(&mut self, place: usize, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.places.push(place);
    }
}
