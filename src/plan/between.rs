//! The changes that lead from one state of a node to another, without a node: none of both is
//! live, and all of both is netc's own.

use super::change::{Change, Origin};
use super::diff::converge;
use super::own::{self, OwnChains};
use super::target::deciding;
use super::thing::{Key, Rules, Thing};
use super::{Live, Target};
use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{ChainName, Hook, Place, State, Table};
use netc_lang::Span;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The changes that make the new one of the old one, in the order in which they would be made.
#[must_use]
pub fn between(old: &Live, new: &Live) -> Vec<Change<'static>> {
    let mut things: BTreeMap<Key, Option<Thing<'static>>> = BTreeMap::new();
    let mut rules = Vec::new();
    for thing in all(old) {
        rules.extend(deciding(&thing));
        things.insert(thing.key(), None);
    }
    for thing in all(new) {
        things.insert(thing.key(), Some(thing.into_owned()));
    }
    let target = Target::new(things).with(rules);
    converge(&target, old).into_iter().map(Change::into_owned).collect()
}

/// All things of a state. What netc does not make never changes.
fn all(live: &Live) -> impl Iterator<Item = Thing<'_>> {
    let objects = live.states.values().map(|found| &found.state);
    let objects = objects.filter(|state| !matches!(state, State::Underlay(_)));
    let objects = objects.map(|state| Thing::Object(Cow::Borrowed(state)));
    let chains = live.rules.iter().flat_map(|((family, table), rules)| {
        rules.chains().filter(|chain| !chain.built_in).map(|chain| {
            Thing::Chain(Rules {
                family: *family,
                table: *table,
                name: ChainName::new(&[chain.name]),
                text: Cow::Borrowed(chain.rules),
            })
        })
    });
    let jumps = live.rules.iter().flat_map(|((family, table), rules)| {
        let names = rules.chains().filter(|chain| !chain.built_in);
        let all = rules.chains().filter(|chain| chain.built_in);
        let own = OwnChains::new(names.map(|chain| ChainName::new(&[chain.name])))
            .with(all.flat_map(|chain| chain.rules.lines().map(str::to_owned)));
        Hook::ALL.into_iter().filter_map(move |hook| {
            let rules = rules.rules(hook.name())?;
            own::jumps((*family, *table, hook), rules, &own).0.map(Thing::Jumps)
        })
    });
    objects.chain(chains).chain(jumps)
}

/// Says which statement asked for what is to be there afterwards.
pub fn originate(changes: &mut [Change], desired: &Ordered) {
    let mut asked: BTreeMap<&Key, &mut Origin> = BTreeMap::new();
    for Change { key, to, origin, .. } in changes {
        if to.is_some() {
            asked.insert(key, origin);
        }
    }
    let mut tell = |key: &Key, span: Span| {
        if let Some(origin) = asked.get_mut(key) {
            **origin = Origin::Source(span);
        }
    };
    let mut jumps: BTreeMap<(Family, Table, Hook), (Place, Span)> = BTreeMap::new();
    for node in &desired.nodes {
        match &node.object.state {
            State::Ruleset(own) => own.chains().for_each(|chain| {
                tell(&Key::Chain(chain.family, chain.table, chain.name), chain.origin);
            }),
            State::Jump(jump) => {
                let own = (jump.place, node.object.origin);
                let first = jumps.entry((jump.family, jump.table, jump.hook)).or_insert(own);
                if jump.place < first.0 {
                    *first = own;
                }
            }
            _ => tell(&Key::Object(node.id()), node.object.origin),
        }
    }
    for ((family, table, hook), (_, span)) in jumps {
        tell(&Key::Jumps(family, table, hook), span);
    }
}
