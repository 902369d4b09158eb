//! The chains and sets of a table by name, and the elements of sets by key.

use super::field::{Field, Value};
use super::pattern::Pattern;
use super::read::numbered;
use crate::object::{NftChain, NftSet, NftTable, element_key};
use netc_lang::Span;
use rustc_hash::FxHashMap;

/// Where the parts of a table are in it.
#[derive(Debug)]
pub(super) struct Index {
    chains: FxHashMap<Box<str>, usize>,
    /// The base chains: a few of very many.
    bases: Vec<usize>,
    sets: FxHashMap<Box<str>, usize>,
}

/// What was found in a set or map.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Found<'t> {
    /// What belongs to the key.
    pub(super) value: &'t str,
    /// The element, and the statement behind it; `None` if the rule itself has it.
    pub(super) element: Option<(&'t str, Span)>,
}

/// That something in a rule or in an element is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unknown;

impl Index {
    pub(super) fn new(table: &NftTable) -> Index {
        let chains = table.chains.iter().map(|chain| chain.name.as_str().into());
        let sets = table.sets.iter().map(|set| set.name.as_str().into());
        let bases = (0..).zip(&table.chains).filter(|(_, chain)| chain.base.is_some());
        Index {
            bases: bases.map(|(place, _)| place).collect(),
            chains: chains.zip(0..).collect(),
            sets: sets.zip(0..).collect(),
        }
    }

    pub(super) fn bases<'t>(&self, table: &'t NftTable) -> impl Iterator<Item = &'t NftChain> {
        self.bases.iter().filter_map(|place| table.chains.get(*place))
    }

    pub(super) fn chain<'t>(&self, table: &'t NftTable, name: &str) -> Option<&'t NftChain> {
        table.chains.get(*self.chains.get(name)?)
    }

    pub(super) fn set<'t>(&self, table: &'t NftTable, name: &str) -> Option<&'t NftSet> {
        table.sets.get(*self.sets.get(name)?)
    }
}

/// The element of a set that has some values.
///
/// # Errors
/// There is an element in the way of which it is not known what it fits.
pub(super) fn find<'t>(
    set: &'t NftSet,
    key: &[Field],
    values: &[Value],
) -> Result<Option<Found<'t>>, Unknown> {
    // Who is in it was put there by packets, and goes by itself: nobody that is asked about.
    if set.timeout.is_some() {
        return Ok(None);
    }
    let found = if set.interval { search(set, key, values)? } else { exact(set, values) };
    Ok(found.or_else(|| exact_text(set, "*")))
}

/// The element with exactly these values: elements are sorted.
fn exact<'t>(set: &'t NftSet, values: &[Value]) -> Option<Found<'t>> {
    let mut text = String::with_capacity(48);
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            text.push_str(" . ");
        }
        value.push(&mut text)?;
    }
    exact_text(set, &text)
}

fn exact_text<'t>(set: &'t NftSet, text: &str) -> Option<Found<'t>> {
    let (mut low, mut high) = (0, set.elements.len());
    while low < high {
        let middle = low.midpoint(high);
        let (line, origin) = set.elements.line(middle)?;
        match element_key(line).cmp(text) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(found(line, origin)),
        }
    }
    None
}

/// The element whose networks and ranges have these values: there is at most one.
fn search<'t>(
    set: &'t NftSet,
    key: &[Field],
    values: &[Value],
) -> Result<Option<Found<'t>>, Unknown> {
    for (line, origin) in set.elements.with_origins() {
        let patterns = Pattern::read_all(key, element_key(line)).ok_or(Unknown)?;
        let is_else = patterns.iter().all(|pattern| *pattern == Pattern::Else);
        if !is_else && fit(&patterns, values) {
            return Ok(Some(found(line, origin)));
        }
    }
    Ok(None)
}

fn found(line: &str, origin: Span) -> Found<'_> {
    Found { value: value(line), element: Some((line, origin)) }
}

/// What belongs to the key of an element; nothing in a set.
pub(super) fn value(element: &str) -> &str {
    element.rsplit_once(" : ").map_or("", |(_, value)| value)
}

/// Whether all patterns have their values.
pub(super) fn fit(patterns: &[Pattern], values: &[Value]) -> bool {
    patterns.len() == values.len()
        && patterns.iter().zip(values).all(|(pattern, value)| pattern.fits(value))
}

/// The elements of a map from numbers.
pub(super) fn numbers(set: &NftSet) -> Option<Vec<(u32, u32, &str)>> {
    let lines = (0..set.elements.len()).filter_map(|place| set.elements.line(place));
    numbered(lines.map(|(line, _)| (element_key(line), value(line))))
}
