//! How high each slot of a layer stands: near those that it is joined with, none over another.

use super::layers::{Layers, Slot};
use std::collections::BTreeMap;

/// The height of a box, and the room of a lane.
pub(super) const BOX: i32 = 36;
const LANE: i32 = 8;

/// Between two slots.
const GAP: i32 = 10;

/// So often all layers are moved, from left to right and back.
const SWEEPS: usize = 10;

/// The middle of each slot, by layers.
pub(super) type Middles = Vec<BTreeMap<Slot, i32>>;

fn height(slot: Slot) -> i32 {
    match slot {
        Slot::Box(_) => BOX,
        Slot::Lane(_) => LANE,
    }
}

/// Where all slots stand; the highest one begins at 0.
pub(super) fn middles(layers: &Layers) -> Middles {
    let mut middles: Middles =
        layers.layers.iter().map(|slots| settle(slots, &vec![0; slots.len()])).collect();
    for sweep in 0..SWEEPS {
        let forth = sweep % 2 == 0;
        for step in 1..layers.layers.len() {
            let layer = if forth { step } else { layers.layers.len() - 1 - step };
            let moved = pull(layers, &middles, layer, forth);
            if let Some(own) = middles.get_mut(layer) {
                *own = moved;
            }
        }
    }
    let tops = middles.iter().flatten().map(|(slot, middle)| middle - height(*slot) / 2);
    let top = tops.min().unwrap_or(0);
    middles.iter_mut().flat_map(BTreeMap::values_mut).for_each(|middle| *middle -= top);
    middles
}

/// How high all of it is.
pub(super) fn bottom(middles: &Middles) -> i32 {
    let ends = middles.iter().flatten().map(|(slot, middle)| middle + height(*slot) / 2);
    ends.max().unwrap_or(0)
}

/// Moves the slots of a layer to the middle of those that they are joined with on one side.
fn pull(layers: &Layers, middles: &Middles, layer: usize, before: bool) -> BTreeMap<Slot, i32> {
    let empty = BTreeMap::new();
    let beside = if before { layer.checked_sub(1) } else { Some(layer + 1) };
    let beside = beside.and_then(|at| middles.get(at)).unwrap_or(&empty);
    let own = middles.get(layer).unwrap_or(&empty);
    let joined = layers.joined(layer, before);
    let slots = layers.layers.get(layer).map(Vec::as_slice).unwrap_or_default();
    let wanted: Vec<i32> = slots
        .iter()
        .map(|slot| {
            let others = joined.get(slot).into_iter().flatten();
            let others: Vec<i32> = others.filter_map(|other| beside.get(other).copied()).collect();
            match i32::try_from(others.len()) {
                Ok(count @ 1..) => others.iter().sum::<i32>() / count,
                _ => own.get(slot).copied().unwrap_or(0),
            }
        })
        .collect();
    settle(slots, &wanted)
}

/// Slots that are pushed together: where the first one's middle is, how many they are, and the sum
/// of where each would have the first one.
struct Block {
    sum: i64,
    count: i64,
}

/// The places nearest to those that are wanted, in this order and with gaps: neighbours that would
/// lie on one another are pushed together and stand where they want to be on average.
fn settle(slots: &[Slot], wanted: &[i32]) -> BTreeMap<Slot, i32> {
    let mut offsets = Vec::with_capacity(slots.len());
    let mut offset = 0;
    let mut before = 0;
    for slot in slots {
        let half = height(*slot) / 2;
        offset += if offsets.is_empty() { 0 } else { before + GAP + half };
        offsets.push(offset);
        before = half;
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (wanted, offset) in wanted.iter().zip(&offsets) {
        let mut block = Block { sum: i64::from(wanted - offset), count: 1 };
        // Without offsets, places must not decrease.
        while let Some(last) =
            blocks.pop_if(|last| last.sum * block.count >= block.sum * last.count)
        {
            block.sum += last.sum;
            block.count += last.count;
        }
        blocks.push(block);
    }
    let bases = blocks.iter().flat_map(|block| {
        let base = i32::try_from(block.sum.div_euclid(block.count)).unwrap_or(0);
        (0..block.count).map(move |_| base)
    });
    let places = bases.zip(offsets).map(|(base, offset)| base + offset);
    slots.iter().copied().zip(places).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_stand_where_they_want_or_side_by_side() {
        let slots = [Slot::Box(0), Slot::Box(1), Slot::Box(2)];
        let places = |wanted: &[i32]| settle(&slots, wanted).into_values().collect::<Vec<_>>();
        assert_eq!(places(&[0, 100, 200]), [0, 100, 200]);
        assert_eq!(places(&[100, 100, 100]), [54, 100, 146]);
        assert_eq!(places(&[100, 100, 500]), [77, 123, 500]);
        assert_eq!(places(&[100, 0, 500]), [27, 73, 500]);
    }
}
