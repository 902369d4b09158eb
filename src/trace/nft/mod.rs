//! What the rules of nf_tables do with a packet. They are judged from the text that `nft list`
//! prints and that netc writes (nft(8)), so found and compiled tables alike.

mod field;
mod groups;
mod index;
mod look;
mod lookup;
mod note;
mod origin;
mod pass;
mod pattern;
mod read;
mod rule;
#[cfg(test)]
mod tests;
mod words;

pub use origin::with_origins;

use super::Way;
use super::verdict::{Judged, Verdict, View};
use crate::model::Family;
use crate::object::{Base, Hook, NftChain, NftSet, NftTable, element_key};
use index::Index;
use pass::Pass;
use pattern::Pattern;
use rule::{Action, Among, Key, Lookup, Step};

/// The rules of one table.
#[derive(Debug)]
pub struct Rules {
    table: NftTable,
    index: Index,
}

impl Rules {
    /// The rules of a table.
    #[must_use]
    pub fn new(table: NftTable) -> Rules {
        Rules { index: Index::new(&table), table }
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.table.family
    }

    /// Its base chains of a hook, by name.
    pub fn bases(&self, hook: Hook) -> impl Iterator<Item = (&str, &Base)> {
        let chains = self.index.bases(&self.table);
        let bases = chains.filter_map(|chain| Some((chain.name.as_str(), chain.base.as_ref()?)));
        bases.filter(move |(_, base)| base.hook.eq_ignore_ascii_case(hook.name()))
    }

    /// Lets a packet pass a base chain. The rules that matched are on the trail of every way that
    /// comes of it. A rule that has something in it that is not known is taken as not matching.
    #[must_use]
    pub fn pass(&self, chain: &str, way: Way, view: &View) -> Vec<Judged> {
        let base = self.chain(chain).and_then(|chain| Some((chain, chain.base.as_ref()?)));
        match base {
            Some((chain, base)) => Pass::new(self, chain, base, view).all(way),
            None => vec![Judged { way, verdict: Verdict::Accept }],
        }
    }

    fn chain(&self, name: &str) -> Option<&NftChain> {
        self.index.chain(&self.table, name)
    }

    fn set(&self, name: &str) -> Option<&NftSet> {
        self.index.set(&self.table, name)
    }

    /// The rules that cannot be judged, each with its chain: they have words in them that are not
    /// known, or lead to what is not there.
    pub fn unjudged(&self) -> impl Iterator<Item = (&str, &str)> {
        self.table.chains.iter().flat_map(move |chain| {
            let rules = chain.rules.iter().filter(|rule| !self.knows(rule));
            rules.map(|rule| (chain.name.as_str(), rule))
        })
    }

    fn knows(&self, rule: &str) -> bool {
        read::rule(rule, self.family()).iter().all(|step| match step {
            Step::Unknown => false,
            Step::Do(action) => self.can(*action),
            Step::LookUp(lookup) => self.can_look_up(lookup),
            Step::When { key, among: Among::Named(name), .. } => {
                self.set(name).is_some_and(|set| {
                    let mut keys = set.elements.iter().map(element_key);
                    keys.all(|text| Pattern::read_all(key, text).is_some())
                })
            }
            _ => true,
        })
    }

    fn can(&self, action: Action) -> bool {
        match action {
            Action::Jump(chain) | Action::Goto(chain) => self.chain(chain).is_some(),
            _ => true,
        }
    }

    fn can_look_up(&self, Lookup { key, among, gives }: &Lookup) -> bool {
        let value = |value| Action::of(*gives, value).is_some_and(|action| self.can(action));
        match (key, among) {
            (Key::Fields(key), Among::Named(name)) => self.set(name).is_some_and(|set| {
                set.elements.iter().all(|line| {
                    Pattern::read_all(key, element_key(line)).is_some() && value(index::value(line))
                })
            }),
            (Key::Fields(_), Among::Listed(entries)) => entries.iter().all(|(_, one)| value(one)),
            (Key::Number { .. }, Among::Numbered(entries)) => {
                entries.iter().all(|(.., one)| value(one))
            }
            (Key::Number { .. }, Among::Named(name)) => {
                let numbers = self.set(name).and_then(index::numbers);
                numbers.is_some_and(|all| all.iter().all(|(.., one)| value(one)))
            }
            _ => false,
        }
    }
}
