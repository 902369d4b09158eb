//! How two states of a table differ, part by part.

use crate::object::{Field, NftChain, NftSet, NftTable, Reference, element_key, references};
use rustc_hash::{FxHashMap, FxHashSet};

/// What has to be done with the parts of a table, each list in the order in which they are
/// written.
#[derive(Default)]
pub(super) struct Delta<'t> {
    pub(super) new_sets: Vec<&'t NftSet>,
    /// Sets that become another type: they are removed and made anew, which takes that no rule
    /// looks into them meanwhile. Each as it was and as it is to be.
    pub(super) remade: Vec<(&'t NftSet, &'t NftSet)>,
    /// Sets that differ in their elements alone.
    pub(super) sets: Vec<(&'t NftSet, &'t NftSet)>,
    pub(super) gone_sets: Vec<&'t NftSet>,
    pub(super) new_chains: Vec<&'t NftChain>,
    /// Chains that stay and get other rules.
    pub(super) refilled: Vec<&'t NftChain>,
    /// Chains that are made anew, because a base chain cannot be moved. No rule leads to one.
    pub(super) moved: Vec<&'t NftChain>,
    pub(super) gone_chains: Vec<&'t NftChain>,
}

impl<'t> Delta<'t> {
    /// From nothing, if there is no table yet.
    pub(super) fn new(from: Option<&'t NftTable>, to: &'t NftTable) -> Delta<'t> {
        let mut delta = Delta::default();
        let (sets, chains): (&[NftSet], &[NftChain]) =
            from.map_or((&[], &[]), |from| (&from.sets, &from.chains));
        delta.compare_sets(sets, &to.sets);
        delta.compare_chains(chains, &to.chains);
        delta
    }

    /// Whether elements that are there lead elsewhere from then on.
    pub(super) fn redirects(&self) -> bool {
        let mut verdicts = self.sets.iter().filter(|(_, new)| new.value.contains(&Field::Verdict));
        verdicts.any(|(old, new)| {
            let was: FxHashSet<&str> =
                old.elements.beyond(&new.elements).map(element_key).collect();
            new.elements.beyond(&old.elements).map(element_key).any(|key| was.contains(key))
        })
    }

    fn compare_sets(&mut self, from: &'t [NftSet], to: &'t [NftSet]) {
        let old: FxHashMap<&str, &NftSet> = by_name(from, |set| &set.name);
        for set in to {
            match old.get(set.name.as_str()) {
                None => self.new_sets.push(set),
                Some(old) if !old.is_alike(set) => self.remade.push((old, set)),
                Some(old) if old.elements != set.elements => self.sets.push((old, set)),
                Some(_) => {}
            }
        }
        let new: FxHashMap<&str, &NftSet> = by_name(to, |set| &set.name);
        self.gone_sets = from.iter().filter(|set| !new.contains_key(set.name.as_str())).collect();
    }

    fn compare_chains(&mut self, from: &'t [NftChain], to: &'t [NftChain]) {
        let old: FxHashMap<&str, &NftChain> = by_name(from, |chain| &chain.name);
        let remade: FxHashSet<&str> =
            self.remade.iter().map(|(set, _)| set.name.as_str()).collect();
        for chain in to {
            match old.get(chain.name.as_str()) {
                None => self.new_chains.push(chain),
                Some(old) if old.base != chain.base => self.moved.push(chain),
                Some(old) if old.rules != chain.rules || looks_into(chain, &remade) => {
                    self.refilled.push(chain);
                }
                Some(_) => {}
            }
        }
        let new: FxHashMap<&str, &NftChain> = by_name(to, |chain| &chain.name);
        let gone = from.iter().filter(|chain| !new.contains_key(chain.name.as_str()));
        self.gone_chains = gone.collect();
    }
}

fn by_name<T>(all: &[T], name: fn(&T) -> &String) -> FxHashMap<&str, &T> {
    all.iter().map(|one| (name(one).as_str(), one)).collect()
}

/// Whether a rule of a chain looks into one of these sets.
fn looks_into(chain: &NftChain, sets: &FxHashSet<&str>) -> bool {
    let is_one = |reference| matches!(reference, Reference::Set(name) if sets.contains(name));
    !sets.is_empty() && chain.rules.iter().flat_map(references).any(is_one)
}
