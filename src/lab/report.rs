//! What a test of a lab has shown.

use super::judge::{Counts, breach, counted, words};
use super::reply::Fate;
use super::trial::{Of, Plan, Trial};
use crate::model::{Assert, Carried, Check, Cluster};
use crate::trace::Place;
use crate::trace::names::{Names, with_port};
use crate::verify::Verdict;
use crate::verify::checks::Checked;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// So many faults of one assert or check are shown.
const SHOWN: usize = 3;

/// What is reported of.
pub struct Report<'r> {
    /// The lab.
    pub lab: &'r str,
    /// Its cluster.
    pub cluster: &'r Cluster,
    /// What was asked.
    pub plan: &'r Plan,
    /// What the kernel did, each trial's in the order of the plan.
    pub fates: &'r [Vec<Fate>],
    /// What the walk says of the asserts.
    pub verdicts: &'r [Verdict],
    /// What it says of the checks.
    pub checked: &'r [Checked],
    /// The sources, as they are typed behind a command.
    pub sources: &'r str,
}

/// An assert or a check, and what became of it.
struct Entry<'r> {
    of: Of,
    title: String,
    trials: Vec<(&'r Trial, Counts, Option<String>)>,
    /// What the walk has against it.
    walk: Vec<String>,
    /// How many questions there are.
    all: usize,
    unasked: Vec<&'r str>,
}

impl Entry<'_> {
    fn faults(&self) -> impl Iterator<Item = (&Trial, &Counts, &str)> {
        let all = self.trials.iter();
        all.filter_map(|(trial, counts, breach)| Some((*trial, counts, breach.as_deref()?)))
    }

    /// `None` if nothing could be asked.
    fn holds(&self) -> Option<bool> {
        // What the walk has against an assert is the kernel's to judge.
        let walk = matches!(self.of, Of::Assert(_)) || self.walk.is_empty();
        (!self.trials.is_empty()).then(|| walk && self.faults().next().is_none())
    }
}

