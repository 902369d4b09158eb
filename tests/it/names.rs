//! The tables of nf_tables hold together, shown on random clusters in every layout: what is named is
//! there, what is there is reached, and what has a key has it alone.

use crate::layouts::{LAYOUTS, tables};
use netc::object::{NftTable, Reference, element_key, references};
use std::collections::BTreeSet;

const SEEDS: u64 = 60;

/// Chains that are there whether something needs them or not, as kube-proxy has them.
const ALWAYS: [&str; 2] = ["mark-for-masquerade", "reject-chain"];

/// The most characters that kube-proxy gives to a name.
const LONGEST: usize = 256;

#[test]
fn tables_hold_together() {
    for seed in 0..SEEDS {
        for layout in LAYOUTS {
            for (node, _, table) in tables(seed, layout) {
                if let Err(fault) = holds_together(&table) {
                    panic!("seed {seed}, {layout}, {node}, {}: {fault}", table.family);
                }
            }
        }
    }
}

fn holds_together(table: &NftTable) -> Result<(), String> {
    let (chains, sets) = (table.chains_by_name(), table.sets_by_name());
    if chains.len() != table.chains.len() || sets.len() != table.sets.len() {
        return Err("two parts have one name".to_owned());
    }
    let names = chains.keys().chain(sets.keys());
    if let Some(name) = names.clone().find(|name| name.len() > LONGEST || name.contains(':')) {
        return Err(format!("{name} is no name"));
    }
    for (name, set) in &sets {
        let keys: Vec<&str> = set.elements.iter().map(element_key).collect();
        if !set.elements.iter().is_sorted() {
            return Err(format!("{name} is not sorted"));
        }
        if keys.iter().collect::<BTreeSet<_>>().len() < keys.len() {
            return Err(format!("{name} has a key twice"));
        }
    }
    // From the base chains by all that rules and elements name.
    let based = chains.iter().filter(|(_, chain)| chain.base.is_some()).map(|(name, _)| name);
    let mut reached: BTreeSet<Reference> =
        based.chain(&ALWAYS).map(|name| Reference::Chain(name)).collect();
    let mut next: Vec<Reference> = reached.iter().copied().collect();
    while let Some(part) = next.pop() {
        let lines = match part {
            Reference::Chain(name) if ALWAYS.contains(&name) && !chains.contains_key(name) => {
                continue;
            }
            Reference::Chain(name) => chains.get(name).map(|chain| &chain.rules),
            Reference::Set(name) => sets.get(name).map(|set| &set.elements),
        };
        let lines = lines.ok_or_else(|| format!("{part:?} is named and is not there"))?;
        next.extend(lines.iter().flat_map(references).filter(|one| reached.insert(*one)));
    }
    let all = chains.keys().map(|name| Reference::Chain(name));
    let all = all.chain(sets.keys().map(|name| Reference::Set(name)));
    match all.into_iter().find(|part| !reached.contains(part)) {
        Some(part) => Err(format!("nothing leads to {part:?}")),
        None => Ok(()),
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    let (_, _, sound) = tables(1, "1.36").remove(0);
    assert_eq!(holds_together(&sound), Ok(()));
    let broken = |spoil: fn(&mut NftTable)| {
        let mut table = sound.clone();
        spoil(&mut table);
        holds_together(&table).unwrap_err()
    };
    let gone = |table: &mut NftTable| table.chains.retain(|chain| chain.name != "firewall-check");
    assert_eq!(broken(gone), "Chain(\"firewall-check\") is named and is not there");
    let twice = |table: &mut NftTable| table.chains.push(table.chains[0].clone());
    assert_eq!(broken(twice), "two parts have one name");
    let idle = |table: &mut NftTable| {
        let chain = netc::object::NftChain::new("idle", netc_lang::Span::default());
        table.chains.push(chain);
    };
    assert_eq!(broken(idle), "nothing leads to Chain(\"idle\")");
}
