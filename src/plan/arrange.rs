//! The order of changes: make before break.
//!
//! First goes what stands in the way of something new; then everything is made and changed, each
//! thing behind what it needs; then the rules, which bring it into use; then stale connections are
//! forgotten; and last goes what is no longer wanted, in the reverse order of its making. So
//! nothing that still serves is taken away before what serves instead is there. Parameters that are
//! no longer netc's are given back when the rules no longer count on them: packets of IPVS that is
//! still in use are lost without `net.ipv4.vs.conntrack`.
//!
//! Tables of nf_tables are made before other rules change, and go behind them: what serves instead is
//! there before.
//!
//! Of IPVS mode, sets come first, then virtual servers with their real servers, then the addresses
//! to which these answer; they go in the opposite order. What a change of a set or of a virtual
//! server takes away has steps of its own, behind the rules.

use super::change::{Change, Kind};
use super::steps::is_table;
use super::thing::{Key, Thing};
use crate::graph::{Node, order_known};
use crate::object::{Id, Link, LinkKind, Netns, Object, State};
use netc_lang::Span;
use std::collections::BTreeMap;

/// Puts changes in order. Those of objects that make or mend come in the order of the objects,
/// those of rules in the order of the rules. `given_back` are parameters that get back what they
/// were.
pub(super) fn arrange<'t>(
    changes: Vec<Change<'t>>,
    given_back: Vec<Change<'t>>,
) -> Vec<Change<'t>> {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    let (mut made, mut rules, mut flushes) = (Vec::new(), Vec::new(), Vec::new());
    let mut removed = Vec::new();
    let (mut tables, mut old_tables) = (Vec::new(), Vec::new());
    for change in changes {
        if is_table(&change) && change.kind == Kind::Remove {
            old_tables.push(change);
        } else if is_table(&change) {
            tables.push(change);
        } else if change.key.rules().is_some() {
            rules.push(change);
        } else if change.kind == Kind::Remove {
            removed.push(change);
        } else if change.recurs() {
            flushes.push(change);
        } else {
            made.push(change);
        }
    }
    take_along(&made, &mut removed);
    // A parameter goes with its device or namespace, or not at all.
    removed.retain(|change| {
        let parameter = matches!(change.key, Key::Object(Id::Sysctl(..)));
        change.with.is_some() || !parameter
    });
    for change in backwards(removed) {
        if made.iter().any(|other| in_the_way(&change, other)) {
            first.push(change);
        } else {
            last.push(change);
        }
    }
    [first, made, tables, rules, old_tables, flushes, given_back, last]
        .into_iter()
        .flatten()
        .collect()
}

/// Removals in the reverse order of making.
fn backwards(removed: Vec<Change>) -> Vec<Change> {
    let objects = removed.iter().filter_map(|change| {
        let state = change.from.as_ref()?.state()?.clone();
        Some((state.id(), Object { state, origin: Span::default(), others: Vec::new() }))
    });
    let mut objects: Vec<(Id, Object)> = objects.collect();
    objects.sort_by(|(left, _), (right, _)| left.cmp(right));
    let order = order_known(objects);
    let ranks: BTreeMap<Id, usize> = order.nodes.iter().map(Node::id).zip(0..).collect();
    let rank = |change: &Change| match &change.key {
        Key::Object(id) => ranks.get(id).copied(),
        _ => None,
    };
    let mut removed = removed;
    removed.sort_by_key(|change| std::cmp::Reverse(rank(change)));
    removed
}

/// Marks the removals that come with the removal of a device or namespace.
fn take_along(made: &[Change], removed: &mut [Change]) {
    let mut gone: BTreeMap<Id, Key> = BTreeMap::new();
    let remade = made.iter().filter(|change| change.kind != Kind::Update);
    for change in remade.chain(removed.iter()) {
        let Some(state) = change.from.as_ref().and_then(Thing::state) else { continue };
        if change.kind == Kind::Make {
            // It is made again because it went with a device that is made anew.
            let with = goes_with(state, &gone);
            gone.extend(with.map(|with| (state.id(), with)));
        } else if matches!(state, State::Link(_) | State::Netns(_)) {
            gone.insert(state.id(), change.key.clone());
            gone.extend(state.also().map(|id| (id, change.key.clone())));
        }
    }
    // Some hang on others that hang on a device: a neighbour entry on a device that is up.
    loop {
        let mut more = Vec::new();
        for change in removed.iter_mut().filter(|change| change.with.is_none()) {
            let Some(state) = change.from.as_ref().and_then(Thing::state) else { continue };
            if let Some(with) = goes_with(state, &gone) {
                more.push((state.id(), with.clone()));
                change.with = Some(with);
            }
        }
        if more.is_empty() {
            return;
        }
        gone.extend(more);
    }
}

/// What takes an object along. A device of the node itself outlives the namespace of its other
/// end for a while: it is removed on its own.
fn goes_with(state: &State, gone: &BTreeMap<Id, Key>) -> Option<Key> {
    if let State::Link(Link { netns: Netns::Node, .. }) | State::Netns(_) = state {
        return None;
    }
    let mut with = None;
    state.needs(&mut |need| with = with.take().or_else(|| gone.get(&need).cloned()));
    with
}

/// Whether something has to go before another thing can be made: the kernel allows one vxlan
/// device for each network identifier and port (vxlan_vni_in_use in drivers/net/vxlan/vxlan_core.c),
/// and one device of a name.
fn in_the_way(removed: &Change, made: &Change) -> bool {
    let state = |thing: &Option<Thing>| match thing.as_ref().and_then(Thing::state) {
        Some(State::Link(link)) => Some(link.clone()),
        _ => None,
    };
    let (Some(old), Some(new)) = (state(&removed.from), state(&made.to)) else { return false };
    if made.kind == Kind::Update {
        return false;
    }
    let names = |link: &Link| {
        let state = State::Link(link.clone());
        [Some(state.id()), state.also()]
    };
    let shared = names(&old).into_iter().flatten().any(|id| names(&new).contains(&Some(id)));
    let vxlan = match (&old.kind, &new.kind) {
        (LinkKind::Vxlan(own), LinkKind::Vxlan(other)) => {
            old.netns == new.netns && (own.vni, own.port) == (other.vni, other.port)
        }
        _ => false,
    };
    shared || vxlan
}
