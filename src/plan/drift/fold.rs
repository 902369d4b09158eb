//! Which differences are one finding: what is gone with its device or namespace, and chains, sets,
//! virtual servers and tables that are gone together.

use super::{Finding, Trouble, cause, finding};
use crate::model::Family;
use crate::object::{Id, Netns, State, Table, Text, family_name};
use crate::plan::Live;
use crate::plan::change::{Change, Kind};
use crate::plan::thing::{Key, Thing};
use std::collections::{BTreeMap, BTreeSet};

/// So many chains are named.
const NAMED: usize = 4;

/// The findings, in the order of the changes.
pub(super) fn fold(changes: &[Change], live: &Live) -> Vec<Finding> {
    let parents = parents(changes, &roots(changes));
    let mut all: Vec<Finding> = Vec::new();
    let mut heads: BTreeMap<Key, usize> = BTreeMap::new();
    let mut herds: BTreeMap<Herd, usize> = BTreeMap::new();
    let mut parts: Vec<(Key, Key)> = Vec::new();
    for change in changes {
        if let Some(head) = head(change, &parents) {
            parts.push((head, change.key.clone()));
            continue;
        }
        match herd(change) {
            Some(herd) => match herds.get(&herd).and_then(|place| all.get_mut(*place)) {
                Some(first) => first.with.push(change.key.clone()),
                None => {
                    herds.insert(herd, all.len());
                    all.push(finding(change, live));
                }
            },
            None => {
                heads.insert(change.key.clone(), all.len());
                all.push(finding(change, live));
            }
        }
    }
    for (head, part) in parts {
        if let Some(first) = heads.get(&head).and_then(|place| all.get_mut(*place)) {
            first.with.push(part);
        }
    }
    for (herd, place) in herds {
        if let Some(first) = all.get_mut(place)
            && !first.with.is_empty()
        {
            together(herd, first);
        }
    }
    all
}

/// What takes other things along when something happens to it, each with the change that mends it.
#[derive(Default)]
struct Roots {
    /// Devices and namespaces that are not there, or not as they were, and devices that are down.
    gone: BTreeMap<Id, Key>,
    /// Devices with another Ethernet address: they have forgotten their neighbours.
    readdressed: BTreeMap<Id, Key>,
}

fn roots(changes: &[Change]) -> Roots {
    let mut roots = Roots::default();
    for change in changes {
        if let (true, Key::Object(id)) = (change.readdresses(), &change.key) {
            roots.readdressed.insert(id.clone(), change.key.clone());
        }
        let made = matches!(change.kind, Kind::Make | Kind::Replace);
        let Some(state) = wanted(change).filter(|_| made) else { continue };
        if matches!(state, State::Link(_) | State::Netns(_) | State::Up(_)) {
            roots.gone.insert(state.id(), change.key.clone());
            roots.gone.extend(state.also().map(|id| (id, change.key.clone())));
        }
    }
    roots
}

fn wanted<'c>(change: &'c Change) -> Option<&'c State> {
    change.to.as_ref().and_then(Thing::state)
}

/// What each change is part of: what it hangs on is missing.
fn parents(changes: &[Change], roots: &Roots) -> BTreeMap<Key, Key> {
    let parent = |change: &Change| match &change.with {
        Some(with) => Some(with.clone()),
        None => above(wanted(change).filter(|_| change.kind == Kind::Make)?, roots),
    };
    let all = changes.iter().filter_map(|change| Some((change.key.clone(), parent(change)?)));
    all.filter(|(own, above)| own != above).collect()
}

/// The finding that a change is part of: in the end what hangs on nothing that is missing.
fn head(change: &Change, parents: &BTreeMap<Key, Key>) -> Option<Key> {
    let mut head = parents.get(&change.key)?;
    // Nothing hangs on itself, but nothing here depends on that.
    let mut seen = BTreeSet::from([&change.key]);
    while let Some(next) = parents.get(head).filter(|_| seen.insert(head)) {
        head = next;
    }
    Some(head.clone())
}

