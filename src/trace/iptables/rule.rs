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
    let mut words = Words::new(rule);
    let (mut module, mut not, mut known) = ("", false, true);
    while let Some(word) = words.next() {
        match word.text {
            _ if word.is_not() => {
                not = true;
                continue;
            }
            _ if !word.is_option() => {}
            "-m" => {
                module = words.value();
                known &= conditions::is_known(module);
            }
            "-j" => {
                matched.action = Action::of(words, &is_chain);
                break;
            }
            "-g" => {
                matched.action = Action::Goto(words.value());
                break;
            }
            option => {
                let way = matched.way.as_ref().unwrap_or(way);
                let asked = conditions::ask(module, option, &mut words, way, view);
                known &= !matches!(asked, Asked::Unknown);
                if !matched.only(asked, not) {
                    return None;
                }
            }
        }
        not = false;
    }
    if !known && matched.action != Action::Nothing {
        matched.action = Action::Unknown;
    }
    Some(matched)
}

impl Matched<'_> {
    /// Only what a condition holds for; whether that is anything.
    fn only(&mut self, asked: Asked, not: bool) -> bool {
        let holds = match asked {
            Asked::Nothing | Asked::Unknown => return true,
            Asked::Holds(holds) => holds,
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
