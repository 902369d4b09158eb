//! The rules of one live table, as iptables-save prints them.
//!
//! A table can have a hundred thousand chains: the text is kept as it came, with an index.

use memchr::memchr;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

/// The chains of a table, built-in ones included, each with its rules.
#[derive(Clone, Default, Debug)]
pub struct LiveTable {
    /// Lines, those of a chain together. Others may stand before and behind those of this table.
    text: Arc<String>,
    /// Sorted by name.
    chains: Vec<Entry>,
}

/// A chain in the text.
#[derive(Clone, Debug)]
struct Entry {
    name: Range<usize>,
    rules: Range<usize>,
    /// A built-in chain has a policy.
    built_in: bool,
    /// What passes all rules is dropped.
    drops: bool,
}

/// A chain that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveChain<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its rules, a line each.
    pub rules: &'t str,
    /// Whether it is a built-in one.
    pub built_in: bool,
    /// Whether its policy is to drop what passes all rules.
    pub drops: bool,
}

impl LiveTable {
    /// Reads the lines of a table, as iptables-save prints them or iptables-restore takes them,
    /// without counters: `:NAME POLICY …` for each chain, then `-A NAME …` for each rule. Others
    /// are passed over.
    #[must_use]
    pub fn parse(text: String) -> LiveTable {
        let all = 0..text.len();
        LiveTable::parse_part(&Arc::new(text), all)
    }

    /// The same, of lines that stand in a longer text: that of several tables.
    #[must_use]
    pub(crate) fn parse_part(text: &Arc<String>, part: Range<usize>) -> LiveTable {
        let mut index = Index { text, chains: Vec::new(), last: None, places: None };
        let mut scattered = Vec::new();
        let mut at = part.start;
        while let Some(rest) = text.get(at..part.end).filter(|rest| !rest.is_empty()) {
            let length = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            let range = at..at + length;
            at = range.end;
            match rest.as_bytes() {
                [b':', ..] => index.head(rest.get(1..length).unwrap_or_default(), &range),
                [b'-', b'A', b' ', ..] => {
                    let rest = rest.get(3..length).unwrap_or_default();
                    if !index.rule(rest, &range) {
                        scattered.push(range);
                    }
                }
                _ => {}
            }
        }
        let mut chains = index.chains;
        chains.sort_by(|left, right| left.name(text).cmp(right.name(text)));
        let mut table = LiveTable { text: Arc::clone(text), chains };
        table.gather(&scattered);
        table
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.chains.binary_search_by(|entry| entry.name(&self.text).cmp(name)).ok()
    }

    /// Puts rules that stand apart from the others of their chain behind them. Neither kernel nor
    /// tools write such a text, but people may.
    fn gather(&mut self, scattered: &[Range<usize>]) {
        let mut text = String::new();
        for range in scattered {
            if text.is_empty() {
                text.clone_from(&self.text);
            }
            let line = text.get(range.clone()).unwrap_or_default().to_owned();
            let name = line.split_ascii_whitespace().nth(1).unwrap_or_default();
            let Some(place) = self.find(name) else { continue };
            let Some(entry) = self.chains.get_mut(place) else { continue };
            let before = text.get(entry.rules.clone()).unwrap_or_default().to_owned();
            entry.rules = text.len()..text.len() + before.len() + line.len();
            text.push_str(&before);
            text.push_str(&line);
        }
        if !text.is_empty() {
            self.text = Arc::new(text);
        }
    }

    fn chain_of<'t>(&'t self, entry: &Entry) -> LiveChain<'t> {
        let part = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        let Entry { built_in, drops, .. } = *entry;
        LiveChain { name: part(&entry.name), rules: part(&entry.rules), built_in, drops }
    }

    /// A chain.
    #[must_use]
    pub fn chain(&self, name: &str) -> Option<LiveChain<'_>> {
        let entry = self.chains.get(self.find(name)?)?;
        Some(self.chain_of(entry))
    }

    /// The rules of a chain, a line each; `None` if the chain is not there.
    #[must_use]
    pub fn rules(&self, name: &str) -> Option<&str> {
        self.chain(name).map(|chain| chain.rules)
    }

    /// All chains, sorted by name.
    pub fn chains(&self) -> impl ExactSizeIterator<Item = LiveChain<'_>> {
        self.chains.iter().map(|entry| self.chain_of(entry))
    }
}

/// The chains met so far, in the order of the text.
struct Index<'t> {
    text: &'t str,
    chains: Vec<Entry>,
    /// The chain of the rule before.
    last: Option<usize>,
    /// The places of all chains, if some rules are not in the order of the chains.
    places: Option<FxHashMap<&'t str, usize>>,
}

