//! Numbers to give out: addresses, blocks and ports, always the lowest that is free.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A range of numbers of which some are taken.
#[derive(Debug)]
pub(super) struct Pool {
    all: RangeInclusive<u128>,
    /// Taken ranges: first → last. They do not overlap.
    taken: BTreeMap<u128, u128>,
    /// Nothing below is free for requests of the size last asked for.
    cursor: u128,
}

impl Pool {
    /// A pool in which everything is free.
    #[must_use]
    pub(super) fn new(all: RangeInclusive<u128>) -> Pool {
        Pool { cursor: *all.start(), all, taken: BTreeMap::new() }
    }

    /// Whether a range lies within the pool.
    #[must_use]
    pub(super) fn contains(&self, range: &RangeInclusive<u128>) -> bool {
        self.all.contains(range.start()) && self.all.contains(range.end())
    }

    /// The first number at which a range meets one that is taken.
    #[must_use]
    pub(super) fn meets(&self, range: &RangeInclusive<u128>) -> Option<u128> {
        let (first, last) = self.taken.range(..=*range.end()).next_back()?;
        (last >= range.start()).then(|| *first.max(range.start()))
    }

    /// Takes a range, wherever it lies; false if some of it is taken already.
    pub(super) fn take(&mut self, range: &RangeInclusive<u128>) -> bool {
        let free = self.meets(range).is_none();
        if free {
            self.taken.insert(*range.start(), *range.end());
        }
        free
    }

    /// Takes the lowest free range of `size` numbers, aligned to its size (a power of two).
    /// All requests to one pool have the same size.
    pub(super) fn take_lowest(&mut self, size: u128) -> Option<RangeInclusive<u128>> {
        let mut first = self.cursor.checked_next_multiple_of(size)?;
        loop {
            let range = first..=first.checked_add(size - 1)?;
            if !self.contains(&range) {
                return None;
            }
            let below = self.taken.range(..=*range.end()).next_back();
            match below.filter(|(_, last)| **last >= first) {
                None => {
                    self.cursor = range.end().saturating_add(1);
                    self.taken.insert(first, *range.end());
                    return Some(range);
                }
                Some((_, last)) => {
                    first = last.checked_add(1)?.checked_next_multiple_of(size)?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_range_is_taken_and_taken_ones_are_passed_over() {
        let mut pool = Pool::new(0..=31);
        assert!(pool.take(&(8..=11)));
        assert!(!pool.take(&(11..=12)));
        assert_eq!(pool.take_lowest(8), Some(0..=7));
        assert_eq!(pool.take_lowest(8), Some(16..=23));
        assert_eq!(pool.take_lowest(8), Some(24..=31));
        assert_eq!(pool.take_lowest(8), None);
    }
}
