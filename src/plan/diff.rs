//! The changes that lead from the live state to the desired one, or to any other.

use super::arrange::arrange;
use super::change::{Change, Kind, Origin};
use super::compare::{Difference, things};
use super::record::Record;
use super::rules::{self, Desired};
use super::thing::{Key, Thing};
use super::{Live, Target};
use crate::graph::{Node, Ordered};
use crate::object::{Address, Id, Object, State, Text};
use ipnet::IpNet;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The changes that make a node as desired, in the order in which they are to be made. None if
/// everything is so already. What is netc's own and not desired is removed.
#[must_use]
pub fn diff<'t>(desired: &'t Ordered, live: &'t Live, record: &'t Record) -> Vec<Change<'t>> {
    let objects = || desired.nodes.iter().map(|node| &node.object);
    let wanted = objects().filter(|object| !is_rule(&object.state));
    let mut changes =
        makes(wanted.map(|Object { state, origin, .. }| (state, Origin::Source(*origin))), live);
    let ids: BTreeSet<Id> = desired.nodes.iter().map(Node::id).collect();
    changes.extend(removals(&ids, live, record));
    changes.extend(rules::diff(&Desired::of(objects()), live, record));
    arrange(changes, given_back(&ids, live, record))
}

/// The changes that bring some things back to what they were.
#[must_use]
pub fn converge<'t>(target: &'t Target, live: &'t Live) -> Vec<Change<'t>> {
    let wanted = target.states().map(|state| (state, Origin::Nowhere));
    let mut changes = makes(wanted, live);
    let gone = target.things.iter().filter(|(_, wanted)| wanted.is_none());
    let gone = gone.filter_map(|(key, _)| match key {
        Key::Object(id) => live.states.get(id).map(|found| &found.state),
        _ => None,
    });
    changes.extend(gone.filter(|state| !stays(state)).map(remove));
    changes.extend(rules::converge(target, live));
    arrange(changes, Vec::new())
}

fn is_rule(state: &State) -> bool {
    matches!(state, State::Ruleset(_) | State::Jump(_))
}

/// Changes that make objects or mend them, in the order of the objects.
fn makes<'t>(wanted: impl Iterator<Item = (&'t State, Origin)>, live: &'t Live) -> Vec<Change<'t>> {
    let wanted: Vec<(&State, Origin)> = wanted.collect();
    let renumbered = renumbered(&wanted, live);
    // What is made anew takes along what hangs on it.
    let mut remade: BTreeSet<Id> = BTreeSet::new();
    // A device that gets another Ethernet address forgets its neighbours, permanent ones too.
    let mut forgetful: BTreeSet<Id> = BTreeSet::new();
    let mut changes: Vec<Change> = Vec::new();
    for (state, origin) in wanted {
        let id = state.id();
        let found = live.states.get(&id).map(|found| &found.state);
        let gone = !remade.is_empty() && hangs_on(state, &remade)
            || matches!(state, State::Neighbour(_)) && hangs_on(state, &forgetful);
        let verdict = match state {
            State::Underlay(_) => None,
            State::Flush(_) => live.stale.get(&id).map(|count| (Kind::Update, stale(*count))),
            _ if gone => Some((Kind::Make, String::new())),
            State::Link(_) if found.is_some() && has_any(state, &renumbered) => {
                Some((Kind::Replace, "had other addresses".into()))
            }
            _ => verdict(state, found),
        };
        let Some((kind, was)) = verdict else { continue };
        if gone || kind == Kind::Replace {
            remade.insert(id.clone());
            remade.extend(state.also());
        }
        let change = Change {
            key: Key::Object(id),
            from: found.map(|found| Thing::Object(Cow::Borrowed(found))),
            to: Some(Thing::Object(Cow::Borrowed(state))),
            kind,
            was,
            with: None,
            origin,
        };
        if let State::Link(link) = state
            && change.readdresses()
        {
            forgetful.insert(Id::Up(link.netns.clone(), Text::clone(&link.name)));
        }
        changes.push(change);
    }
    changes
}