impl Index<'_> {
    /// A chain, from its line without the colon, and the place of that line.
    fn head(&mut self, rest: &str, line: &Range<usize>) {
        let entry = Entry::new(rest, line);
        if let Some(places) = &mut self.places {
            places.insert(entry.name(self.text), self.chains.len());
        }
        self.chains.push(entry);
    }

    /// A rule, from its line behind `-A `, and the place of that line. Whether it stands with the
    /// others of its chain.
    fn rule(&mut self, rest: &str, line: &Range<usize>) -> bool {
        let chain = self.last.filter(|place| self.is(*place, rest)).or_else(|| self.next(rest));
        let Some(entry) = chain.and_then(|place| self.chains.get_mut(place)) else { return false };
        self.last = chain;
        if entry.rules.is_empty() {
            entry.rules = line.clone();
        } else if entry.rules.end == line.start {
            entry.rules.end = line.end;
        } else {
            return false;
        }
        true
    }

    /// The next chain that a rule can be of: the tools print the rules in the order of the chains,
    /// and few chains are empty.
    fn next(&mut self, rest: &str) -> Option<usize> {
        const LOOKED_AT: usize = 16;
        let start = self.last.map_or(0, |last| last + 1);
        let mut near = start..(start + LOOKED_AT).min(self.chains.len());
        if let Some(place) = near.find(|place| self.is(*place, rest)) {
            return Some(place);
        }
        let (text, chains) = (self.text, &self.chains);
        let places = self.places.get_or_insert_with(|| {
            chains.iter().zip(0..).map(|(entry, place)| (entry.name(text), place)).collect()
        });
        places.get(rest.split_ascii_whitespace().next()?).copied()
    }

    /// Whether the chain at a place has the name with which a rule begins.
    fn is(&self, place: usize, rest: &str) -> bool {
        let name = self.chains.get(place).map(|entry| entry.name(self.text));
        let behind = name.and_then(|name| rest.strip_prefix(name));
        behind.is_some_and(|behind| matches!(behind.as_bytes().first(), None | Some(b' ' | b'\n')))
    }
}

impl Entry {
    /// A chain from its line without the colon, and the place of that line.
    fn new(rest: &str, line: &Range<usize>) -> Entry {
        let mut words = rest.split_ascii_whitespace();
        let length = words.next().map_or(0, str::len);
        let policy = words.next();
        let (built_in, drops) =
            (policy.is_some_and(|policy| policy != "-"), policy == Some("DROP"));
        let start = line.start + 1;
        Entry { name: start..start + length, rules: line.end..line.end, built_in, drops }
    }

    fn name<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.name.clone()).unwrap_or_default()
    }
}

impl PartialEq for LiveTable {
    /// Two tables are equal if their chains are, wherever these stand in the text.
    fn eq(&self, other: &LiveTable) -> bool {
        self.chains().eq(other.chains())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> LiveTable {
        LiveTable::parse(text.to_owned())
    }

    #[test]
    fn chains_are_found_with_their_rules() {
        let table = table(
            ":PREROUTING ACCEPT [0:0]\n:B - [0:0]\n:A - [0:0]\n-A PREROUTING -j B\n-A B -j A\n-A B -j RETURN\nCOMMIT\n",
        );
        let all: Vec<(&str, &str, bool)> =
            table.chains().map(|chain| (chain.name, chain.rules, chain.built_in)).collect();
        let expected = [
            ("A", "", false),
            ("B", "-A B -j A\n-A B -j RETURN\n", false),
            ("PREROUTING", "-A PREROUTING -j B\n", true),
        ];
        assert_eq!(all, expected);
        assert_eq!((table.rules("A"), table.rules("C")), (Some(""), None));
        let policy = |text: &str| self::table(text).chain("INPUT").map(|chain| chain.drops);
        assert_eq!(policy(":INPUT DROP [0:0]\n"), Some(true));
        assert_eq!(policy(":INPUT ACCEPT [0:0]\n"), Some(false));
    }

    #[test]
    fn scattered_rules_are_gathered_in_order() {
        let table =
            table(":A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j RETURN\n-A A -j RETURN\n-A C -j D");
        assert_eq!(table.rules("A"), Some("-A A -j B\n-A A -j RETURN\n"));
        assert_eq!(table.rules("B"), Some("-A B -j RETURN\n"));
        assert_eq!(table.rules("C"), None);
    }
}
