//! Changes of rules as input for iptables-restore, in the shape that the program behind that name
//! is quick with.

mod jumps;
mod legacy;
mod nft;
mod sample;
#[cfg(test)]
mod tests;

use super::Live;
use super::change::{Change, Kind};
use super::thing::{Key, Thing};
use crate::model::Family;
use crate::object::{ChainName, Hook, Table};

/// The two programs that may be behind the name iptables-restore. Each keeps rules of its own in
/// the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// `iptables-nft`: rules of nf_tables.
    Nft,
    /// `iptables-legacy`: tables of x_tables.
    Legacy,
}

/// Input for one run of `iptables-restore --noflush`: only the chains that change, and the
/// built-in chains whose jumps do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payload {
    /// The family.
    pub family: Family,
    /// The text.
    pub text: String,
    /// What each line is for.
    pub lines: Vec<Line>,
}

/// What a line of a payload is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Line {
    /// The place of the change; `None` for the lines that begin and end a transaction.
    pub change: Option<usize>,
    /// Which rule of the chain it is, if it is one.
    pub rule: Option<usize>,
}

/// The payloads of all changes of rules, one for each family.
#[must_use]
pub(super) fn payloads(changes: &[Change], live: &Live, backend: Backend) -> Vec<Payload> {
    let of = |family| {
        let mut payload = Payload { family, text: String::new(), lines: Vec::new() };
        for table in Table::ALL {
            let own = Changes::of(changes, live, (family, table));
            match backend {
                _ if own.is_empty() => {}
                Backend::Legacy => legacy::table(&mut payload, table, own),
                Backend::Nft => nft::table(&mut payload, table, &own),
            }
        }
        (!payload.lines.is_empty()).then_some(payload)
    };
    Family::ALL.into_iter().filter_map(of).collect()
}

/// The changes of one table.
struct Changes<'c> {
    /// Chains that are new: nothing live leads to them. Each behind those that it jumps to.
    made: Vec<Filled<'c>>,
    /// Chains that are there and get other rules, in the same order.
    updated: Vec<Filled<'c>>,
    /// Chains that go, each before those that it jumped to.
    removed: Vec<(usize, ChainName)>,
    /// Jumps of built-in chains.
    jumps: Vec<Jumping<'c>>,
    /// How many chains the live table has.
    live: usize,
}

/// A chain that gets its rules.
#[derive(Clone, Copy)]
struct Filled<'c> {
    /// The place of the change.
    index: usize,
    name: &'c str,
    text: &'c str,
}

/// A change of the jumps of a built-in chain.
struct Jumping<'c> {
    index: usize,
    hook: Hook,
    change: &'c Change<'c>,
    /// How many rules the built-in chain has.
    found: usize,
}

impl<'c> Changes<'c> {
    fn of(changes: &'c [Change<'c>], live: &Live, place: (Family, Table)) -> Changes<'c> {
        let mut own = Changes {
            made: Vec::new(),
            updated: Vec::new(),
            removed: Vec::new(),
            jumps: Vec::new(),
            live: live.rules.get(&place).map_or(0, |table| table.chains().len()),
        };
        let those = changes.iter().enumerate().filter(|(_, one)| one.key.rules() == Some(place));
        for (index, change) in those {
            match (&change.key, &change.to) {
                (Key::Chain(..), Some(Thing::Chain(chain))) => {
                    let filled = Filled { index, name: chain.name.as_str(), text: &chain.text };
                    let list = match change.kind {
                        Kind::Make => &mut own.made,
                        _ => &mut own.updated,
                    };
                    list.push(filled);
                }
                (Key::Chain(_, _, name), _) => own.removed.push((index, *name)),
                (Key::Jumps(_, _, hook), _) => {
                    let rules = live.chain(place.0, place.1, hook.name()).unwrap_or_default();
                    let found = rules.lines().count();
                    own.jumps.push(Jumping { index, hook: *hook, change, found });
                }
                (Key::Object(_), _) => {}
            }
        }
        own
    }

    fn is_empty(&self) -> bool {
        self.made.is_empty()
            && self.updated.is_empty()
            && self.removed.is_empty()
            && self.jumps.is_empty()
    }
}

impl Payload {
    /// Whether it is one transaction: the tools then do all of it or nothing, and it need not be
    /// tested before.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.text.matches("\nCOMMIT\n").nth(1).is_none()
    }

    fn push(&mut self, line: &str, change: Option<usize>, rule: Option<usize>) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines.push(Line { change, rule });
    }

    fn begin(&mut self, table: Table) {
        self.text.push('*');
        self.push(table.name(), None, None);
    }

    fn commit(&mut self) {
        self.push("COMMIT", None, None);
    }

    /// This makes a chain, or empties it.
    fn head(&mut self, name: &str, index: usize) {
        self.text.push(':');
        self.text.push_str(name);
        self.push(" - [0:0]", Some(index), None);
    }

    /// Rules of a chain, of which the first is the one of this number.
    fn rules(&mut self, text: &str, index: usize, first: usize) {
        self.text.push_str(text);
        if !text.is_empty() && !text.ends_with('\n') {
            self.text.push('\n');
        }
        let rules = (first..).take(text.lines().count());
        self.lines.extend(rules.map(|rule| Line { change: Some(index), rule: Some(rule) }));
    }

    fn removal(&mut self, name: &str, index: usize) {
        self.text.push_str("-X ");
        self.push(name, Some(index), None);
    }
}