/// What is missing and right above an object.
fn above(state: &State, roots: &Roots) -> Option<Key> {
    let mut found = None;
    state.needs(&mut |need| {
        if found.is_none() {
            found = roots.gone.get(&need).cloned();
        }
    });
    if let State::Neighbour(entry) = state {
        let device = Id::Link(entry.netns.clone(), Text::clone(&entry.link));
        return found.or_else(|| roots.readdressed.get(&device).cloned());
    }
    // Addresses of a device go when it goes down, and routes by it.
    let device = match state {
        State::Route(route) => route.link.as_ref().map(|link| (&route.netns, link)),
        State::Address(own) => Some((&own.netns, &own.link)),
        _ => None,
    };
    let down = || {
        let (netns, link) = device?;
        on(netns, link).into_iter().find_map(|id| roots.gone.get(&id).cloned())
    };
    found.or_else(down)
}

fn on(netns: &Netns, link: &Text) -> [Id; 2] {
    [Id::Link(netns.clone(), Text::clone(link)), Id::Up(netns.clone(), Text::clone(link))]
}

/// Things of one kind that are gone, empty or left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Herd(Kin, Lot);

/// Things of which there are many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kin {
    /// Chains of one table.
    Chains(Family, Table),
    /// Sets.
    Sets,
    /// Virtual servers.
    Servers,
    /// Tables of nf_tables.
    Tables,
}

/// What has become of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lot {
    Gone,
    Empty,
    Left,
}

fn herd(change: &Change) -> Option<Herd> {
    let kin = match &change.key {
        Key::Chain(family, table, _) => Kin::Chains(*family, *table),
        Key::Object(Id::Set(_)) => Kin::Sets,
        Key::Object(Id::Virtual(_)) => Kin::Servers,
        Key::Object(Id::NftTable(..)) => Kin::Tables,
        _ => return None,
    };
    let lot = match (&change.from, &change.to) {
        (None, _) => Lot::Gone,
        (_, None) => Lot::Left,
        (Some(Thing::Chain(found)), _) if found.text.is_empty() => Lot::Empty,
        _ => return None,
    };
    Some(Herd(kin, lot))
}

/// Says of several things what one of them says of itself.
fn together(Herd(kin, lot): Herd, finding: &mut Finding) {
    let keys = [&finding.key].into_iter().chain(&finding.with);
    let names: Vec<String> = keys
        .filter_map(|key| match key {
            Key::Chain(.., name) => Some(name.to_string()),
            Key::Object(Id::Set(name)) => Some(name.to_string()),
            Key::Object(Id::Virtual(address)) => Some(address.to_string()),
            Key::Object(Id::NftTable(family, name)) => {
                Some(format!("{} {name}", family_name(*family)))
            }
            _ => None,
        })
        .collect();
    let mut shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.sort_unstable();
    let (fate, kind) = match lot {
        Lot::Gone => ("are missing", Trouble::Missing),
        Lot::Empty => ("are empty", Trouble::Changed),
        Lot::Left if kin == Kin::Tables => ("are left, and nothing asks for them", Trouble::Stale),
        Lot::Left => ("are left from services and endpoints that are gone", Trouble::Stale),
    };
    let count = names.len();
    let shown = shown.join(", ");
    let what = match kin {
        Kin::Chains(family, table) => format!("{family} chains of table {table}"),
        Kin::Sets => "sets".to_owned(),
        Kin::Servers => "virtual servers".to_owned(),
        Kin::Tables => "tables".to_owned(),
    };
    finding.what = format!("{count} {what} {fate}: {shown}{more}");
    finding.kind = kind;
    finding.details.clear();
    if lot != Lot::Left && matches!(kin, Kin::Chains(..)) {
        finding.cause = Some(cause::FLUSHED.to_owned());
    }
}
