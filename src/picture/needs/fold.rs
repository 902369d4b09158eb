//! What is too much for a picture is folded: items of one kind and one layer are one box.

use super::words::{Words, words};
use super::{Detail, NeedBox};
use crate::graph::Placed;
use netc_lang::Sources;
use std::collections::{BTreeMap, BTreeSet};

/// So many boxes are each looked at. Beyond, those of one kind are one, if they are more than a few.
const BOXES: usize = 40;
const FEW: usize = 2;

/// So many boxes are still no tangle. Beyond, those of one kind are one, be there only two.
const MOST: usize = 80;

/// So many items are named in a note.
const NAMED: usize = 12;

/// What items of one box have in common.
type Key = (u32, String, String);

/// For each item the place of its box.
pub(super) fn places(items: &[Placed], shown: Detail) -> Vec<usize> {
    if shown == Detail::Full || items.len() <= BOXES {
        return by_layer(items, (0..items.len()).collect());
    }
    let keys: Vec<Option<Key>> = items.iter().map(key).collect();
    let folded = fold(&keys, FEW);
    let all: BTreeSet<usize> = folded.iter().copied().collect();
    by_layer(items, if all.len() <= MOST { folded } else { fold(&keys, 1) })
}

/// Numbers the places anew, one layer behind the other: boxes come behind what they need.
fn by_layer(items: &[Placed], places: Vec<usize>) -> Vec<usize> {
    let mut all: Vec<(u32, usize)> =
        items.iter().zip(&places).map(|(item, place)| (item.layer, *place)).collect();
    all.sort_unstable();
    all.dedup();
    let numbers: BTreeMap<usize, usize> =
        all.into_iter().zip(0..).map(|((_, place), number)| (place, number)).collect();
    places.into_iter().filter_map(|place| numbers.get(&place).copied()).collect()
}

/// What an item has in common with others, which need each other neither.
fn key(placed: &Placed) -> Option<Key> {
    let Words { kind, what, common, .. } = words(&placed.item);
    // Of what is in namespaces the kind of thing is all that counts.
    let what = common.as_ref().map(|_| what.split(" in ").next().unwrap_or_default().to_owned())?;
    Some((placed.layer, format!("{kind:?} {what}"), common?))
}

/// Gives one place to all items of one key if there are more than a few. Keys hold the layer, so
/// those of one box do not need each other.
fn fold(keys: &[Option<Key>], few: usize) -> Vec<usize> {
    let mut counts: BTreeMap<&Key, usize> = BTreeMap::new();
    for key in keys.iter().flatten() {
        *counts.entry(key).or_default() += 1;
    }
    let mut known: BTreeMap<&Key, usize> = BTreeMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let places = keys.iter().map(|key| match key {
        Some(key) if counts.get(key).is_some_and(|count| *count > few) => {
            *known.entry(key).or_insert_with(&mut fresh)
        }
        _ => fresh(),
    });
    places.collect()
}

/// The boxes, by their places.
pub(super) fn boxes(items: &[Placed], places: &[usize], sources: &Sources) -> Vec<NeedBox> {
    let count = places.iter().max().map_or(0, |last| last + 1);
    let mut members: Vec<Vec<&Placed>> = vec![Vec::new(); count];
    for (item, place) in items.iter().zip(places) {
        if let Some(own) = members.get_mut(*place) {
            own.push(item);
        }
    }
    members.iter().filter_map(|own| one(own, sources)).collect()
}

fn one(members: &[&Placed], sources: &Sources) -> Option<NeedBox> {
    let first = members.first()?;
    let Words { kind, what, name, common } = words(&first.item);
    let said =
        |placed: &Placed| format!("{}  ({})", placed.item, sources.locate(placed.item.origin()));
    let mut lines: Vec<String> = members.iter().take(NAMED).map(|placed| said(placed)).collect();
    if let Some(more @ 1..) = members.len().checked_sub(NAMED) {
        lines.push(format!("and {more} more"));
    }
    let folded = members.len() > 1;
    Some(NeedBox {
        kind,
        what: if folded { what.split(" in ").next().unwrap_or_default().to_owned() } else { what },
        name: common.filter(|_| folded).unwrap_or(name),
        count: members.len(),
        layer: first.layer as usize,
        note: lines.join("\n"),
    })
}
