//! The chains of netc's own in one table, as text.
//!
//! A node of a large cluster has a hundred thousand chains. They are written once, in the form
//! in which iptables-save prints them, with a small index beside the text; artefacts, comparison
//! and plans only copy from it.

use super::chains::{Block, Head, Tail};
use super::{ChainName, Chains, Id, Table};
use crate::model::Family;
use netc_lang::Span;
use std::fmt;

/// All chains of netc's own in one table of one family. Several lowerings may add parts; none
/// adds a chain that another one has.
#[derive(Clone, PartialEq, Debug)]
pub struct Ruleset {
    /// The family.
    pub family: Family,
    /// The table.
    pub table: Table,
    blocks: Vec<Block>,
}

impl Ruleset {
    /// A ruleset of these parts, all of its family; they keep their order.
    #[must_use]
    pub fn new(family: Family, table: Table, parts: Vec<Chains>) -> Ruleset {
        let blocks = parts.into_iter().flat_map(|part| part.blocks).collect();
        Ruleset { family, table, blocks }
    }

    pub(super) fn id(&self) -> Id {
        Id::Ruleset(self.family, self.table)
    }

    /// The names of all chains, in order.
    pub fn names(&self) -> impl Iterator<Item = &ChainName> {
        self.heads().map(|chain| &chain.name)
    }

    /// The rules of all chains, in order: pieces of text, a line for each rule.
    pub fn text(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().map(|block| block.text.as_str())
    }

    /// All chains, in order.
    pub fn chains(&self) -> impl Iterator<Item = Chain<'_>> {
        self.blocks.iter().flat_map(|block| block.iter(self.family, self.table))
    }

    /// The chain at a place in that order.
    #[must_use]
    pub fn chain(&self, mut place: usize) -> Option<Chain<'_>> {
        for block in &self.blocks {
            match place.checked_sub(block.chains.len()) {
                None => return block.chain(self.family, self.table, place),
                Some(rest) => place = rest,
            }
        }
        None
    }

    /// Whether there is a chain of this name.
    #[must_use]
    pub fn has(&self, name: &ChainName) -> bool {
        self.names().any(|own| own == name)
    }

    fn heads(&self) -> impl Iterator<Item = &Head> {
        self.blocks.iter().flat_map(|block| &block.chains)
    }

    /// Adds the chains of another one behind its own. Returns those that both have, each with its
    /// origins, the earlier one first; the ruleset is then of no use.
    pub(super) fn append(&mut self, later: Ruleset) -> Vec<(ChainName, Span, Span)> {
        let (own, others) = (self.heads().count(), later.heads().count());
        let both = if own < others {
            common(self, &later)
        } else {
            let both = common(&later, self).into_iter();
            both.map(|(name, later, first)| (name, first, later)).collect()
        };
        self.blocks.extend(later.blocks);
        both
    }
}

/// The chains that are in two rulesets. Only those of the first are sorted: one lowering usually
/// has just a few where another one has very many.
fn common(few: &Ruleset, many: &Ruleset) -> Vec<(ChainName, Span, Span)> {
    let mut few: Vec<&Head> = few.heads().collect();
    few.sort_by_key(|chain| chain.name);
    let both = many.heads().filter_map(|chain| {
        let place = few.binary_search_by_key(&chain.name, |one| one.name).ok()?;
        Some((chain.name, few.get(place)?.origin, chain.origin))
    });
    both.collect()
}

impl Block {
    fn iter(&self, family: Family, table: Table) -> impl Iterator<Item = Chain<'_>> {
        (0..self.chains.len()).filter_map(move |place| self.chain(family, table, place))
    }

    fn chain(&self, family: Family, table: Table, place: usize) -> Option<Chain<'_>> {
        let head = self.chains.get(place)?;
        let end = self.chains.get(place + 1).map_or(self.rules.len(), |next| next.rules as usize);
        let (upto, _) = self.rules.split_at_checked(end)?;
        let (before, rules) = upto.split_at_checked(head.rules as usize)?;
        let start = before.last().map_or(0, |rule| rule.end as usize);
        let end = rules.last().map_or(start, |rule| rule.end as usize);
        let text = self.text.get(start..end)?;
        Some(Chain { family, table, name: head.name, origin: head.origin, text, start, rules })
    }
}

/// A chain of netc's own, with all its rules.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'r> {
    /// The family.
    pub family: Family,
    /// The table.
    pub table: Table,
    /// The name.
    pub name: ChainName,
    /// The statement that asked for it.
    pub origin: Span,
    /// Its rules as iptables-save prints them, a line each.
    pub text: &'r str,
    /// Where that text begins in its block.
    start: usize,
    rules: &'r [Tail],
}

