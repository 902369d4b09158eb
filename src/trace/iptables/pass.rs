//! How packets pass chains.

use super::rule::{self, Matched};
use super::target::Action;
use super::{Line, Rules};
use crate::object::{Hook, Text};
use crate::trace::verdict::{Judged, Verdict, View};
use crate::trace::{Decided, Event, RuleTable, Way, Who};
use std::net::IpAddr;

/// How far chains may lead into each other. Rules that are loaded never lead round in a circle
/// (`mark_source_chains` in ip_tables.c).
const DEEPEST: usize = 64;

impl Rules {
    /// Lets a packet pass a built-in chain.
    #[must_use]
    pub fn pass(&self, hook: Hook, way: Way, view: &View) -> Vec<Judged> {
        let mut pass = Pass { rules: self, view, judged: Vec::new() };
        let rest = pass.chain(hook.name(), vec![way], 0);
        let found = self.found.as_ref().and_then(|found| found.chain(hook.name()));
        let drops = found.is_some_and(|chain| chain.drops);
        let mut judged = pass.judged;
        judged.extend(rest.into_iter().map(|mut way| {
            if !drops {
                return Judged { way, verdict: Verdict::Accept };
            }
            let decided = Decided::new(format!("-P {hook} DROP"), None);
            way.note(self.matched(hook.name(), None, None), Some(decided));
            Judged { way, verdict: Verdict::Drop }
        }));
        judged
    }

    fn matched(&self, chain: &str, mark: Option<u32>, chance: Option<f64>) -> Event {
        Event::Rule { table: RuleTable::Iptables(self.table), chain: chain.into(), mark, chance }
    }

    fn unjudged(&self, chain: &str) -> Event {
        Event::Unjudged { table: RuleTable::Iptables(self.table), chain: chain.into() }
    }
}

/// The only address that packets go to, if it is one.
fn destination(ways: &[Way]) -> Option<IpAddr> {
    let mut all = ways.iter().map(|way| match way.packet.destination {
        Who::One(address) => Some(address),
        Who::Any(_) => None,
    });
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

struct Pass<'p> {
    rules: &'p Rules,
    view: &'p View<'p>,
    /// Those that a rule has decided about.
    judged: Vec<Judged>,
}

impl<'p> Pass<'p> {
    /// Lets packets pass a chain; those that come out of it.
    fn chain(&mut self, chain: &'p str, ways: Vec<Way>, depth: usize) -> Vec<Way> {
        let (mut here, mut back) = (ways, Vec::new());
        for line in self.rules.lines(chain, destination(&here)) {
            let rule = line.text.get("-A ".len() + chain.len()..).unwrap_or_default();
            let mut at = 0;
            while let Some(way) = here.get(at) {
                let is_chain = |name: &str| self.rules.is_chain(name);
                let Some(matched) = rule::matches(rule, way, self.view, is_chain) else {
                    at += 1;
                    continue;
                };
                let Matched { way, mut others, chance, action } = matched;
                let whole = here.remove(at);
                let way = way.unwrap_or(whole);
                let next = match action {
                    Action::Jump(to) | Action::Goto(to) if depth < DEEPEST => {
                        let way = self.note(chain, line, way, (None, chance));
                        let out = self.chain(to, vec![way], depth + 1);
                        if matches!(action, Action::Jump(_)) {
                            out
                        } else {
                            back.extend(out);
                            Vec::new()
                        }
                    }
                    Action::Return => {
                        back.push(self.note(chain, line, way, (None, chance)));
                        Vec::new()
                    }
                    action => self.act(chain, line, way, (action, chance)).into_iter().collect(),
                };
                others.splice(..0, next);
                let count = others.len();
                here.splice(at..at, others);
                at += count;
            }
            if here.is_empty() {
                break;
            }
        }
        back.append(&mut here);
        back
    }

    /// Does what a rule does that leads nowhere else; the packet, if it goes on to the next one.
    fn act(
        &mut self,
        chain: &str,
        line: Line,
        mut way: Way,
        (action, chance): (Action, Option<f64>),
    ) -> Option<Way> {
        if let Action::Unknown | Action::Jump(_) | Action::Goto(_) = action {
            let decided = Decided::new(line.text, self.origin(chain, line));
            way.note(self.rules.unjudged(chain), Some(decided));
            return Some(way);
        }
        let mark = action.change(&mut way.packet);
        let way = self.note(chain, line, way, (mark, chance));
        match action {
            Action::Decide(verdict) => {
                self.judged.push(Judged { way, verdict });
                None
            }
            _ => Some(way),
        }
    }

    fn note(
        &self,
        chain: &str,
        line: Line,
        mut way: Way,
        (mark, chance): (Option<u32>, Option<f64>),
    ) -> Way {
        let line_text: Text = line.text.into();
        let decided = Decided { line: line_text, origin: self.origin(chain, line) };
        way.note(self.rules.matched(chain, mark, chance), Some(decided));
        way
    }

    fn origin(&self, chain: &str, line: Line) -> Option<netc_lang::Span> {
        match self.rules.found {
            Some(_) => self.rules.origin(chain, line.text),
            None => line.origin,
        }
    }
}
