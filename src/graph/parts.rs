//! The parts of a table of nf_tables, in order: each behind those that it names.

use super::chains::Jumps;
use crate::object::{Lines, NftChain, NftSet, NftTable, Reference, references};
use netc_lang::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;

/// A set or chain of a table.
#[derive(Clone, Copy, Debug)]
pub struct Part<'o> {
    /// The table.
    pub table: &'o NftTable,
    /// What it is.
    pub kind: PartKind<'o>,
    /// The statement that asked for it.
    pub origin: Span,
}

/// The kinds of parts.
#[derive(Clone, Copy, Debug)]
pub enum PartKind<'o> {
    /// A set or map with its elements.
    Set(&'o NftSet),
    /// A chain with its rules.
    Chain(&'o NftChain),
}

impl<'o> Part<'o> {
    /// The rules of a chain, the elements of a set.
    #[must_use]
    pub fn lines(&self) -> &'o Lines {
        match self.kind {
            PartKind::Set(set) => &set.elements,
            PartKind::Chain(chain) => &chain.rules,
        }
    }

    /// How rules and elements name it.
    fn name(&self) -> Reference<'o> {
        match self.kind {
            PartKind::Set(set) => Reference::Set(&set.name),
            PartKind::Chain(chain) => Reference::Chain(&chain.name),
        }
    }

    /// When it comes, as far as that is free: maps with verdicts, and the chains that look into
    /// one, lead to all services and come behind these; base chains come last.
    fn rank(&self, leads: impl Fn(Reference) -> bool) -> u8 {
        match self.kind {
            PartKind::Set(set) => u8::from(set.leads()),
            PartKind::Chain(chain) if chain.base.is_some() => 2,
            PartKind::Chain(chain) => u8::from(chain.rules.iter().flat_map(references).any(leads)),
        }
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, name) = match self.kind {
            PartKind::Set(set) => (set.word(), &set.name),
            PartKind::Chain(chain) => ("chain", &chain.name),
        };
        write!(f, "{word} {name} of table {}", self.table.place())
    }
}

/// The sets and chains of a table, each with the places of those that it names among those before
/// it. `origin` is the statement behind the table. As far as that leaves it open, they keep their
/// order; but what leads to all services comes behind these, whose chains stay together.
pub(super) fn parts_in_order(table: &NftTable, origin: Span) -> Vec<(Part<'_>, Vec<u32>)> {
    let sets = table.sets.iter().map(|set| Part { table, kind: PartKind::Set(set), origin });
    let chains = table.chains.iter().map(|chain| {
        let kind = PartKind::Chain(chain);
        Part { table, kind, origin: chain.origin.0 }
    });
    let parts: Vec<Part> = sets.chain(chains).collect();
    let indices: FxHashMap<Reference, u32> = parts.iter().map(Part::name).zip(0..).collect();
    let mut jumps = Jumps::none();
    for part in &parts {
        let names = part.lines().iter().flat_map(references);
        jumps.add(names.filter_map(|name| indices.get(&name).copied()));
    }
    let needs: Vec<Vec<u32>> = (0..parts.len()).map(|index| jumps.from(index).to_vec()).collect();
    let leading: FxHashSet<Reference> =
        table.sets.iter().filter(|set| set.leads()).map(|set| Reference::Set(&set.name)).collect();
    let ranks: Vec<u8> =
        parts.iter().map(|part| part.rank(|name| leading.contains(&name))).collect();
    let order = jumps.in_order(|index, _| ranks.get(index).copied());
    let mut places: Vec<u32> = vec![u32::MAX; parts.len()];
    let mut all = Vec::with_capacity(parts.len());
    for (index, place) in order.into_iter().zip(0..) {
        let (Some(part), Some(own), Some(slot)) =
            (parts.get(index), needs.get(index), places.get_mut(index))
        else {
            continue;
        };
        *slot = place;
        let before = own.iter().filter_map(|need| places.get(*need as usize).copied());
        all.push((*part, before.filter(|need| *need < place).collect()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::object::{Base, Field};

    #[test]
    fn parts_come_behind_what_they_name_and_services_stay_together() {
        let mut table = NftTable::new(Family::V4, "t", None);
        let set = |name, value: &[Field], elements: &str| NftSet {
            elements: Lines::found(elements.to_owned()),
            ..NftSet::new(name, &[Field::Port], value)
        };
        table.sets = vec![
            set("idle", &[], ""),
            set("ports", &[Field::Verdict], "1 : goto external-a\n2 : goto service-b\n"),
            set("known", &[], "1\n"),
        ];
        let chain = |name: &str, base, rules: &str| NftChain {
            base,
            rules: Lines::found(rules.to_owned()),
            ..NftChain::new(name, Span::default())
        };
        let output = Some(Base::new("nat", "output", -100));
        table.chains = vec![
            chain("output", output, "jump services\n"),
            chain("services", None, "th dport vmap @ports\n"),
            chain("spare", None, ""),
            chain("service-b", None, "th dport @known accept\n"),
            chain("external-a", None, "goto service-a\n"),
            chain("service-a", None, "accept\n"),
        ];
        let parts = parts_in_order(&table, Span::default());
        let said: Vec<String> =
            parts.iter().map(|(part, needs)| format!("{part} {needs:?}")).collect();
        let expected = [
            "set idle of table ip t []",
            "set known of table ip t []",
            "chain spare of table ip t []",
            "chain service-b of table ip t [1]",
            "chain service-a of table ip t []",
            "chain external-a of table ip t [4]",
            "map ports of table ip t [5, 3]",
            "chain services of table ip t [6]",
            "chain output of table ip t [7]",
        ];
        assert_eq!(said, expected);
    }
}