impl Report<'_> {
    /// Whether everything that was asked is as claimed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.entries().iter().all(|entry| entry.holds() != Some(false))
    }

    fn entries(&self) -> Vec<Entry<'_>> {
        let asserts = self.cluster.asserts.iter().enumerate().zip(self.verdicts);
        let asserts = asserts.map(|((place, assert), verdict)| {
            let walk = verdict.fault.iter().map(|fault| fault.message.clone()).collect();
            self.entry(Of::Assert(place), title(assert), walk)
        });
        let checks = self.checked.iter().map(|checked| {
            let walk = checked.findings.iter().map(|fault| fault.message.clone()).collect();
            self.entry(Of::Check(checked.check), format!("check {}", checked.check.name()), walk)
        });
        asserts.chain(self.ingresses()).chain(checks).collect()
    }

    /// Those that were to be asked.
    fn ingresses(&self) -> impl Iterator<Item = Entry<'_>> {
        let all = self.cluster.ingresses.iter().enumerate();
        let all = all.map(|(place, own)| (Of::Ingress(place), format!("ingress {}", own.name)));
        let wanted = all.filter(|(of, _)| self.plan.all.contains_key(of));
        wanted.map(|(of, title)| self.entry(of, title, Vec::new()))
    }

    fn entry(&self, of: Of, title: String, walk: Vec<String>) -> Entry<'_> {
        let own = self.plan.trials.iter().zip(self.fates).filter(|(trial, _)| trial.of == of);
        let trials = own.map(|(trial, fates)| {
            let counts = counted(fates);
            let breach = breach(self.cluster, trial, &counts);
            (trial, counts, breach)
        });
        let unasked = self.plan.unasked.get(&of).into_iter().flatten().map(String::as_str);
        Entry {
            of,
            title,
            trials: trials.collect(),
            walk,
            all: self.plan.all.get(&of).copied().unwrap_or_default(),
            unasked: unasked.collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let entries = self.entries();
        let width = entries.iter().map(|entry| entry.title.chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for entry in &entries {
            let (word, detail) = match entry.holds() {
                None => ("not asked", not_asked(entry)),
                Some(true) => ("ok", passed(entry)),
                Some(false) => ("FAILED", failed(entry)),
            };
            let _ = writeln!(out, "{:width$}  {word:9}  {detail}", entry.title);
            for (trial, _, breach) in entry.faults().take(SHOWN) {
                self.fault(&mut out, trial, breach);
            }
            let more = entry.faults().count().saturating_sub(SHOWN);
            if more > 0 {
                let _ = writeln!(out, "    and {more} more");
            }
            for message in &entry.walk {
                let _ = writeln!(out, "    the walk: {message}");
            }
            if entry.holds().is_some() {
                for why in &entry.unasked {
                    let _ = writeln!(out, "    not asked: {why}");
                }
            }
        }
        let count = |wanted| entries.iter().filter(|entry| entry.holds() == wanted).count();
        let (good, bad, none) = (count(Some(true)), count(Some(false)), count(None));
        let _ = write!(out, "lab {}: {good} as claimed, {bad} not", self.lab);
        if none > 0 {
            let _ = write!(out, ", {none} not to be asked by packets");
        }
        out.push('\n');
        out
    }

    fn fault(&self, out: &mut String, trial: &Trial, breach: &str) {
        let (from, to) = (self.from(trial), self.to(trial));
        let _ = writeln!(out, "    {from} -> {to}: {breach}");
        let _ = writeln!(out, "        the walk: {}", words(&trial.expected));
        let _ = writeln!(out, "        see why: {}", self.trace(trial));
    }

    /// Who asks: `pod shop/web-0`.
    fn from(&self, trial: &Trial) -> String {
        let name = Names(self.cluster).tenant(&trial.question.place);
        trial.source.map_or_else(|| name.clone(), |source| format!("{name} {source}"))
    }

    /// Who is asked: `service shop/api (10.96.0.5:80/tcp)`.
    fn to(&self, trial: &Trial) -> String {
        let question = &trial.question;
        let payload = question.payload;
        let protocol = payload.protocol().map_or("ping", |protocol| protocol.name());
        let address = with_port(&question.destination, payload.destination());
        let get = trial.get.as_ref().map(|get| format!("GET {} of ", get.words()));
        let get = get.unwrap_or_default();
        match Names(self.cluster).address(question.destination.first()) {
            Some(name) => format!("{get}{name} ({address}, {protocol})"),
            None => format!("{get}{address} ({protocol})"),
        }
    }

    /// The command that shows the way.
    fn trace(&self, trial: &Trial) -> String {
        let from = match &trial.question.place {
            Place::Outside => {
                trial.source.map_or_else(String::new, |source| format!("outside/{source}"))
            }
            place => Names(self.cluster).tenant(place).replacen(' ', "/", 1),
        };
        let payload = trial.question.payload;
        let to = with_port(&trial.question.destination, payload.destination());
        let protocol = match payload.protocol() {
            None | Some(netc_lang::Protocol::Tcp) => String::new(),
            Some(other) => format!(" --proto {}", other.name()),
        };
        format!("netc trace {from} {to}{protocol} {}", self.sources)
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let entries = self.entries();
        let all: Vec<Value> = entries.iter().map(|entry| self.entry_json(entry)).collect();
        json!({ "version": 1, "lab": self.lab, "ok": self.holds(), "claims": all })
    }

    fn entry_json(&self, entry: &Entry) -> Value {
        let (kind, name) = match entry.of {
            Of::Assert(_) => ("assert", entry.title.as_str()),
            Of::Ingress(_) => ("ingress", entry.title.trim_start_matches("ingress ")),
            Of::Check(check) => ("check", check.name()),
            Of::Asked => ("question", entry.title.as_str()),
        };
        let questions = entry.trials.iter().map(|(trial, counts, breach)| {
            let expected = trial.expected.iter();
            let expected =
                expected.map(|(fate, share)| with(fate_json(fate), "share", json!(share)));
            let met = counts.iter();
            let met = met.map(|(fate, count)| with(fate_json(fate), "count", json!(count)));
            json!({
                "from": self.from(trial), "to": self.to(trial),
                "ok": breach.is_none(), "fault": breach,
                "walk": expected.collect::<Vec<_>>(), "kernel": met.collect::<Vec<_>>(),
            })
        });
        // Those of an assert are few; of those of a check only the faulty ones are of interest.
        let faulty = |question: &Value| {
            matches!(entry.of, Of::Assert(_)) || question.get("ok") == Some(&json!(false))
        };
        let questions: Vec<Value> = questions.filter(faulty).collect();
        json!({
            "kind": kind, "name": name, "holds": entry.holds(),
            "asked": entry.trials.len(), "of": entry.all, "questions": questions,
            "walk": entry.walk, "not-asked": entry.unasked,
        })
    }
}

