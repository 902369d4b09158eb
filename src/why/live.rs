//! What has become of things on a live node, and what is there that no source asks for.

mod stranger;

pub use stranger::{Stranger, strangers};

use super::Told;
use crate::object::{Id, State};
use crate::plan::{Finding, Key, Live};
use netc_lang::Sources;
use serde_json::{Value, json};

/// What has become of something on a live node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presence {
    /// Whether it is there as it is to be.
    pub same: bool,
    /// The same for people, a line each: what differs, and why that may be.
    pub lines: Vec<String>,
}

/// All that is told of a live node.
#[derive(Clone, Default, Debug)]
pub struct Looked {
    /// Of each answer.
    pub presences: Vec<Presence>,
    /// Of each mention, whether it is there.
    pub mentions: Vec<bool>,
    /// What no source asks for.
    pub strangers: Vec<Stranger>,
}

impl Looked {
    /// Whether the node is as the sources say, as far as the word goes.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.strangers.is_empty()
            && self.presences.iter().all(|one| one.same)
            && self.mentions.iter().all(|there| *there)
    }

    pub(super) fn json(&self) -> Value {
        let presences =
            self.presences.iter().map(|one| json!({ "same": one.same, "says": one.lines }));
        let strangers = self.strangers.iter().map(Stranger::json);
        json!({
            "answers": presences.collect::<Vec<_>>(),
            "mentions": self.mentions,
            "others": strangers.collect::<Vec<_>>(),
        })
    }
}

impl Looked {
    /// What a live node makes of what was told; `findings` is how it differs from the sources.
    #[must_use]
    pub fn new(told: &Told, live: &Live, findings: &[Finding], sources: &Sources) -> Looked {
        let presences = told.answers.iter().map(|(answer, _)| {
            let first = answer.shown.all.first().map(String::as_str);
            presence(&answer.key, first.filter(|_| answer.is_part), live, findings, sources)
        });
        let mentions = told.mentions.iter().map(|(mention, _)| {
            differing(&mention.key, findings).is_none() || holds(&mention.key, &mention.line, live)
        });
        Looked {
            presences: presences.collect(),
            mentions: mentions.collect(),
            strangers: Vec::new(),
        }
    }
}

/// The finding that has something in it.
fn differing<'f>(key: &Key, findings: &'f [Finding]) -> Option<&'f Finding> {
    findings.iter().find(|one| one.key == *key || one.with.contains(key))
}

fn presence(
    key: &Key,
    line: Option<&str>,
    live: &Live,
    findings: &[Finding],
    sources: &Sources,
) -> Presence {
    let Some(finding) = differing(key, findings) else { return as_planned(key, live) };
    let mut lines = vec![said(finding, key)];
    // A chain that differs may have the rule in question all the same.
    let there = line.is_some_and(|line| holds(key, line, live));
    if there {
        lines.insert(0, "it is there itself; what it is in differs:".to_owned());
    }
    lines.extend(finding.details.iter().cloned());
    lines.extend(finding.cause.iter().map(|cause| format!("likely: {cause}")));
    if let Some(at) = finding.origin.shown(sources)
        && finding.origin.span().is_none()
    {
        lines.push(at);
    }
    Presence { same: false, lines }
}

/// What a finding says of something that may be only a part of it.
fn said(finding: &Finding, key: &Key) -> String {
    if finding.key == *key {
        return finding.what.clone();
    }
    format!("{}: {}, and with it {key}", finding.kind.word(), finding.what)
}

/// Something that does not differ.
fn as_planned(key: &Key, live: &Live) -> Presence {
    let found = match key {
        Key::Object(id) => live.states.get(id),
        _ => None,
    };
    let marked = |id: &Id| {
        !matches!(id, Id::Underlay(_) | Id::Module(_) | Id::Sysctl(..) | Id::Flush(..) | Id::Up(..))
    };
    let line = match (key, found) {
        (Key::Object(id), Some(found)) if !found.owned && marked(id) => {
            "it is there and equal, but bears no mark of netc's: somebody else has made it"
        }
        (Key::Object(id), Some(_)) if marked(id) => "it is there as planned, and netc's own",
        _ => "it is there as planned",
    };
    Presence { same: true, lines: vec![line.to_owned()] }
}

/// Whether something on the node holds a line.
fn holds(key: &Key, line: &str, live: &Live) -> bool {
    match key {
        Key::Chain(family, table, name) => {
            let rules = live.chain(*family, *table, name.as_str());
            rules.is_some_and(|rules| rules.lines().any(|own| own == line))
        }
        Key::Jumps(family, table, hook) => {
            let rules = live.chain(*family, *table, hook.name());
            rules.is_some_and(|rules| rules.lines().any(|own| own == line))
        }
        Key::Object(id) => match live.states.get(id).map(|found| &found.state) {
            Some(State::NftTable(table)) => {
                let chains = table.chains.iter().map(|chain| &chain.rules);
                let sets = table.sets.iter().map(|set| &set.elements);
                chains.chain(sets).any(|lines| lines.iter().any(|own| own == line))
            }
            Some(state) => super::shown::object(state).iter().any(|own| own == line),
            None => false,
        },
    }
}
