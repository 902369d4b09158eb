//! The order of chains: a chain is made behind those that its rules jump to.

use crate::object::{Chain, Ruleset, target};
use rustc_hash::FxHashMap;

/// The chains of a ruleset with their places in it. Each comes behind those that its rules jump
/// to, as far as these do not lead back to it, which the kernel would refuse. Else they keep their
/// order, so that those of one service stay together.
pub(crate) fn chains_in_order(ruleset: &Ruleset) -> Vec<(usize, Chain<'_>)> {
    let chains: Vec<Chain> = ruleset.chains().collect();
    let named: Vec<(&str, &str)> =
        chains.iter().map(|chain| (chain.name.as_str(), chain.text)).collect();
    let sorted = targets_first(&named).into_iter();
    sorted.filter_map(|index| Some((index, *chains.get(index)?))).collect()
}

/// The order of chains of one table, each with its name and its rules, by their places.
pub(crate) fn targets_first(chains: &[(&str, &str)]) -> Vec<usize> {
    // A chain that no other jumps to gathers from everywhere: it comes last.
    Jumps::of(chains).in_order(|_, inner| !inner)
}

/// The chains that the rules of each chain jump to, by their places: one list behind the other.
pub(super) struct Jumps {
    targets: Vec<u32>,
    /// Where the list of each chain ends.
    ends: Vec<u32>,
}

impl Jumps {
    fn of(chains: &[(&str, &str)]) -> Jumps {
        let names = chains.iter().map(|(name, _)| *name);
        let indices: FxHashMap<&str, u32> = names.zip(0..).collect();
        let mut jumps = Jumps { targets: Vec::new(), ends: Vec::with_capacity(chains.len()) };
        for (_, text) in chains {
            jumps.add(text.lines().filter_map(|line| indices.get(target(line)?).copied()));
        }
        jumps
    }

    /// None, of things that come one after the other.
    pub(super) fn none() -> Jumps {
        Jumps { targets: Vec::new(), ends: Vec::new() }
    }

    /// Adds those of one more.
    pub(super) fn add(&mut self, targets: impl Iterator<Item = u32>) {
        self.targets.extend(targets);
        self.ends.push(u32::try_from(self.targets.len()).unwrap_or(u32::MAX));
    }

    /// The order of all by their places: each behind those that it leads to, else by rank. That is
    /// told by its place, and by whether anything leads to it.
    pub(super) fn in_order<R: Ord>(self, rank: impl Fn(usize, bool) -> R) -> Vec<usize> {
        let count = self.ends.len();
        let mut inner = vec![false; count];
        for target in &self.targets {
            if let Some(inner) = inner.get_mut(*target as usize) {
                *inner = true;
            }
        }
        let mut all: Vec<(usize, bool)> = (0..count).zip(inner).collect();
        all.sort_by_key(|(index, inner)| rank(*index, *inner));
        let mut walk = Walk { jumps: self, met: vec![false; count], sorted: Vec::new() };
        all.into_iter().for_each(|(index, _)| walk.from(index));
        walk.sorted
    }

    pub(super) fn from(&self, chain: usize) -> &[u32] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = chain.checked_sub(1).map_or(0, end);
        self.targets.get(start..end(chain)).unwrap_or_default()
    }
}

/// A walk from chain to chain, along the jumps.
struct Walk {
    jumps: Jumps,
    met: Vec<bool>,
    sorted: Vec<usize>,
}

impl Walk {
    /// Puts a chain into the result, behind those that it needs.
    fn from(&mut self, first: usize) {
        // The chains on the way, each with the number of its jumps that were followed.
        let mut way: Vec<(usize, usize)> = Vec::new();
        let mut next = Some(first);
        loop {
            if let Some(met @ false) = next.and_then(|next| self.met.get_mut(next)) {
                *met = true;
                way.extend(next.map(|next| (next, 0)));
            }
            let Some((chain, followed)) = way.last_mut() else { return };
            next = self.jumps.from(*chain).get(*followed).map(|next| *next as usize);
            *followed += 1;
            if next.is_none() {
                self.sorted.push(*chain);
                way.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::object::{ChainName, Chains, Table, Target};
    use netc_lang::Span;

    fn order(chains: &[(&str, &[&str])]) -> Vec<String> {
        let name = |text: &str| ChainName::new(&[text]);
        let mut all = Chains::new(Family::V4);
        for (own, jumps) in chains {
            all.begin(name(own), Span::default());
            for to in *jumps {
                all.rule(&[], Target::Jump(&name(to)), Span::default());
            }
        }
        let ruleset = Ruleset::new(Family::V4, Table::Nat, vec![all]);
        chains_in_order(&ruleset).iter().map(|(_, chain)| chain.name.to_string()).collect()
    }

    #[test]
    fn what_is_jumped_to_comes_first_and_services_stay_together() {
        let chains: [(&str, &[&str]); 6] = [
            ("ALL", &["A", "B"]),
            ("MARK", &[]),
            ("A", &["MARK", "A1"]),
            ("A1", &["MARK"]),
            ("B", &["MARK", "B1"]),
            ("B1", &[]),
        ];
        assert_eq!(order(&chains), ["MARK", "A1", "A", "B1", "B", "ALL"]);
    }

    #[test]
    fn a_circle_ends_the_walk() {
        let chains: [(&str, &[&str]); 3] = [("A", &["B", "A"]), ("B", &["C"]), ("C", &["A"])];
        assert_eq!(order(&chains), ["C", "B", "A"]);
    }
}
