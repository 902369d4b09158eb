//! Whether a rule matches.

use super::conditions::{self, Asked};
use super::target::Action;
use super::words::Words;
use crate::trace::verdict::View;
use crate::trace::{Holds, Way};

/// Packets of a way that a rule matches.
#[derive(Debug)]
pub(super) struct Matched<'r> {
    /// The way that they take; the one that was asked for, if it matches all of that.
    pub(super) way: Option<Way>,
    /// The ways of the others.
    pub(super) others: Vec<Way>,
    /// With what probability it matched, where that is left to chance.
    pub(super) chance: Option<f64>,
    /// What it does.
    pub(super) action: Action<'r>,
}

/// A part of a rule.
enum Part<'r> {
    /// A condition, and whether it is inverted.
    Asked(Asked, bool),
    /// What stands at the end.
    Action(Action<'r>),
}

/// What is left of a rule, and the match that its next options are of.
struct Parts<'r> {
    words: Words<'r>,
    module: &'r str,
}

/// For which packets of a way a rule matches, if for any. `rule` is what stands behind the name of
/// its chain. Conditions are judged in their order until one does not hold: most rules that do not
/// match say so with their first words.
pub(super) fn matches<'r>(
    rule: &'r str,
    way: &Way,
    view: &View,
    is_chain: impl Fn(&str) -> bool,
) -> Option<Matched<'r>> {
    let mut matched =
        Matched { way: None, others: Vec::new(), chance: None, action: Action::Nothing };
    let (mut parts, mut known) = (Parts::of(rule), true);
    loop {
        let so_far = matched.way.take();
        let way = so_far.as_ref().unwrap_or(way);
        match parts.next(way, view, &is_chain) {
            Some(Part::Asked(asked, not)) => {
                known &= !matches!(asked, Asked::Unknown);
                if !matched.only(asked, not, way) {
                    return None;
                }
                matched.way = matched.way.or(so_far);
            }
            end => {
                if let Some(Part::Action(action)) = end {
                    matched.action = action;
                }
                matched.way = so_far;
                break;
            }
        }
    }
    match matched.action {
        _ if known => {}
        // It does not matter whether such a one matches.
        Action::Nothing => return None,
        _ => matched.action = Action::Unknown,
    }
    Some(matched)
}

/// Whether all that a rule asks for and does is known, whatever packet it is.
pub(super) fn is_known(
    rule: &str,
    way: &Way,
    view: &View,
    is_chain: impl Fn(&str) -> bool,
) -> bool {
    let mut parts = Parts::of(rule);
    while let Some(part) = parts.next(way, view, &is_chain) {
        if matches!(part, Part::Asked(Asked::Unknown, _) | Part::Action(Action::Unknown)) {
            return false;
        }
    }
    true
}

impl<'r> Parts<'r> {
    fn of(rule: &'r str) -> Parts<'r> {
        Parts { words: Words::new(rule), module: "" }
    }

    /// The next condition, asked of a way, or what the rule does.
    fn next(
        &mut self,
        way: &Way,
        view: &View,
        is_chain: impl Fn(&str) -> bool,
    ) -> Option<Part<'r>> {
        let mut not = false;
        while let Some(word) = self.words.next() {
            match word.text {
                _ if word.is_not() => not = true,
                // The value of an option that is not known.
                _ if !word.is_option() => {}
                "-m" => {
                    self.module = self.words.value();
                    if !conditions::is_known(self.module) {
                        return Some(Part::Asked(Asked::Unknown, false));
                    }
                }
                "-j" => {
                    let words = std::mem::replace(&mut self.words, Words::new(""));
                    return Some(Part::Action(Action::of(words, is_chain)));
                }
                "-g" => {
                    let to = self.words.value();
                    self.words = Words::new("");
                    return Some(Part::Action(Action::Goto(to)));
                }
                option => {
                    let asked = conditions::ask(self.module, option, &mut self.words, way, view);
                    return Some(Part::Asked(asked, not));
                }
            }
        }
        None
    }
}

impl Matched<'_> {
    /// Only what a condition on a way holds for; whether that is anything.
    fn only(&mut self, asked: Asked, not: bool, way: &Way) -> bool {
        let (holds, not) = match asked {
            Asked::Nothing | Asked::Unknown => return true,
            Asked::Never => return false,
            Asked::Holds(holds) => (holds, not),
            Asked::Chance(chance) => {
                let chance = if not { 1.0 - chance } else { chance };
                if chance > 0.0 && chance < 1.0 {
                    self.chance = Some(self.chance.unwrap_or(1.0) * chance);
                }
                (way.by_chance(chance), false)
            }
        };
        match (holds, not) {
            (Holds::Yes, not) => !not,
            (Holds::No, not) => not,
            (Holds::Partly(both), not) => {
                let (yes, no) = if not { (both.1, both.0) } else { *both };
                self.way = Some(yes);
                self.others.push(no);
                true
            }
        }
    }
}
