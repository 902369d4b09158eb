//! What is found, each cause once.

use crate::model::{Check, Cluster};
use crate::trace::names::Names;
use crate::trace::{Ended, Failure, Question, diagnosis};
use netc_lang::code::{self, Code};
use netc_lang::{Diagnostic, Span};
use std::collections::BTreeMap;

/// What a check found.
pub(super) struct Findings<'c> {
    cluster: &'c Cluster,
    check: Check,
    all: BTreeMap<Key, (Diagnostic, usize)>,
}

/// Findings of the same cause are one: the statement that it comes of, and what happens.
type Key = (&'static str, Option<Span>, String);

impl<'c> Findings<'c> {
    pub(super) fn new(cluster: &'c Cluster, check: Check) -> Findings<'c> {
        Findings { cluster, check, all: BTreeMap::new() }
    }

    pub(super) fn check(&self) -> Check {
        self.check
    }

    /// A packet does not get its answer.
    pub(super) fn unanswered(
        &mut self,
        code: Code,
        message: String,
        question: &Question,
        ended: &Ended,
    ) {
        // What a Windows node makes of it is not known.
        if ended.is_unjudged() {
            return;
        }
        let names = Names(self.cluster);
        let at = ended.failure.as_ref().map_or(&ended.way.place, |failure| &failure.place);
        let place = names.place(at);
        let Some(diagnosis) = diagnosis::of(self.cluster, question, ended) else { return };
        let headline = diagnosis.headline;
        let to = question.destination.first();
        let example = match ended.way.client.first() {
            // The kernel picks a source once there is a route.
            client if client.is_unspecified() => format!("to {to}"),
            client => format!("{client} -> {to}"),
        };
        let here = format!("{headline} ({example}, {place})");
        // Where nothing is to blame, what decided last.
        let mut steps = ended.way.trail.backwards();
        let last = || steps.find_map(|step| step.decided.as_ref()?.origin);
        let span = diagnosis.span.or_else(last);
        self.add(code, span, ended.failure.as_ref().map_or_else(String::new, kind), || {
            placed(code, span, message).map_here(here).maybe_help(diagnosis.help)
        });
    }

    /// Something else.
    pub(super) fn add(
        &mut self,
        code: Code,
        span: Option<Span>,
        what: String,
        fault: impl FnOnce() -> Diagnostic,
    ) {
        let key = (code.id, span, what);
        self.all.entry(key).or_insert_with(|| (fault(), 0)).1 += 1;
    }

    /// All, each with the word that switches the check off.
    pub(super) fn diagnostics(self) -> Vec<Diagnostic> {
        let check = self.check.name();
        let all = self.all.into_values().map(|(mut fault, count)| {
            if count > 1 {
                fault.message.push_str(&format!(", and {} more like this", count - 1));
            }
            let off = format!("if it is to be so: `checks {{ {check} off }}`");
            fault.help = Some(match fault.help.take() {
                Some(help) => format!("{help}; {off}"),
                None => off,
            });
            fault
        });
        all.collect()
    }
}

/// A diagnostic at a place, if there is one.
pub(super) fn placed(code: Code, span: Option<Span>, message: String) -> Placed {
    Placed(match span {
        Some(span) => Diagnostic::at(code, span, message),
        None => Diagnostic::new(code, message),
    })
}

/// A diagnostic that may have no place.
pub(super) struct Placed(Diagnostic);

impl Placed {
    /// What is to be seen at the place; without one it belongs to the message.
    pub(super) fn map_here(self, here: String) -> Diagnostic {
        let Placed(mut fault) = self;
        if fault.labels.is_empty() {
            fault.message.push_str(&format!(": {here}"));
            return fault;
        }
        fault.here(here)
    }
}

/// The kind of a cause, whatever it is of.
fn kind(failure: &Failure) -> String {
    let cause = format!("{:?}", failure.cause);
    cause.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The code of what a check finds where packets get no answer.
pub(super) fn code_of(check: Check) -> Code {
    match check {
        Check::NoBlackHole => code::BLACK_HOLE,
        Check::ServicesReachEndpoints => code::UNEVEN_SERVICE,
        _ => code::NOT_REACHED,
    }
}
