//! When tables of nf_tables are as wanted, and how they differ.

use super::compare::{Difference, in_place};
use crate::object::{Base, NftChain, NftSet, NftTable, element_key};
use rustc_hash::FxHashMap;

/// So many parts are named.
const NAMED: usize = 3;

/// A part of a table that differs.
#[derive(Clone, Copy)]
pub(super) enum Mismatch<'t> {
    /// A chain is not there.
    NoChain(&'t NftChain),
    /// A chain is there and is not wanted.
    MoreChain(&'t NftChain),
    /// A chain is at another hook: as it was found, and as wanted.
    Base(&'t NftChain, &'t NftChain),
    /// A chain has other rules.
    Rules(&'t NftChain, &'t NftChain),
    /// A set is not there.
    NoSet(&'t NftSet),
    /// A set is there and is not wanted.
    MoreSet(&'t NftSet),
    /// A set is of another type.
    Type(&'t NftSet, &'t NftSet),
    /// A set has other elements.
    Elements(&'t NftSet, &'t NftSet),
}

/// All parts that differ, in the order of the wanted table.
pub(super) fn mismatches<'t>(new: &'t NftTable, old: &'t NftTable) -> Vec<Mismatch<'t>> {
    let mut all = Vec::new();
    let (wanted, found) = (new.chains_by_name(), old.chains_by_name());
    for chain in &new.chains {
        match found.get(chain.name.as_str()) {
            None => all.push(Mismatch::NoChain(chain)),
            Some(old) => {
                all.extend((old.base != chain.base).then_some(Mismatch::Base(old, chain)));
                all.extend((old.rules != chain.rules).then_some(Mismatch::Rules(old, chain)));
            }
        }
    }
    let more = old.chains.iter().filter(|chain| !wanted.contains_key(chain.name.as_str()));
    all.extend(more.map(Mismatch::MoreChain));
    let (wanted, found) = (new.sets_by_name(), old.sets_by_name());
    for set in &new.sets {
        match found.get(set.name.as_str()) {
            None => all.push(Mismatch::NoSet(set)),
            Some(old) if !old.is_alike(set) => all.push(Mismatch::Type(old, set)),
            Some(old) if old.elements != set.elements => all.push(Mismatch::Elements(old, set)),
            Some(_) => {}
        }
    }
    let more = old.sets.iter().filter(|set| !wanted.contains_key(set.name.as_str()));
    all.extend(more.map(Mismatch::MoreSet));
    all
}

/// Elements that differ, by their keys.
#[derive(Default)]
pub(super) struct Elements<'t> {
    /// Those that are not there.
    pub(super) lacked: Vec<&'t str>,
    /// Those that are there and are not wanted.
    pub(super) more: Vec<&'t str>,
    /// Those that have another value or comment: as they were found, and as wanted.
    pub(super) others: Vec<(&'t str, &'t str)>,
}

impl<'t> Elements<'t> {
    pub(super) fn of(old: &'t NftSet, new: &'t NftSet) -> Elements<'t> {
        let lacked = new.elements.beyond(&old.elements);
        let mut lacked: FxHashMap<&str, &str> =
            lacked.map(|element| (element_key(element), element)).collect();
        let mut all = Elements::default();
        for element in old.elements.beyond(&new.elements) {
            match lacked.remove(element_key(element)) {
                Some(wanted) => all.others.push((element, wanted)),
                None => all.more.push(element_key(element)),
            }
        }
        let keys = new.elements.beyond(&old.elements).map(element_key);
        all.lacked = keys.filter(|key| lacked.contains_key(key)).collect();
        all
    }
}

/// Compares a wanted table with the one of its name. One transaction changes all that differs.
pub(super) fn table(new: &NftTable, old: &NftTable) -> Difference {
    in_place(new == old, || said(&mismatches(new, old)).join("; "))
}

/// What was different: each part is named, or, if there are many, those that differ in the same way
/// are counted.
fn said(all: &[Mismatch]) -> Vec<String> {
    let mut out = Vec::new();
    let most = if all.len() > NAMED { 1 } else { NAMED };
    let mut tell = |pick: &dyn Fn(&Mismatch) -> Option<String>, many: [&str; 2]| {
        let picked: Vec<String> = all.iter().filter_map(pick).collect();
        match picked.len() > most {
            true => out.push(format!("{} {} {}", many[0], picked.len(), many[1]).trim().to_owned()),
            false => out.extend(picked),
        }
    };
    tell(&no_chain, ["lacked", "chains"]);
    tell(&more_chain, ["had", "chains more"]);
    tell(&base, ["", "chains were at other hooks"]);
    tell(&rules, ["", "chains had other rules"]);
    tell(&no_set, ["lacked", "sets"]);
    tell(&more_set, ["had", "sets more"]);
    tell(&types, ["", "sets were of other types"]);
    tell(&elements, ["", "sets had other elements"]);
    out
}

fn no_chain(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::NoChain(chain) => Some(format!("lacked chain {}", chain.name)),
        _ => None,
    }
}

fn more_chain(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::MoreChain(chain) => Some(format!("had chain {} more", chain.name)),
        _ => None,
    }
}

fn base(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::Base(old, _) => Some(format!("chain {} was {}", old.name, place(old))),
        _ => None,
    }
}

/// Where packets come into a chain.
pub(super) fn place(chain: &NftChain) -> String {
    match &chain.base {
        Some(Base { kind, hook, priority, drops }) => {
            let policy = if *drops { ", policy drop" } else { "" };
            format!("{kind} at {hook}, priority {priority}{policy}")
        }
        None => "at no hook".to_owned(),
    }
}

