//! What maps say is to be done with a packet.

use super::groups::Groups;
use super::index::numbers;
use super::look::Seen;
use super::note::{Line, Match};
use super::pass::{Next, Pass, Run, unjudged};
use super::rule::{Action, Among, Key, Lookup};

impl<'t> Pass<'t, '_> {
    /// Does what a map says.
    pub(super) fn look_up(
        &mut self,
        run: Run<'t>,
        line: Line,
        known: Match<'t>,
        lookup: &Lookup<'t>,
    ) -> Next<'t> {
        let Lookup { key, among, .. } = lookup;
        let key = match key {
            Key::Fields(key) => key,
            Key::Number { count, first } => {
                return self.pick(run, line, known, (*count, *first), lookup);
            }
        };
        let all = match self.look(key, among).all(&run.way) {
            Groups::All(seen) => return self.seen(run, line, known, seen, lookup),
            Groups::Apart(all) => all,
        };
        for (way, seen) in all.into_iter().rev() {
            let next = self.seen(run.with(way), line, known, seen, lookup);
            self.open.extend(next);
        }
        None
    }

    /// Does what the element of a map says that was seen.
    fn seen(
        &mut self,
        mut run: Run<'t>,
        line: Line,
        known: Match<'t>,
        seen: Seen<'t>,
        lookup: &Lookup<'t>,
    ) -> Next<'t> {
        let found = match seen {
            Seen::Absent | Seen::Nothing => return Some(run),
            Seen::Unknown => return Some(unjudged(run, line)),
            Seen::Has(found) => found,
        };
        let Some(action) = Action::of(lookup.gives, found.value) else {
            return Some(unjudged(run, line));
        };
        let element = match (&lookup.among, found.element) {
            (Among::Named(map), Some((element, origin))) => Some((*map, element, origin)),
            _ => None,
        };
        line.note(&mut run.way, Match { element, ..known });
        self.act(run, line, action)
    }

    /// Does what belongs to one of some numbers, each as likely.
    fn pick(
        &mut self,
        run: Run<'t>,
        line: Line,
        known: Match<'t>,
        (count, first): (u32, u32),
        lookup: &Lookup<'t>,
    ) -> Next<'t> {
        let named;
        let entries = match &lookup.among {
            Among::Numbered(entries) => entries,
            Among::Named(map) => {
                let Some(entries) = self.rules.set(map).and_then(numbers) else {
                    return Some(unjudged(run, line));
                };
                named = entries;
                &named
            }
            Among::Listed(_) => return Some(unjudged(run, line)),
        };
        let mut left = count;
        let mut all = Vec::with_capacity(entries.len());
        for (low, high, value) in entries {
            let (from, to) = (first.max(*low), first.saturating_add(count - 1).min(*high));
            let hits = to.saturating_add(1).saturating_sub(from).min(left);
            let Some(action) = Action::of(lookup.gives, value) else {
                return Some(unjudged(run, line));
            };
            left -= hits;
            if hits == count {
                return self.hit(run, line, known, action);
            }
            all.extend((hits > 0).then_some((hits, action)));
        }
        let share = |hits: u32| f64::from(hits) / f64::from(count);
        // Nothing belongs to the other numbers: the rule is not for them.
        if left > 0 {
            self.open.push(run.with(run.way.part(share(left))));
        }
        for (hits, action) in all.into_iter().rev() {
            let chance = share(hits);
            let next = run.with(run.way.part(chance));
            let known = Match { chance: Some(chance), ..known };
            let next = self.hit(next, line, known, action);
            self.open.extend(next);
        }
        None
    }

    fn hit(
        &mut self,
        mut run: Run<'t>,
        line: Line,
        known: Match<'t>,
        action: Action<'t>,
    ) -> Next<'t> {
        line.note(&mut run.way, known);
        self.act(run, line, action)
    }
}