/// The statement, as far as it matters.
fn title(assert: &Assert) -> String {
    let verb = if assert.reaches { "reaches" } else { "cannot-reach" };
    let carried = match assert.carried.as_ref().map(|carried| carried.value) {
        None => String::new(),
        Some(Carried::Echo) => " { proto icmp }".to_owned(),
        Some(Carried::Ports(protocol)) => format!(" {{ proto {} }}", protocol.name()),
    };
    format!("assert {} {verb} {}{carried}", assert.from.value, assert.to.value)
}

fn not_asked(entry: &Entry) -> String {
    if let Of::Check(Check::NoLoop | Check::NoIdleRule | Check::NothingShadowed) = entry.of {
        return "no packet tells it: see `netc check`".to_owned();
    }
    match entry.unasked.first() {
        Some(why) => (*why).to_owned(),
        None => "there is nobody to ask".to_owned(),
    }
}

/// How many were asked, of how many.
fn extent(entry: &Entry) -> String {
    match (entry.trials.len(), entry.all) {
        (1, 1) => "1 question".to_owned(),
        (asked, all) if asked < all => format!("{asked} of {all} questions"),
        (asked, _) => format!("{asked} questions"),
    }
}

fn passed(entry: &Entry) -> String {
    let Of::Assert(_) = entry.of else { return extent(entry) };
    let mut by = std::collections::BTreeMap::<String, usize>::new();
    for (fate, count) in entry.trials.iter().flat_map(|(_, counts, _)| counts) {
        let who = match fate {
            Fate::Answered { by, .. } => by.clone(),
            other => other.words(),
        };
        *by.entry(who).or_default() += count;
    }
    let total: usize = by.values().sum();
    let share = |(who, count): (&String, &usize)| match *count == total {
        true => who.clone(),
        false => format!("{who} {:.0}%", *count as f64 * 100.0 / total as f64),
    };
    format!("{} of {total}: {}", total, by.iter().map(share).collect::<Vec<_>>().join(", "))
}

fn failed(entry: &Entry) -> String {
    match entry.faults().count() {
        0 => "the walk finds faults, and the kernel does as the walk says".to_owned(),
        faults => {
            let verb = if faults == 1 { "fails" } else { "fail" };
            match (entry.trials.len(), entry.all) {
                (asked, all) if asked < all => {
                    format!("{faults} of {asked} questions {verb}, of {all} there are")
                }
                _ => format!("{faults} of {} {verb}", extent(entry)),
            }
        }
    }
}

fn fate_json(fate: &Fate) -> Value {
    match fate {
        Fate::Answered { by, seen } => json!({ "fate": "answered", "by": by, "seen": seen }),
        Fate::Strange => json!({ "fate": "strange" }),
        Fate::Echoed => json!({ "fate": "echoed" }),
        Fate::Refused => json!({ "fate": "refused" }),
        Fate::Unreachable => json!({ "fate": "unreachable" }),
        Fate::Silence => json!({ "fate": "silence" }),
    }
}

fn with(mut value: Value, key: &str, more: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.insert(key.to_owned(), more);
    }
    value
}
