//! Changes of iptables rules: of chains by their text, of jumps by their place among the rules of
//! others.

use super::change::{Change, Kind, Origin};
use super::compare::{Difference, things};
use super::own::{self, OwnChains};
use super::record::Record;
use super::table::LiveTable;
use super::thing::{Jumps, Key, Rules, Thing};
use super::{Live, Target};
use crate::graph::targets_first;
use crate::model::Family;
use crate::object::{Chain, ChainName, Hook, Jump, Object, Place, Ruleset, State, Table, decides};
use netc_lang::Span;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A built-in chain of a table.
type BuiltIn = (Family, Table, Hook);

/// The desired rules of a node.
#[derive(Default)]
pub(super) struct Desired<'d> {
    rulesets: BTreeMap<(Family, Table), &'d Ruleset>,
    jumps: BTreeMap<BuiltIn, Vec<(&'d Jump, Span)>>,
}

impl<'d> Desired<'d> {
    pub(super) fn of(objects: impl Iterator<Item = &'d Object>) -> Desired<'d> {
        let mut desired = Desired::default();
        for object in objects {
            match &object.state {
                State::Ruleset(own) => {
                    desired.rulesets.insert((own.family, own.table), own);
                }
                State::Jump(jump) => {
                    let hook = (jump.family, jump.table, jump.hook);
                    desired.jumps.entry(hook).or_default().push((jump, object.origin));
                }
                _ => {}
            }
        }
        for jumps in desired.jumps.values_mut() {
            jumps.sort_by_key(|(jump, _)| jump.place);
        }
        desired
    }

    /// The rules of a table's built-in chains that decide themselves.
    fn deciding(&self, place: (Family, Table)) -> impl Iterator<Item = String> {
        let own =
            self.jumps.iter().filter(move |((family, table, _), _)| (*family, *table) == place);
        let lines = own.flat_map(|(_, jumps)| jumps.iter().map(|(jump, _)| &jump.line));
        lines.filter(|line| decides(line)).cloned()
    }
}

/// Of rules of all tables those of one.
fn of_table(
    rules: &BTreeSet<(Family, Table, String)>,
    place: (Family, Table),
) -> impl Iterator<Item = String> {
    let own = rules.iter().filter(move |(family, table, _)| (*family, *table) == place);
    own.map(|(.., line)| line.clone())
}

/// The changes that bring the rules of all tables to what is desired; chains and jumps of netc's
/// own that are not desired are removed, if the rules of the node are managed by netc.
pub(super) fn diff<'t>(desired: &Desired<'t>, live: &'t Live, record: &Record) -> Vec<Change<'t>> {
    let tables: BTreeSet<(Family, Table)> =
        desired.rulesets.keys().chain(live.rules.keys()).copied().collect();
    let mut changes = Vec::new();
    for (family, table) in tables {
        let mut wanted: Vec<(Chain, usize)> = desired
            .rulesets
            .get(&(family, table))
            .map_or_else(Vec::new, |own| own.chains().zip(0..).collect());
        wanted.sort_unstable_by_key(|(chain, _)| chain.name);
        let recorded = record.chains.iter().filter(|(of, at, _)| (*of, *at) == (family, table));
        let recorded = recorded.map(|(.., name)| *name);
        let own = OwnChains::new(wanted.iter().map(|(chain, _)| chain.name).chain(recorded))
            .with(live.adopted((family, table)))
            .with(of_table(&record.rules, (family, table)))
            .with(desired.deciding((family, table)));
        let found = live.rules.get(&(family, table));
        changes.extend(ordered(chains((family, table), &wanted, found, &own)));
        for hook in Hook::ALL {
            let key = (family, table, hook);
            let wanted = desired.jumps.get(&key).map(Vec::as_slice).unwrap_or_default();
            let origin = wanted.first().map_or(Origin::Nowhere, |(_, at)| Origin::Source(*at));
            let rules: Vec<(Place, String)> =
                wanted.iter().map(|(jump, _)| (jump.place, jump.line.clone())).collect();
            let wanted = (!rules.is_empty()).then_some(Jumps { family, table, hook, rules });
            changes.extend(jumps(key, wanted, found, &own, origin));
        }
    }
    changes.retain(|change| record.managed || change.to.is_some());
    changes
}

/// The changes that bring some chains and jumps back to what they were.
pub(super) fn converge<'t>(target: &'t Target, live: &'t Live) -> Vec<Change<'t>> {
    let tables: BTreeSet<(Family, Table)> =
        target.things().filter_map(|(key, _)| key.rules()).collect();
    let mut changes = Vec::new();
    for (family, table) in tables {
        let found = live.rules.get(&(family, table));
        let those = || target.things().filter(|(key, _)| key.rules() == Some((family, table)));
        let named = those().filter_map(|(key, wanted)| match key {
            Key::Chain(_, _, name) => Some((*name, wanted)),
            _ => None,
        });
        let named: Vec<(ChainName, Option<&Thing>)> = named.collect();
        let rules = those().filter_map(|(_, wanted)| match wanted {
            Some(Thing::Jumps(jumps)) => Some(&jumps.rules),
            _ => None,
        });
        let rules = rules.flatten().map(|(_, line)| line.clone());
        let own = OwnChains::new(named.iter().map(|(name, _)| *name))
            .with(rules)
            .with(of_table(&target.rules, (family, table)));
        let chains = named.iter().filter_map(|(name, wanted)| {
            let found = found.and_then(|table| table.rules(name.as_str()));
            let found = found.map(|text| chain((family, table), *name, text));
            change(found, wanted.cloned(), 0, Origin::Nowhere)
        });
        changes.extend(ordered(chains.collect()));
        for (key, wanted) in those() {
            let Key::Jumps(_, _, hook) = key else { continue };
            let wanted = match wanted {
                Some(Thing::Jumps(jumps)) => Some(jumps.clone()),
                _ => None,
            };
            changes.extend(jumps((family, table, *hook), wanted, found, &own, Origin::Nowhere));
        }
    }
    changes
}

/// The changes of the chains of one table. Both sides are sorted by name; what is wanted comes with
/// its place in the ruleset, and is changed in that order.
fn chains<'t>(
    place: (Family, Table),
    wanted: &[(Chain<'t>, usize)],
    found: Option<&'t LiveTable>,
    own: &OwnChains,
) -> Vec<Change<'t>> {
    let mut changes = Vec::new();
    let mut wanted = wanted.iter().peekable();
    let mut found = found.into_iter().flat_map(LiveTable::chains).peekable();
    loop {
        let order = match (wanted.peek(), found.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((wanted, _)), Some(found)) => wanted.name.as_str().cmp(found.name),
        };
        let wanted = if order.is_le() { wanted.next() } else { None };
        let found = if order.is_ge() { found.next() } else { None };
        match (wanted, found) {
            (Some((wanted, _)), Some(found)) if wanted.text == found.rules => {}
            (None, Some(found)) if found.built_in || !own.has(found.name) => {}
            _ => {
                let rank = wanted.map_or(usize::MAX, |(_, rank)| *rank);
                let wanted = wanted.map(|(wanted, _)| wanted);
                let origin = wanted.map_or(Origin::Nowhere, |chain| Origin::Source(chain.origin));
                let found =
                    found.map(|found| chain(place, ChainName::new(&[found.name]), found.rules));
                let wanted = wanted.map(|wanted| chain(place, wanted.name, wanted.text));
                changes.extend(change(found, wanted, 0, origin).map(|change| (rank, change)));
            }
        }
    }
    changes.sort_by_key(|(rank, _)| *rank);
    changes.into_iter().map(|(_, change)| change).collect()
}