/// Devices that are to have another IPv4 address of the network that they are in. The new one would
/// be secondary to the old one and go with it, and with the last one all routes
/// (__inet_del_ifa in net/ipv4/devinet.c). Also devices with an address that is to be the same but for
/// the route to its network.
fn renumbered(wanted: &[(&State, Origin)], live: &Live) -> BTreeSet<Id> {
    let ids: BTreeSet<Id> = wanted.iter().map(|(state, _)| state.id()).collect();
    let old = live.states.iter().filter(|(id, _)| !ids.contains(id));
    let network = |state: &State| match state {
        State::Address(Address { netns, link, address: IpNet::V4(own), .. }) => {
            Some((netns.clone(), Text::clone(link), own.trunc()))
        }
        _ => None,
    };
    let old: BTreeSet<_> = old.filter_map(|(_, found)| network(&found.state)).collect();
    let new = wanted.iter().filter(|(state, _)| !live.states.contains_key(&state.id()));
    let new = new.filter_map(|(state, _)| network(state)).filter(|one| old.contains(one));
    let new = new.map(|(netns, link, _)| Id::Link(netns, link));
    let rerouted = wanted.iter().filter_map(|(state, _)| {
        let found = live.states.get(&state.id()).map(|found| &found.state);
        match (state, found) {
            (State::Address(new), Some(State::Address(old))) if new.routed != old.routed => {
                Some(Id::Link(new.netns.clone(), Text::clone(&new.link)))
            }
            _ => None,
        }
    });
    new.chain(rerouted).collect()
}

fn has_any(state: &State, those: &BTreeSet<Id>) -> bool {
    those.contains(&state.id()) || state.also().is_some_and(|id| those.contains(&id))
}

fn stale(count: usize) -> String {
    if count == 1 { "1 stale connection".into() } else { format!("{count} stale connections") }
}

/// Whether an object needs one of these.
pub(super) fn hangs_on(state: &State, those: &BTreeSet<Id>) -> bool {
    let mut found = false;
    state.needs(&mut |need| found |= those.contains(&need));
    found
}

fn verdict(wanted: &State, found: Option<&State>) -> Option<(Kind, String)> {
    let Some(found) = found else { return Some((Kind::Make, String::new())) };
    let object = |state| Thing::Object(Cow::Borrowed(state));
    match things(&object(wanted), &object(found), 0) {
        Difference::None => None,
        Difference::InPlace(was) => Some((Kind::Update, was)),
        Difference::Remake(was) => Some((Kind::Replace, was)),
    }
}

/// Changes that remove what is netc's own and not desired.
fn removals<'t>(desired: &BTreeSet<Id>, live: &'t Live, record: &Record) -> Vec<Change<'t>> {
    let also: BTreeSet<Id> = live.states.values().filter_map(|found| found.state.also()).collect();
    let undesired = live.states.iter().filter(|(id, _)| !desired.contains(id));
    let own = undesired.filter(|(id, found)| match &found.state {
        State::Sysctl(_) => record.parameters.contains_key(id),
        state => found.owned && !stays(state) && !also.contains(id),
    });
    own.map(|(_, found)| remove(&found.state)).collect()
}

/// Changes that give back to parameters what they were before netc.
fn given_back<'t>(desired: &BTreeSet<Id>, live: &'t Live, record: &'t Record) -> Vec<Change<'t>> {
    let undesired = live.states.iter().filter(|(id, _)| !desired.contains(id));
    let parameters = undesired.filter(|(id, found)| {
        matches!(found.state, State::Sysctl(_)) && !record.parameters.contains_key(id)
    });
    let original =
        |(id, found): (&'t Id, &'t super::Found)| restored(&found.state, record.originals.get(id));
    parameters.filter_map(original).collect()
}

/// What netc leaves although it brought it: modules, which others may use by now.
fn stays(state: &State) -> bool {
    matches!(state, State::Underlay(_) | State::Module(_))
}

