//! Jumps of built-in chains, among the rules of others.

use super::{Jumping, Payload};
use crate::object::Place;
use crate::plan::thing::Thing;

impl Payload {
    /// Brings the jumps of one built-in chain into place: all of netc's own are taken out and put
    /// back, so that others' rules keep their order.
    pub(super) fn jumps(&mut self, jumping: &Jumping) {
        let Jumping { index, hook, change, found } = jumping;
        let side = |thing: &'_ Option<Thing>| match thing {
            Some(Thing::Jumps(jumps)) => jumps.rules.clone(),
            _ => Vec::new(),
        };
        let (old, new) = (side(&change.from), side(&change.to));
        for (_, line) in &old {
            self.push(&line.replacen("-A ", "-D ", 1), Some(*index), None);
        }
        let others = found.saturating_sub(old.len());
        for (rule, (place, line)) in new.iter().enumerate() {
            let behind = match place {
                Place::Top(_) => 0,
                Place::Behind(count) => usize::try_from(*count).unwrap_or(others).min(others),
                Place::Bottom(_) => others,
            };
            if behind == others {
                self.push(line, Some(*index), Some(rule));
            } else {
                let begin = format!("-A {hook}");
                let inserted = format!("-I {hook} {}", behind + rule + 1);
                self.push(&line.replacen(&begin, &inserted, 1), Some(*index), Some(rule));
            }
        }
    }
}
