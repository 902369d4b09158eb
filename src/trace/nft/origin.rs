//! What is found on a node is tied to the statements of the sources by what is compiled for it.

use crate::object::{Aside, Lines, NftTable};
use netc_lang::Span;
use rustc_hash::FxHashMap;

/// A table as it was found, each chain, rule and element with the statement behind the same one
/// of the compiled table. What nobody states has none.
#[must_use]
pub fn with_origins(mut found: NftTable, compiled: &NftTable) -> NftTable {
    let chains = compiled.chains_by_name();
    for chain in &mut found.chains {
        if let Some(stated) = chains.get(chain.name.as_str()) {
            chain.origin = Aside(stated.origin.0);
            chain.rules = lines(&chain.rules, &stated.rules);
        }
    }
    let sets = compiled.sets_by_name();
    for set in &mut found.sets {
        if let Some(stated) = sets.get(set.name.as_str()) {
            set.elements = lines(&set.elements, &stated.elements);
        }
    }
    found
}

fn lines(found: &Lines, stated: &Lines) -> Lines {
    let origins: FxHashMap<&str, Span> = stated.with_origins().collect();
    let mut lines = Lines::default();
    for line in found.iter() {
        let origin = origins.get(line).copied().unwrap_or_default();
        lines.push(origin, |out| out.push_str(line));
    }
    lines
}