impl<'r> Chain<'r> {
    /// The rule at a place.
    #[must_use]
    pub fn rule(&self, place: usize) -> Option<Rule<'r>> {
        let Tail { end, origin, .. } = *self.rules.get(place)?;
        let before = place.checked_sub(1).and_then(|before| self.rules.get(before));
        let from = before.map_or(self.start, |rule| rule.end as usize);
        let line = self.text.get(from - self.start..(end as usize).saturating_sub(self.start))?;
        Some(Rule { line: line.strip_suffix('\n').unwrap_or(line), origin })
    }

    /// The rules, in order.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = Rule<'r>> + use<'r> {
        let (text, start) = (self.text, self.start);
        let mut from = 0;
        self.rules.iter().map(move |rule| {
            let end = (rule.end as usize).saturating_sub(start);
            let line = text.get(from..end).unwrap_or_default();
            from = end;
            Rule { line: line.strip_suffix('\n').unwrap_or(line), origin: rule.origin }
        })
    }
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} chain {} of table {}", self.family, self.name, self.table)
    }
}

/// A rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule<'r> {
    /// As iptables-save prints it, without the end of the line.
    pub line: &'r str,
    /// The statement that asked for it.
    pub origin: Span,
}

impl<'r> Rule<'r> {
    /// The name of its target: `ACCEPT`, or a chain.
    #[must_use]
    pub fn target(&self) -> Option<&'r str> {
        target(self.line)
    }
}

/// The name of the target of a rule as iptables-save prints it.
#[must_use]
pub fn target(line: &str) -> Option<&str> {
    let (_, target) = line.rsplit_once(" -j ")?;
    // Only a comment ends with a quotation mark: what looks like a target stands in it.
    (!target.ends_with('"')).then(|| target.split(' ').next()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Match, Target};

    fn at(start: u32) -> Span {
        Span { start, ..Span::default() }
    }

    fn name(text: &str) -> ChainName {
        ChainName::new(&[text])
    }

    fn chains(names: &[&str]) -> Chains {
        let mut chains = Chains::new(Family::V4);
        for (text, start) in names.iter().zip(1..) {
            chains.begin(name(text), at(start));
            chains.rule(&[], Target::Jump(&name("A")), at(start * 10));
            chains.rule(&[Match::Comment(&["x -j A y"])], Target::None, at(start * 10 + 1));
            chains.begin(name(&format!("{text}-EMPTY")), at(start));
        }
        chains
    }

    #[test]
    fn chains_and_rules_are_found_in_the_text() {
        let parts = vec![chains(&["A"]), Chains::new(Family::V4), chains(&["B", "C"])];
        let ruleset = Ruleset::new(Family::V4, Table::Nat, parts);
        let names: Vec<String> = ruleset.chains().map(|chain| chain.name.to_string()).collect();
        assert_eq!(names, ["A", "A-EMPTY", "B", "B-EMPTY", "C", "C-EMPTY"]);
        let places: Vec<ChainName> =
            (0..9).map_while(|place| ruleset.chain(place)).map(|one| one.name).collect();
        assert!(places.iter().eq(ruleset.chains().map(|one| one.name).collect::<Vec<_>>().iter()));
        let chain = ruleset.chain(4).unwrap();
        assert_eq!(chain.text, "-A C -j A\n-A C -m comment --comment \"x -j A y\"\n");
        assert_eq!(
            (chain.to_string().as_str(), chain.origin),
            ("IPv4 chain C of table nat", at(2))
        );
        let rules: Vec<Rule> = chain.rules().collect();
        assert_eq!(rules[0], Rule { line: "-A C -j A", origin: at(20) });
        assert_eq!((rules[0].target(), rules[1].target()), (Some("A"), None));
        assert_eq!(rules[1].origin, at(21));
        assert_eq!(
            (ruleset.chain(5).unwrap().text, ruleset.chain(5).unwrap().rules().len()),
            ("", 0)
        );
        assert!(ruleset.has(&name("B")) && !ruleset.has(&name("D")));
    }

    #[test]
    fn a_long_ruleset_is_kept_in_several_blocks() {
        let mut long = Chains::new(Family::V4);
        let comment = "x".repeat(200);
        for number in 0..2000 {
            long.begin(name(&format!("C{number}")), at(number));
            long.rule(&[Match::Comment(&[&comment])], Target::Accept, at(number));
        }
        let ruleset = Ruleset::new(Family::V4, Table::Nat, vec![long]);
        assert!(ruleset.text().count() > 4);
        assert_eq!(ruleset.text().collect::<String>().lines().count(), 2000);
        for (chain, number) in ruleset.chains().zip(0..) {
            let other = ruleset.chain(number).unwrap();
            assert_eq!((chain.name, chain.text), (name(&format!("C{number}")), other.text));
            assert!(chain.text.starts_with(&format!("-A C{number} -m comment")));
            assert_eq!(
                chain.rules().map(|rule| rule.line.len() + 1).sum::<usize>(),
                chain.text.len()
            );
        }
    }

    #[test]
    fn a_chain_in_two_parts_is_found_whichever_is_longer() {
        let of = |names: &[&str]| Ruleset::new(Family::V4, Table::Nat, vec![chains(names)]);
        let both = |first: &[&str], later: &[&str]| of(first).append(of(later));
        assert_eq!(both(&["A", "B"], &["C"]), []);
        let found = [(name("B"), at(2), at(1)), (name("B-EMPTY"), at(2), at(1))];
        assert_eq!(both(&["A", "B"], &["B"]), found);
        let found = [(name("B"), at(1), at(2)), (name("B-EMPTY"), at(1), at(2))];
        assert_eq!(both(&["B"], &["A", "B"]), found);
    }
}