fn restored<'t>(found: &'t State, original: Option<&'t State>) -> Option<Change<'t>> {
    let (kind, was) = verdict(original?, Some(found))?;
    Some(Change {
        key: Key::Object(found.id()),
        from: Some(Thing::Object(Cow::Borrowed(found))),
        to: original.map(|state| Thing::Object(Cow::Borrowed(state))),
        kind,
        was,
        with: None,
        origin: Origin::Nowhere,
    })
}

fn remove(found: &State) -> Change<'_> {
    Change {
        key: Key::Object(found.id()),
        from: Some(Thing::Object(Cow::Borrowed(found))),
        to: None,
        kind: Kind::Remove,
        was: String::new(),
        with: None,
        origin: Origin::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::order_known;
    use crate::object::{Link, LinkKind, Module, Neighbour, Netns, Route, Up};
    use netc_lang::{Mac, Span};

    fn device(change: impl FnOnce(&mut Link)) -> State {
        let (name, alias) = ("vx".into(), "netc".into());
        let (mac, kind) = (Some(Mac([2; 6])), LinkKind::Bridge { vlan_filtering: false });
        let mut link =
            Link { netns: Netns::Node, name, mac, mtu: 1450, alias, promiscuous: false, kind };
        change(&mut link);
        State::Link(link)
    }

    fn route(gateway: &str, link: &str) -> State {
        let (to, gateway) = ("fd00:1::/64".parse().unwrap(), gateway.parse().unwrap());
        let route = Route::via(Netns::Node, to, gateway, link.into());
        State::Route(Route { onlink: true, ..route })
    }

    /// The kinds of the changes from some objects to others.
    fn kinds(from: &[State], to: &[State]) -> Vec<(Id, Kind)> {
        let mut live = Live::default();
        from.iter().for_each(|state| live.insert(state.clone(), true));
        let object = |state: &State| {
            let origin = Span::default();
            (state.id(), Object { state: state.clone(), origin, others: Vec::new() })
        };
        let mut objects: Vec<(Id, Object)> = to.iter().map(object).collect();
        objects.sort_by(|(left, _), (right, _)| left.cmp(right));
        let ordered = order_known(objects);
        let record = Record::default();
        let changes = diff(&ordered, &live, &record).into_iter();
        changes
            .map(|change| (State::id(change.to.unwrap().state().unwrap()), change.kind))
            .collect()
    }

    #[test]
    fn a_device_with_another_address_gets_its_neighbours_again() {
        let up = State::Up(Up { netns: Netns::Node, link: "vx".into() });
        let (address, mac) = ("10.0.0.1".parse().unwrap(), Mac([4; 6]));
        let entry =
            State::Neighbour(Neighbour { netns: Netns::Node, link: "vx".into(), address, mac });
        let to = [device(|_| ()), up.clone(), entry.clone()];
        let from = |link| [link, up.clone(), entry.clone()];
        let readdressed = kinds(&from(device(|link| link.mac = Some(Mac([6; 6])))), &to);
        let expected = [(to[0].id(), Kind::Update), (entry.id(), Kind::Make)];
        assert_eq!(readdressed, expected);
        let smaller = kinds(&from(device(|link| link.mtu = 1400)), &to);
        assert_eq!(smaller, [(to[0].id(), Kind::Update)]);
    }

    #[test]
    fn an_ipv6_route_that_leads_to_its_own_gateway_is_removed_first() {
        let wanted = [route("fd00:1::", "vx")];
        let kind = |found: State| kinds(&[found], &wanted)[0].1;
        assert_eq!(kind(route("fd00::9", "eth0")), Kind::Replace);
        assert_eq!(kind(route("fd00::9", "vx")), Kind::Update);
    }

    #[test]
    fn modules_stay_on_the_way_back() {
        let module = State::Module(Module { name: "br_netfilter".into() });
        let came = [module, device(|_| ())];
        let mut live = Live::default();
        came.iter().for_each(|state| live.insert(state.clone(), true));
        let gone = |state: &State| (Key::Object(state.id()), None);
        let target = Target::new(came.iter().map(gone).collect());
        let changes = converge(&target, &live);
        let keys: Vec<&Key> = changes.iter().map(|change| &change.key).collect();
        assert_eq!(keys, [&Key::Object(came[1].id())]);
    }
}
