//! From changes to the steps of an apply: single operations, for each family the input of
//! iptables-restore, and for each family one search for stale connections.

use super::Live;
use super::change::Change;
use super::payload::{Backend, Payload, payloads};

use crate::model::Family;
use crate::object::{Flush, State, Table};
use std::ops::Range;

/// One step of an apply.
#[derive(Clone, Debug)]
pub enum Step<'c> {
    /// One operation: the place of the change.
    Object(usize),
    /// Input of iptables-restore.
    Restore(Payload),
    /// Flushes of one family: the connections are listed once for all of them.
    Flush(Family, Vec<&'c Flush>),
}

/// The steps of changes that are in order. `flushes` are all that are desired: a change of the
/// rules for first packets can make any connection stale after it was looked at.
#[must_use]
pub fn steps<'c>(
    changes: &'c [Change],
    live: &Live,
    backend: Backend,
    flushes: &[&'c Flush],
) -> Vec<Step<'c>> {
    let amid = |change: &Change| change.key.rules().is_some() || change.recurs();
    let start = changes.iter().position(amid).unwrap_or(changes.len());
    let end = changes.iter().rposition(amid).map_or(start, |last| last + 1);
    let objects = |places: Range<usize>| {
        let done = move |place: &usize| changes.get(*place).is_some_and(|one| one.with.is_none());
        places.filter(done).map(Step::Object)
    };
    let restores = payloads(changes, live, backend).into_iter().map(Step::Restore);
    let flushes = Family::ALL.into_iter().filter_map(|family| {
        let due = due(changes, family, flushes);
        (!due.is_empty()).then_some(Step::Flush(family, due))
    });
    objects(0..start).chain(restores).chain(flushes).chain(objects(end..changes.len())).collect()
}

/// The flushes of a family that are due.
fn due<'c>(changes: &'c [Change], family: Family, flushes: &[&'c Flush]) -> Vec<&'c Flush> {
    if changes.iter().any(|change| change.key.rules() == Some((family, Table::Nat))) {
        return flushes.iter().copied().filter(|flush| flush.family == family).collect();
    }
    let found = changes.iter().filter_map(|change| match change.to.as_ref()?.state()? {
        State::Flush(flush) if flush.family == family => Some(flush),
        _ => None,
    });
    found.collect()
}