fn chain((family, table): (Family, Table), name: ChainName, text: &str) -> Thing<'_> {
    Thing::Chain(Rules { family, table, name, text: Cow::Borrowed(text) })
}

fn jumps<'t>(
    key: (Family, Table, Hook),
    wanted: Option<Jumps>,
    found: Option<&LiveTable>,
    own: &OwnChains,
    origin: Origin,
) -> Option<Change<'t>> {
    let rules = found.and_then(|table| table.rules(key.2.name())).unwrap_or_default();
    let (found, others) = own::jumps(key, rules, own);
    change(found.map(Thing::Jumps), wanted.map(Thing::Jumps), others, origin)
}

fn change<'t>(
    from: Option<Thing<'t>>,
    to: Option<Thing<'t>>,
    others: u32,
    origin: Origin,
) -> Option<Change<'t>> {
    let key = to.as_ref().or(from.as_ref())?.key();
    let (kind, was) = match (&from, &to) {
        (None, _) => (Kind::Make, String::new()),
        (Some(_), None) => (Kind::Remove, String::new()),
        (Some(found), Some(wanted)) => match things(wanted, found, others) {
            Difference::None => return None,
            Difference::InPlace(was) | Difference::Remake(was) => (Kind::Update, was),
        },
    };
    Some(Change { key, from, to, kind, was, with: None, origin })
}

/// Puts the changes of the chains of a table in order: what is jumped to is made before what jumps
/// to it, and removed after it.
fn ordered(changes: Vec<Change>) -> Vec<Change> {
    let (removed, made): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|change| change.kind == Kind::Remove);
    let mut sorted = sorted(made, |change| change.to.as_ref());
    let mut removed = self::sorted(removed, |change| change.from.as_ref());
    removed.reverse();
    sorted.append(&mut removed);
    sorted
}

fn sorted<'t>(
    changes: Vec<Change<'t>>,
    rules: impl for<'c> Fn(&'c Change<'t>) -> Option<&'c Thing<'t>>,
) -> Vec<Change<'t>> {
    let parts: Vec<(&str, &str)> = changes
        .iter()
        .map(|change| match rules(change) {
            Some(Thing::Chain(chain)) => (chain.name.as_str(), &*chain.text),
            _ => ("", ""),
        })
        .collect();
    let order = targets_first(&parts);
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| slots.get_mut(place)?.take()).collect()
}
