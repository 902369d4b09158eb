//! What the rules of iptables do with a packet.
//!
//! Rules are judged as they are printed, one after the other as the kernel does
//! (`ipt_do_table` in net/ipv4/netfilter/ip_tables.c): those that netc compiles, or those that were
//! found on a node, whoever made them.

mod conditions;
mod long;
mod pass;
mod rule;
mod target;
#[cfg(test)]
mod tests;
mod words;

use super::verdict::View;
use super::{Packet, Payload, Place, Way};
use crate::model::Family;
use crate::object::{Chain, ChainName, Hook, Ipset, Jump, Rule, Ruleset, SetName, Table};
use crate::plan::LiveTable;
use long::Long;
use netc_lang::{Protocol, Span};
use rustc_hash::FxHashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The rules of one table.
#[derive(Debug)]
pub struct Rules {
    family: Family,
    table: Table,
    rulesets: Vec<Ruleset>,
    /// Sorted by hook and place.
    jumps: Vec<(Jump, Span)>,
    /// The ruleset of each chain, and its place there.
    chains: FxHashMap<ChainName, (usize, usize)>,
    /// The long ones of them, by destination.
    long: FxHashMap<ChainName, Long>,
    /// What was found on the node, which counts instead of the others: these tell then which
    /// statements are behind it.
    found: Option<LiveTable>,
}

/// A rule.
#[derive(Clone, Copy, Debug)]
struct Line<'r> {
    text: &'r str,
    /// The statement behind it, if that is known without a search.
    origin: Option<Span>,
}

impl<'r> From<Rule<'r>> for Line<'r> {
    fn from(rule: Rule<'r>) -> Line<'r> {
        Line { text: rule.line, origin: stated(rule.origin) }
    }
}

impl Rules {
    /// No rules yet.
    #[must_use]
    pub fn new(family: Family, table: Table) -> Rules {
        let (rulesets, jumps, chains) = (Vec::new(), Vec::new(), FxHashMap::default());
        let long = FxHashMap::default();
        Rules { family, table, rulesets, jumps, chains, long, found: None }
    }

    /// Adds chains.
    pub fn add(&mut self, ruleset: Ruleset) {
        self.rulesets.push(ruleset);
    }

    /// Adds a rule of a built-in chain.
    pub fn jump(&mut self, jump: Jump, origin: Span) {
        self.jumps.push((jump, origin));
    }

    /// What was found on the node counts, in place of all that was added.
    pub fn observe(&mut self, found: LiveTable) {
        self.found = Some(found);
    }

    /// All is there: rules of built-in chains are put in their order, chains can be found by name.
    pub fn finish(&mut self) {
        self.jumps.sort_by_key(|(jump, _)| (jump.hook, jump.place));
        self.chains.clear();
        for (ruleset, own) in self.rulesets.iter().enumerate() {
            let names = own.names().enumerate();
            self.chains.extend(names.map(|(place, name)| (*name, (ruleset, place))));
            let long = |chain: Chain| Some((chain.name, Long::of(&chain)?));
            self.long.extend(own.chains().filter_map(long));
        }
    }

    /// Whether a built-in chain has rules, or a policy other than `ACCEPT`.
    #[must_use]
    pub fn has(&self, hook: Hook) -> bool {
        match &self.found {
            Some(found) => {
                found.chain(hook.name()).is_some_and(|own| own.drops || !own.rules.is_empty())
            }
            None => self.jumps_of(hook).next().is_some(),
        }
    }

    /// The statement behind a rule.
    #[must_use]
    pub fn origin(&self, chain: &str, line: &str) -> Option<Span> {
        let stated = match self.compiled(chain) {
            Some(mut all) => all.find(|one| one.text == line),
            None => self.built_in(chain).find(|one| one.text == line),
        };
        stated.and_then(|line| line.origin)
    }

    /// The rules that cannot be judged, as they ask for something or do something that this walk
    /// does not know: none of those that netc makes. `sets` are those that rules look into.
    #[must_use]
    pub fn unknown(&self, sets: &FxHashMap<SetName, Ipset>) -> Vec<&str> {
        let view = View { family: self.family, is_local: &|_| false, sets };
        let any = match self.family {
            Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let payload = Payload::Ports { protocol: Protocol::Tcp, source: None, destination: None };
        let way = Way::new(Place::Outside, Packet::new(any.into(), any.into(), payload));
        let known = |text: &str| {
            let rule = text.splitn(3, ' ').nth(2).unwrap_or_default();
            rule::is_known(rule, &way, &view, |name| self.is_chain(name))
        };
        self.all().filter(|text| !known(text)).collect()
    }

    /// The text of every rule.
    fn all(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        if let Some(found) = &self.found {
            return Box::new(found.chains().flat_map(|chain| chain.rules.lines()));
        }
        let chains = self.rulesets.iter().flat_map(|own| own.text().flat_map(str::lines));
        Box::new(self.jumps.iter().map(|(jump, _)| jump.line.as_str()).chain(chains))
    }

    fn is_chain(&self, name: &str) -> bool {
        match &self.found {
            Some(found) => found.chain(name).is_some(),
            None => self.chains.contains_key(&ChainName::new(&[name])),
        }
    }

    /// The rules of a chain that is to be passed by packets to a destination: those that may be for
    /// it. All, if it is not one alone.
    fn lines<'r>(
        &'r self,
        chain: &'r str,
        destination: Option<IpAddr>,
    ) -> Box<dyn Iterator<Item = Line<'r>> + 'r> {
        if let Some(found) = &self.found {
            let rules = found.rules(chain).unwrap_or_default();
            return Box::new(rules.lines().map(|text| Line { text, origin: None }));
        }
        let long = self.long.get(&ChainName::new(&[chain])).zip(destination);
        if let Some((long, destination)) = long
            && let Some(chain) = self.own(chain)
        {
            let rules = long.places(destination).into_iter();
            let rules = rules.filter_map(move |place| chain.rule(place));
            return Box::new(rules.map(Line::from));
        }
        match self.compiled(chain) {
            Some(lines) => Box::new(lines),
            None => Box::new(self.built_in(chain)),
        }
    }

    fn compiled<'r>(&'r self, chain: &str) -> Option<impl Iterator<Item = Line<'r>> + use<'r>> {
        Some(self.own(chain)?.rules().map(Line::from))
    }

    fn own(&self, chain: &str) -> Option<Chain<'_>> {
        let (ruleset, place) = self.chains.get(&ChainName::new(&[chain]))?;
        self.rulesets.get(*ruleset)?.chain(*place)
    }

    fn built_in<'r>(&'r self, chain: &'r str) -> impl Iterator<Item = Line<'r>> {
        let jumps = self.jumps.iter().filter(move |(jump, _)| jump.hook.name() == chain);
        jumps.map(|(jump, origin)| Line { text: &jump.line, origin: stated(*origin) })
    }

    fn jumps_of(&self, hook: Hook) -> impl Iterator<Item = &Jump> {
        self.jumps.iter().map(|(jump, _)| jump).filter(move |jump| jump.hook == hook)
    }
}

fn stated(origin: Span) -> Option<Span> {
    (origin != Span::default()).then_some(origin)
}