fn rules(one: &Mismatch) -> Option<String> {
    let Mismatch::Rules(old, new) = one else { return None };
    let (name, rules) = (&old.name, old.rules.len());
    Some(match old.rules.iter().zip(new.rules.iter()).filter(|(old, new)| old != new).count() {
        _ if rules == 0 => format!("chain {name} was empty"),
        _ if rules == 1 && new.rules.len() != 1 => format!("chain {name} had 1 rule"),
        _ if rules != new.rules.len() => format!("chain {name} had {rules} rules"),
        1 => format!("1 rule of chain {name} was another"),
        others => format!("{others} rules of chain {name} were others"),
    })
}

fn no_set(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::NoSet(set) => Some(format!("lacked {} {}", set.word(), set.name)),
        _ => None,
    }
}

fn more_set(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::MoreSet(set) => Some(format!("had {} {} more", set.word(), set.name)),
        _ => None,
    }
}

fn types(one: &Mismatch) -> Option<String> {
    match one {
        Mismatch::Type(old, _) => {
            Some(format!("{} {} was of {}", old.word(), old.name, definition(old)))
        }
        _ => None,
    }
}

/// `type ipv4_addr, flags dynamic,timeout, timeout 60s`
pub(super) fn definition(set: &NftSet) -> String {
    let comment = |property: &String| property.starts_with("comment ");
    let all: Vec<String> = set.properties().filter(|property| !comment(property)).collect();
    all.join(", ")
}

fn elements(one: &Mismatch) -> Option<String> {
    let Mismatch::Elements(old, new) = one else { return None };
    let Elements { lacked, more, others } = Elements::of(old, new);
    let others: Vec<&str> = others.iter().map(|(old, _)| *old).collect();
    let parts = [
        listed(&lacked, "elements").map(|text| format!("lacked {text}")),
        listed(&more, "elements").map(|text| format!("had {text} more")),
        listed(&others, "elements with other values").map(|text| format!("had {text}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(format!("{} {} {}", old.word(), old.name, parts.join(", ")))
}

/// The names, or how many there are; nothing if there are none.
fn listed(names: &[&str], what: &str) -> Option<String> {
    match names.len() {
        0 => None,
        few if few <= NAMED => Some(names.join(", ")),
        many => Some(format!("{many} {what}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::object::{Field, Lines};
    use netc_lang::Span;

    fn lines(text: &str) -> Lines {
        Lines::found(text.lines().map(|line| format!("{line}\n")).collect())
    }

    fn table(chains: &[(&str, &str)], sets: &[(&str, &str)]) -> NftTable {
        let mut table = NftTable::new(Family::V4, "t", None);
        let chain = |(name, rules): &(&str, &str)| NftChain {
            rules: lines(rules),
            ..NftChain::new(*name, Span::default())
        };
        table.chains = chains.iter().map(chain).collect();
        let set = |(name, elements): &(&str, &str)| NftSet {
            elements: lines(elements).sorted(),
            ..NftSet::new(*name, &[Field::Port], &[Field::Verdict])
        };
        table.sets = sets.iter().map(set).collect();
        table
    }

    fn was(new: &NftTable, old: &NftTable) -> String {
        match super::table(new, old) {
            Difference::InPlace(was) => was,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_few_parts_that_differ_are_named() {
        let wanted = table(&[("a", "x\ny\nz"), ("b", "x")], &[("m", "1 : drop\n2 : drop")]);
        assert_eq!(was(&wanted, &wanted.clone()), "None");
        let old = table(&[("a", "x\ny"), ("c", "x")], &[("m", "2 : accept\n3 : drop")]);
        let said = "lacked chain b; had chain c more; chain a had 2 rules; \
                    map m lacked 1, had 3 more, had 2 : accept";
        assert_eq!(was(&wanted, &old), said);
        let old = table(&[("a", "x\ny\nw"), ("b", "")], &[("n", "")]);
        let said = "2 chains had other rules; lacked map m; had map n more";
        assert_eq!(was(&wanted, &old), said);
        let old = table(&[("a", "x\ny\nw"), ("b", "")], &[("m", "1 : drop\n2 : drop")]);
        assert_eq!(was(&wanted, &old), "1 rule of chain a was another; chain b was empty");
    }

    #[test]
    fn what_a_chain_or_set_was_is_told() {
        let mut wanted = table(&[("a", "")], &[("m", "")]);
        let mut old = wanted.clone();
        wanted.chains[0].base = Some(Base::new("nat", "output", -100));
        old.sets[0].timeout = Some(60);
        let said = "chain a was at no hook; \
                    map m was of type inet_service : verdict, flags dynamic,timeout, timeout 60s";
        assert_eq!(was(&wanted, &old), said);
        assert!(was(&old, &wanted).starts_with("chain a was nat at output, priority -100; "));
    }

    #[test]
    fn many_parts_are_counted() {
        let names = ["a", "b", "c", "d"];
        let all = |text| names.map(|name| (name, text));
        let (few, many) = (table(&[], &[]), table(&all("x"), &all("1 : drop")));
        assert_eq!(was(&many, &few), "lacked 4 chains; lacked 4 sets");
        assert_eq!(was(&few, &many), "had 4 chains more; had 4 sets more");
        let other = table(&all("y"), &all("2 : drop"));
        assert_eq!(was(&many, &other), "4 chains had other rules; 4 sets had other elements");
        let one = |text| table(&[], &[("m", text)]);
        let said = was(&one("1 : drop"), &one("5 : a\n6 : a\n7 : a\n8 : a"));
        assert_eq!(said, "map m lacked 1, had 4 elements more");
    }
}
