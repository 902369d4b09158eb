//! Changes of a table as transactions.
//!
//! A transaction is carried out as a whole or not at all, so the order of its lines only has to
//! see to it that names are there while they are used, and no longer used when they go: the kernel
//! looks at each line in the light of those before it.
//!
//! Chains that packets do not come into by themselves are made by transactions of their own, before
//! the one that leads to them, in two cases. If they are many: the kernel's time for one transaction
//! grows with the square of the anonymous sets in it (notes/010). And if elements that are there lead
//! to them from then on: a packet that is under way goes by the rules that there were when it came in,
//! but by the elements that there are when it looks (`nft_do_chain` in nf_tables_core.c takes the
//! generation once, a lookup takes that of the moment, `nft_genmask_cur`), and would find a chain
//! without rules.

use super::commands::Commands;
use super::delta::Delta;
use crate::object::{NftChain, NftSet, NftTable, element_key};

/// So many new chains come with one transaction.
const CHAINS: usize = 1600;

/// The transactions that make a table or change it, in order; `together` is how many elements one
/// line may have. Packets meet what is new with the last one.
pub(crate) fn stages(from: Option<&NftTable>, to: &NftTable, together: usize) -> Vec<Commands> {
    let delta = Delta::new(from, to);
    let stages = Stages { at: to.place(), together };
    let mut last = Commands::new(together);
    if from.is_none() {
        last.add_table(to);
    }
    let (based, inner): (Vec<&NftChain>, Vec<&NftChain>) =
        delta.new_chains.iter().partition(|chain| chain.base.is_some());
    let apart = inner.len() > CHAINS || (!inner.is_empty() && delta.redirects());
    // A name cannot be one thing for the first transactions and another for the last.
    if !apart || !delta.remade.is_empty() || !delta.moved.is_empty() {
        stages.define(&mut last, &delta.new_sets, &delta.new_chains);
        stages.clear(&mut last, &delta);
        stages.fill(&mut last, &delta, &delta.new_chains);
        stages.elements(&mut last, &delta.new_sets);
        return vec![last];
    }
    let mut all = stages.early(last, &delta.new_sets, &inner);
    let mut last = Commands::new(together);
    stages.define(&mut last, &[], &based);
    stages.clear(&mut last, &delta);
    stages.fill(&mut last, &delta, &based);
    all.push(last);
    all
}

struct Stages {
    /// How commands name the table.
    at: String,
    together: usize,
}

impl Stages {
    /// Sets and chains that nothing leads to yet: first all names, then the rules, part by part if
    /// they are many.
    fn early(&self, first: Commands, sets: &[&NftSet], chains: &[&NftChain]) -> Vec<Commands> {
        let mut names = first;
        self.define(&mut names, sets, chains);
        if chains.len() <= CHAINS {
            chains.iter().for_each(|chain| names.add_rules(&self.at, chain));
            self.elements(&mut names, sets);
            return vec![names];
        }
        let mut all = vec![names];
        for part in chains.chunks(CHAINS) {
            let mut rules = Commands::new(self.together);
            part.iter().for_each(|chain| rules.add_rules(&self.at, chain));
            all.push(rules);
        }
        let mut elements = Commands::new(self.together);
        self.elements(&mut elements, sets);
        all.push(elements);
        all
    }

    fn define(&self, out: &mut Commands, sets: &[&NftSet], chains: &[&NftChain]) {
        sets.iter().for_each(|set| out.add_set(&self.at, set));
        chains.iter().for_each(|chain| out.add_chain(&self.at, chain));
    }

    /// Takes away what goes, and what makes room for something else of the same name: first the
    /// rules and elements that use others, then sets, whose elements may lead to chains, and then
    /// chains.
    fn clear(&self, out: &mut Commands, delta: &Delta) {
        let at = &*self.at;
        let chains = [&delta.refilled, &delta.moved, &delta.gone_chains].into_iter().flatten();
        chains.for_each(|chain| out.about(&["flush", "chain"], at, &chain.name));
        for (old, new) in &delta.sets {
            let gone = old.elements.beyond(&new.elements).map(element_key);
            out.elements("delete", (at, new), gone);
        }
        let sets = delta.remade.iter().map(|(old, _)| old).chain(&delta.gone_sets);
        sets.for_each(|set| out.about(&["delete", set.word()], at, &set.name));
        let chains = delta.moved.iter().chain(&delta.gone_chains);
        chains.for_each(|chain| out.about(&["delete", "chain"], at, &chain.name));
        delta.remade.iter().for_each(|(_, new)| out.add_set(at, new));
        delta.moved.iter().for_each(|chain| out.add_chain(at, chain));
    }

    /// Adds rules and elements to all that is not as it is to be, and rules to some new chains.
    fn fill(&self, out: &mut Commands, delta: &Delta, new: &[&NftChain]) {
        let chains = [&delta.refilled, &delta.moved].into_iter().flatten();
        new.iter().chain(chains).for_each(|chain| out.add_rules(&self.at, chain));
        for (old, new) in &delta.sets {
            out.elements("add", (&self.at, new), new.elements.beyond(&old.elements));
        }
        let remade: Vec<&NftSet> = delta.remade.iter().map(|(_, new)| *new).collect();
        self.elements(out, &remade);
    }

    /// All elements of some sets.
    fn elements(&self, out: &mut Commands, sets: &[&NftSet]) {
        for set in sets {
            out.elements("add", (&self.at, set), set.elements.iter());
        }
    }
}
