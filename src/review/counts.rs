//! How many changes there are of each kind.

use super::{Fate, NodeChanges};
use crate::hns::HnsChange;
use crate::plan::{Change, Kind};
use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) struct Counts {
    pub(super) made: usize,
    pub(super) changed: usize,
    pub(super) made_anew: usize,
    pub(super) removed: usize,
    pub(super) cuts: usize,
}

impl Counts {
    pub(super) fn of<'c, 't: 'c>(changes: impl IntoIterator<Item = &'c Change<'t>>) -> Counts {
        let mut counts = Counts::default();
        for change in changes {
            match change.kind {
                Kind::Make => counts.made += 1,
                Kind::Update => counts.changed += 1,
                Kind::Replace => counts.made_anew += 1,
                Kind::Remove => counts.removed += 1,
            }
            counts.cuts += usize::from(change.cuts_traffic());
        }
        counts
    }

    pub(super) fn of_hns<'c>(changes: impl IntoIterator<Item = &'c HnsChange>) -> Counts {
        let mut counts = Counts::default();
        for change in changes {
            match (&change.from, &change.to) {
                (None, _) => counts.made += 1,
                (_, None) => counts.removed += 1,
                _ => counts.changed += 1,
            }
        }
        counts
    }

    /// All that changes on a node.
    pub(super) fn of_node(one: &NodeChanges) -> Counts {
        Counts::of(&one.changes).and(Counts::of_hns(&one.hns))
    }

    pub(super) fn and(self, other: Counts) -> Counts {
        Counts {
            made: self.made + other.made,
            changed: self.changed + other.changed,
            made_anew: self.made_anew + other.made_anew,
            removed: self.removed + other.removed,
            cuts: self.cuts + other.cuts,
        }
    }
}

impl Counts {
    /// `2 made, 1 changed`
    pub(super) fn kinds(&self) -> String {
        let all = [
            (self.made, "made"),
            (self.changed, "changed"),
            (self.made_anew, "made anew"),
            (self.removed, "removed"),
        ];
        let parts = all.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
        parts.join(", ")
    }
}

impl fmt::Display for Counts {
    /// `2 made, 1 changed; 1 cuts traffic`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kinds())?;
        match self.cuts {
            0 => Ok(()),
            1 => f.write_str("; 1 cuts traffic"),
            more => write!(f, "; {more} cut traffic"),
        }
    }
}

/// How many changes of each kind there are, for people: `2 made, 1 changed`.
#[must_use]
pub fn summary(changes: &[Change]) -> String {
    Counts::of(changes).kinds()
}

/// How many nodes change, in one line: `2 of 50 nodes change`.
pub(super) fn nodes(all: &[NodeChanges]) -> String {
    let count = |fate| all.iter().filter(|one| one.fate == fate).count();
    let changed = all.iter().filter(|one| one.fate == Fate::Stays && !one.is_empty()).count();
    let (stay, come, go) = (count(Fate::Stays), count(Fate::Comes), count(Fate::Goes));
    let mut parts = Vec::new();
    match (changed, stay) {
        (_, 0) => {}
        (0, _) => parts.push("no node changes".to_owned()),
        (1, 1) => parts.push("1 node changes".to_owned()),
        (1, _) => parts.push(format!("1 of {stay} nodes changes")),
        _ => parts.push(format!("{changed} of {stay} nodes change")),
    }
    for (count, word) in [(come, "new"), (go, "gone")] {
        match count {
            0 => {}
            1 => parts.push(format!("1 is {word}")),
            more => parts.push(format!("{more} are {word}")),
        }
    }
    if parts.is_empty() { "there are no nodes".to_owned() } else { parts.join(", ") }
}
