//! A payload in short, to be tested.
//!
//! To test all lines costs as much as to load them. What a test can find out is whether the tool
//! and the kernel know every extension, target and option: one rule of each form shows that.

use super::{Line, Payload};
use crate::object::target;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Payloads of so many lines are tested whole.
const WHOLE: usize = 4000;

/// What of a table goes into the sample.
#[derive(Default)]
struct Sample<'p> {
    /// The chains that its rules are in or jump to, each with the line of the payload that makes
    /// it, if there is one.
    heads: BTreeSet<(&'p str, Line)>,
    rules: Vec<(&'p str, Line)>,
    forms: FxHashSet<Vec<u8>>,
}

impl Payload {
    /// What `iptables-restore --test` is to be given instead: one rule of each form, in one
    /// transaction for each table. The payload itself if it is short.
    #[must_use]
    pub fn sample(&self) -> Cow<'_, Payload> {
        if self.lines.len() <= WHOLE {
            return Cow::Borrowed(self);
        }
        let mut sample = Payload { family: self.family, text: String::new(), lines: Vec::new() };
        for (table, own) in self.forms() {
            sample.text.push_str(table);
            sample.push("", None, None);
            for (name, Line { change, .. }) in &own.heads {
                sample.text.push(':');
                sample.text.push_str(name);
                sample.push(" - [0:0]", *change, None);
            }
            for (rule, line) in &own.rules {
                sample.push(rule, line.change, line.rule);
            }
            sample.commit();
        }
        Cow::Owned(sample)
    }

    /// The same without the rules that look into sets.
    #[must_use]
    pub fn without_sets(&self) -> Cow<'static, Payload> {
        let mut rest = Payload { family: self.family, text: String::new(), lines: Vec::new() };
        for (text, line) in self.text.lines().zip(&self.lines) {
            if !text.contains(" --match-set ") {
                rest.push(text, line.change, line.rule);
            }
        }
        Cow::Owned(rest)
    }

    /// The forms of rules, by table.
    fn forms(&self) -> Vec<(&str, Sample<'_>)> {
        let mut tables: Vec<(&str, Sample)> = Vec::new();
        let mut made: FxHashMap<&str, Line> = FxHashMap::default();
        let mut form = Vec::new();
        for (text, line) in self.text.lines().zip(&self.lines) {
            if text.starts_with('*') {
                if tables.last().is_none_or(|(table, _)| *table != text) {
                    tables.push((text, Sample::default()));
                    made.clear();
                }
                continue;
            }
            let Some((_, own)) = tables.last_mut() else { continue };
            if let Some(head) = text.strip_prefix(':') {
                made.insert(head.split(' ').next().unwrap_or_default(), *line);
            } else if text.starts_with("-A ") || text.starts_with("-I ") || text.starts_with("-D ")
            {
                shape(text, &mut form);
                if !own.forms.contains(&form) {
                    own.forms.insert(form.clone());
                    own.take(text, *line, &made);
                }
            }
        }
        tables
    }
}

impl<'p> Sample<'p> {
    fn take(&mut self, rule: &'p str, line: Line, made: &FxHashMap<&str, Line>) {
        let chain = rule.split(' ').nth(1);
        for name in [chain, target(rule).filter(|name| is_chain(name))].into_iter().flatten() {
            match made.get(name) {
                Some(head) => self.head(name, *head),
                None if is_chain(name) => self.head(name, line),
                // A built-in chain.
                None => {}
            }
        }
        self.rules.push((rule, line));
    }

    fn head(&mut self, name: &'p str, line: Line) {
        if !self.heads.iter().any(|(other, _)| *other == name) {
            self.heads.insert((name, line));
        }
    }
}

/// Whether a target or chain is one of netc's own: these have a hyphen in their names, extensions
/// and built-in chains have none.
fn is_chain(name: &str) -> bool {
    name.contains('-')
}

/// What a rule is made of, without the values: options, extensions, built-in chains, and targets
/// that are no chains.
fn shape(rule: &str, form: &mut Vec<u8>) {
    form.clear();
    let (mut quoted, mut named) = (false, false);
    for word in rule.split(' ') {
        let begins = !quoted;
        // Within quotation marks, `\"` is a mark of the text.
        let marks = word.bytes().fold((0, false), |(count, escaped), byte| match byte {
            b'\\' => (count, !escaped),
            b'"' if !escaped => (count + 1, false),
            _ => (count, false),
        });
        quoted ^= marks.0 % 2 == 1;
        let option = begins && (word.starts_with('-') || word == "!");
        if option || (named && begins && !is_chain(word)) {
            form.extend_from_slice(word.as_bytes());
            form.push(b' ');
        }
        // What follows these is a name, not a value.
        named = option && matches!(word, "-A" | "-I" | "-D" | "-m" | "-j" | "-g" | "-p");
    }
}
