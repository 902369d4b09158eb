//! What became of a question, as people and machines read it.

mod gist;
mod json;
mod line;
mod mermaid;
mod seen;
mod text;

pub(super) use line::brief;

use super::diagnosis::{self, Diagnosis};
use super::names::{Names, with_port};
use super::{Answer, Ended, Event, Question, Step};
use crate::model::{Cluster, NodeId};
use netc_lang::{Sources, Span};

/// So near to one another two shares are the same.
const EPSILON: f64 = 1e-9;

/// A question with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Report<'r> {
    /// The cluster.
    pub cluster: &'r Cluster,
    /// Its sources.
    pub sources: &'r Sources,
    /// Who asks, in the words of the question.
    pub from: &'r str,
    /// For whom.
    pub to: &'r str,
    /// The question.
    pub question: &'r Question,
    /// The answer.
    pub answer: &'r Answer,
    /// The node that was looked at as it is; all others as they are to be.
    pub live: Option<NodeId>,
}

/// How often the answer comes back.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Reaches {
    /// Always.
    Always,
    /// With this probability, for the client that has the least.
    Sometimes(f64),
    /// Never.
    Never,
    /// Nobody can tell more than that it does with this probability at least: the other ways end at Windows
    /// nodes.
    Unknown(f64),
}

impl Reaches {
    /// Of an answer.
    #[must_use]
    pub fn of(answer: &Answer) -> Reaches {
        // Nothing that goes nowhere is an answer.
        let least = if answer.ways.is_empty() { 0.0 } else { answer.least() };
        let mut unanswered = answer.ways.iter().filter(|ended| !ended.is_answered()).peekable();
        if unanswered.peek().is_some() && unanswered.all(Ended::is_unjudged) {
            return Reaches::Unknown(least);
        }
        match least {
            least if least >= 1.0 - EPSILON => Reaches::Always,
            least if least <= EPSILON => Reaches::Never,
            least => Reaches::Sometimes(least),
        }
    }
}

impl<'r> Report<'r> {
    fn names(&self) -> Names<'r> {
        Names(self.cluster)
    }

    /// The way that is worth looking at: the likeliest that fails, or else the likeliest.
    fn chosen(&self) -> Option<&'r Ended> {
        let ways = &self.answer.ways;
        let likeliest = |failing: bool| {
            let mut best: Option<&Ended> = None;
            for ended in ways.iter().filter(|ended| ended.is_answered() != failing) {
                // Of equal ones the first.
                if best.is_none_or(|best| ended.way.share > best.way.share + EPSILON) {
                    best = Some(ended);
                }
            }
            best
        };
        likeliest(true).or_else(|| likeliest(false))
    }

    /// Why a way fails.
    fn diagnosis(&self, ended: &Ended) -> Option<Diagnosis> {
        diagnosis::of(self.cluster, self.question, ended)
    }

    /// `name:line` of a statement.
    fn located(&self, span: Option<Span>) -> Option<String> {
        span.map(|span| self.sources.locate(span))
    }
}

/// The steps of the packet up to its delivery, and those of its answer.
fn both_ways(ended: &Ended) -> (Vec<&Step>, Vec<&Step>) {
    let mut there = ended.way.trail.steps();
    let delivered = there.iter().position(|step| step.event == Event::Delivered);
    let back = delivered.map_or_else(Vec::new, |at| there.split_off(at + 1));
    (there, back)
}

/// From where to where a packet goes behind a step.
fn ends(step: &Step) -> String {
    let from = with_port(&step.source, step.payload.source());
    let to = with_port(&step.destination, step.payload.destination());
    format!("{from} -> {to}")
}

/// A share of one: `1/3`, or in percent where it is none such.
fn share(share: f64) -> String {
    if share >= 1.0 - EPSILON {
        return "1".to_owned();
    }
    let parts = (1.0 / share).round();
    if parts.is_finite() && (parts * share - 1.0).abs() < 1e-6 {
        return format!("1/{parts}");
    }
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_fractions_where_they_are_some() {
        assert_eq!(share(1.0), "1");
        assert_eq!(share(0.5), "1/2");
        assert_eq!(share(1.0 / 3.0), "1/3");
        assert_eq!(share(0.4), "40.0 %");
    }
}
