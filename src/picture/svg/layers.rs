//! The layers of a picture of needs, and the order in each so that few arrows cross.
//!
//! The method is Sugiyama's: whatever leads over several layers gets a lane in each of them, and each
//! thing moves to the middle of those that it is joined with. All arrows from one box share a lane.

use crate::picture::needs::{Kind, Needs};
use std::collections::BTreeMap;

/// So often all layers are put into order, from left to right and back.
const SWEEPS: usize = 12;

/// Something in a layer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Slot {
    /// A box, by its place.
    Box(usize),
    /// A lane of the arrows that come from a box.
    Lane(usize),
}

/// Layers of slots, each in its order, and what is joined from one layer to the next.
pub(super) struct Layers {
    pub(super) layers: Vec<Vec<Slot>>,
    /// By the layer on the left: from slot to slot of the next one.
    pub(super) links: Vec<Vec<(Slot, Slot)>>,
    /// Boxes that need nothing and that nothing needs.
    pub(super) alone: Vec<usize>,
}

impl Layers {
    pub(super) fn new(needs: &Needs) -> Layers {
        let own = late(needs);
        let mut joined = vec![false; needs.boxes.len()];
        for place in needs.arrows.iter().flat_map(|(from, to)| [from, to]) {
            if let Some(joined) = joined.get_mut(*place) {
                *joined = true;
            }
        }
        let count = own.iter().max().map_or(0, |last| last + 1);
        let mut layers = Layers {
            layers: vec![Vec::new(); count],
            links: vec![Vec::new(); count],
            alone: Vec::new(),
        };
        for ((place, joined), layer) in joined.into_iter().enumerate().zip(&own) {
            match layers.layers.get_mut(*layer) {
                Some(slots) if joined => slots.push(Slot::Box(place)),
                _ => layers.alone.push(place),
            }
        }
        layers.join(needs, &own);
        let kinds: Vec<Kind> = needs.boxes.iter().map(|one| one.kind).collect();
        for slots in &mut layers.layers {
            slots.sort_by_key(|slot| (group(*slot, &kinds), *slot));
        }
        layers.order(&kinds);
        layers
    }

    /// Adds lanes and links for all arrows.
    fn join(&mut self, needs: &Needs, own: &[usize]) {
        let layer = |place: usize| own.get(place).copied().unwrap_or(0);
        // How far the lane of each box leads.
        let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
        for (from, to) in &needs.arrows {
            let end = ends.entry(*from).or_default();
            *end = (*end).max(layer(*to));
        }
        for (from, end) in &ends {
            let mut before = Slot::Box(*from);
            for at in layer(*from) + 1..*end {
                let lane = Slot::Lane(*from);
                if let Some(slots) = self.layers.get_mut(at) {
                    slots.push(lane);
                }
                self.link(at - 1, before, lane);
                before = lane;
            }
        }
        for (from, to) in &needs.arrows {
            let before = layer(*to).saturating_sub(1);
            let slot = if before == layer(*from) { Slot::Box(*from) } else { Slot::Lane(*from) };
            self.link(before, slot, Slot::Box(*to));
        }
    }

    fn link(&mut self, layer: usize, from: Slot, to: Slot) {
        if let Some(links) = self.links.get_mut(layer) {
            links.push((from, to));
        }
    }

    /// What each slot of a layer is joined with in the layer before it, or behind it.
    pub(super) fn joined(&self, layer: usize, before: bool) -> BTreeMap<Slot, Vec<Slot>> {
        let links = if before { layer.checked_sub(1) } else { Some(layer) };
        let mut all: BTreeMap<Slot, Vec<Slot>> = BTreeMap::new();
        for (from, to) in links.and_then(|at| self.links.get(at)).into_iter().flatten() {
            let (slot, other) = if before { (to, from) } else { (from, to) };
            all.entry(*slot).or_default().push(*other);
        }
        all
    }

    fn order(&mut self, kinds: &[Kind]) {
        for sweep in 0..SWEEPS {
            let forth = sweep % 2 == 0;
            for step in 1..self.layers.len() {
                let layer = if forth { step } else { self.layers.len() - 1 - step };
                self.order_one(layer, forth, kinds);
            }
        }
        for layer in 1..self.layers.len() {
            self.order_one(layer, true, kinds);
        }
    }

    /// Puts a layer into order by where in a neighbouring one its slots are joined. Boxes of one kind
    /// stay together.
    fn order_one(&mut self, layer: usize, before: bool, kinds: &[Kind]) {
        let beside = if before { layer.checked_sub(1) } else { Some(layer + 1) };
        let beside = beside.and_then(|at| self.layers.get(at)).into_iter().flatten();
        let places: BTreeMap<Slot, i64> = beside.copied().zip(0..).collect();
        let joined = self.joined(layer, before);
        let Some(slots) = self.layers.get_mut(layer) else { return };
        let weight = |(place, slot): (usize, &Slot)| {
            let others = joined.get(slot).into_iter().flatten();
            let others: Vec<i64> = others.filter_map(|other| places.get(other).copied()).collect();
            let own = i64::try_from(place).unwrap_or(0);
            mean(&others).unwrap_or(own * SCALE)
        };
        let weighed: Vec<(i64, Slot)> =
            slots.iter().enumerate().map(|(place, slot)| (weight((place, slot)), *slot)).collect();
        let mut groups: BTreeMap<(u8, usize), Vec<i64>> = BTreeMap::new();
        for (weight, slot) in &weighed {
            groups.entry(group(*slot, kinds)).or_default().push(*weight / SCALE);
        }
        let middle = |slot| groups.get(&group(slot, kinds)).and_then(|all| mean(all)).unwrap_or(0);
        let mut sorted = weighed;
        sorted.sort_by_key(|(weight, slot)| (middle(*slot), group(*slot, kinds), *weight, *slot));
        *slots = sorted.into_iter().map(|(_, slot)| slot).collect();
    }
}

/// Fractions of places.
const SCALE: i64 = 1000;

fn mean(places: &[i64]) -> Option<i64> {
    let count = i64::try_from(places.len()).ok().filter(|count| *count > 0)?;
    Some(places.iter().sum::<i64>() * SCALE / count)
}

/// What stays together in a layer: boxes of one kind; each lane is alone.
fn group(slot: Slot, kinds: &[Kind]) -> (u8, usize) {
    match slot {
        Slot::Box(place) => (0, kinds.get(place).map_or(0, |kind| *kind as usize)),
        Slot::Lane(from) => (1, from),
    }
}

/// The layer of each box: as far to the right as those that need it allow, so that arrows are short.
fn late(needs: &Needs) -> Vec<usize> {
    let mut layers: Vec<usize> = needs.boxes.iter().map(|one| one.layer).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); layers.len()];
    for (from, to) in &needs.arrows {
        if let Some(users) = users.get_mut(*from) {
            users.push(*to);
        }
    }
    // Boxes come behind what they need: from the last one on, those that need it are done.
    for (place, users) in users.iter().enumerate().rev() {
        let first = users.iter().filter_map(|user| layers.get(*user)).min().copied();
        if let (Some(first), Some(own)) = (first, layers.get_mut(place)) {
            *own = first.saturating_sub(1).max(*own);
        }
    }
    layers
}
