//! What netc remembers of a node.

use super::Live;
use super::change::{Change, Kind};
use super::own::system;
use super::target::deciding;
use super::thing::{Key, Thing};
use crate::model::Family;
use crate::object::{
    ChainName, Id, Jump, Netns, Ruleset, State, Sysctl, Table, Text, VirtualAddress, decides,
};
use std::collections::{BTreeMap, BTreeSet};

/// What netc knows of a node from earlier runs.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Record {
    /// Whether netc has programmed the node's rules: chains that are called like kube-proxy's or
    /// flannel's are then its own.
    pub managed: bool,
    /// The namespaces that netc made.
    pub netns: BTreeSet<Text>,
    /// The chains that netc made although they are called like nobody's.
    pub chains: BTreeSet<(Family, Table, ChainName)>,
    /// The virtual servers that netc made.
    pub virtuals: BTreeSet<VirtualAddress>,
    /// The addresses that netc put on devices of others.
    pub addresses: BTreeSet<Id>,
    /// The tables of nf_tables that netc made.
    pub tables: BTreeSet<(Family, Text)>,
    /// The rules of built-in chains that netc made, and that lead to no chain.
    pub rules: BTreeSet<(Family, Table, String)>,
    /// The parameters that netc set on devices and in namespaces of its own: they go with these.
    pub parameters: BTreeMap<Id, State>,
    /// What netc has changed but did not make, as it was before: other parameters.
    pub originals: BTreeMap<Id, State>,
}

impl Record {
    /// What is to be remembered once some changes are made.
    #[must_use]
    pub fn after(&self, changes: &[Change]) -> Record {
        let mut record = self.clone();
        for change in changes {
            let (from, to) = (state(change.from.as_ref()), state(change.to.as_ref()));
            match (from, to) {
                (None, Some(State::Netns(netns))) => {
                    record.netns.insert(Text::clone(&netns.name));
                }
                (Some(State::Netns(netns)), None) => {
                    record.netns.remove(&netns.name);
                }
                (_, Some(State::Virtual(server))) => {
                    record.virtuals.insert(server.address);
                }
                (Some(State::Virtual(server)), None) => {
                    record.virtuals.remove(&server.address);
                }
                (_, Some(new @ State::Address(own))) if own.held => {
                    record.addresses.insert(new.id());
                }
                (Some(old @ State::Address(_)), None) => {
                    record.addresses.remove(&old.id());
                }
                (_, Some(State::NftTable(table))) => {
                    record.tables.insert(table.key());
                }
                (Some(State::NftTable(table)), None) => {
                    record.tables.remove(&table.key());
                }
                (_, Some(new @ State::Sysctl(sysctl))) if is_own(sysctl) => {
                    record.parameters.insert(new.id(), new.clone());
                }
                (Some(old @ State::Sysctl(sysctl)), None) if is_own(sysctl) => {
                    record.parameters.remove(&old.id());
                }
                (Some(old @ State::Sysctl(_)), Some(new)) => record.original(old, new),
                _ => {}
            }
            for gone in change.from.as_ref().into_iter().flat_map(deciding) {
                record.rules.remove(&gone);
            }
            record.rules.extend(change.to.as_ref().into_iter().flat_map(deciding));
            if let Key::Chain(family, table, name) = change.key {
                match change.kind {
                    Kind::Make if system(name.as_str()).is_none() => {
                        record.chains.insert((family, table, name));
                    }
                    Kind::Remove => {
                        record.chains.remove(&(family, table, name));
                    }
                    _ => {}
                }
            }
            record.managed |= change.key.rules().is_some() && change.kind != Kind::Remove;
        }
        record
    }

    /// A parameter changes: what it was at first is kept until it is so again.
    fn original(&mut self, old: &State, new: &State) {
        let id = old.id();
        if self.originals.get(&id) == Some(new) {
            self.originals.remove(&id);
        } else {
            self.originals.entry(id).or_insert_with(|| old.clone());
        }
    }

    /// The same, with what others have made in the place of some objects, and the chains of the
    /// systems that netc stands in for.
    #[must_use]
    pub fn adopting<'s>(mut self, states: impl Iterator<Item = &'s State>, live: &Live) -> Record {
        self.managed = true;
        for state in states {
            let there = || live.states.contains_key(&state.id());
            match state {
                State::Netns(netns) if there() => {
                    self.netns.insert(Text::clone(&netns.name));
                }
                State::Virtual(server) if there() => {
                    self.virtuals.insert(server.address);
                }
                State::Address(own) if own.held && there() => {
                    self.addresses.insert(state.id());
                }
                State::Ruleset(own) => self.chains.extend(in_the_way(own, live)),
                State::Jump(own) if is_there(own, live) => {
                    self.rules.insert((own.family, own.table, own.line.clone()));
                }
                State::NftTable(table) if there() => {
                    self.tables.insert(table.key());
                }
                _ => {}
            }
        }
        self
    }

    /// What this one or another one remembers.
    #[must_use]
    pub fn joined(mut self, other: Record) -> Record {
        self.managed |= other.managed;
        self.netns.extend(other.netns);
        self.chains.extend(other.chains);
        self.virtuals.extend(other.virtuals);
        self.addresses.extend(other.addresses);
        self.tables.extend(other.tables);
        self.rules.extend(other.rules);
        self.parameters.extend(other.parameters);
        for (id, state) in other.originals {
            self.originals.entry(id).or_insert(state);
        }
        self
    }
}

/// Desired chains that are there, and are called like nobody's.
pub(super) fn in_the_way(
    own: &Ruleset,
    live: &Live,
) -> impl Iterator<Item = (Family, Table, ChainName)> {
    let (family, table) = (own.family, own.table);
    let names = own.names().filter(|name| system(name.as_str()).is_none());
    let there = names.filter(move |name| live.chain(family, table, name.as_str()).is_some());
    there.map(move |name| (family, table, *name))
}

/// Whether a rule that decides itself is in its built-in chain.
pub(super) fn is_there(rule: &Jump, live: &Live) -> bool {
    let found = live.chain(rule.family, rule.table, rule.hook.name()).unwrap_or_default();
    decides(&rule.line) && found.lines().any(|line| line == rule.line)
}

/// Whether a parameter is one of a device or namespace of netc's own.
fn is_own(sysctl: &Sysctl) -> bool {
    sysctl.netns != Netns::Node || matches!(sysctl.after, Some(Id::Link(..)))
}

fn state<'t>(thing: Option<&'t Thing<'_>>) -> Option<&'t State> {
    thing.and_then(Thing::state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{NftTable, VirtualServer};
    use crate::plan::{Target, converge};
    use std::borrow::Cow;

    #[test]
    fn tables_are_remembered_until_they_go() {
        let table = NftTable::new(Family::V6, "kube-proxy", None);
        let own = BTreeSet::from([table.key()]);
        let state = State::NftTable(table);
        let key = Key::Object(state.id());
        let mut live = Live::default();
        live.insert(state.clone(), true);
        let there = Thing::Object(Cow::Owned(state.clone()));
        let wanted = Target::new([(key.clone(), Some(there))].into_iter().collect());
        let made = Record::default().after(&converge(&wanted, &Live::default()));
        assert_eq!((&made.tables, made.managed), (&own, false));
        let gone = Target::new([(key, None)].into_iter().collect());
        assert_eq!(made.after(&converge(&gone, &live)), Record::default());
        assert_eq!(Record::default().joined(made).tables, own);
        assert_eq!(Record::default().adopting([&state].into_iter(), &live).tables, own);
        let none = Record::default().adopting([&state].into_iter(), &Live::default());
        assert!(none.tables.is_empty());
    }

    #[test]
    fn virtual_servers_are_remembered_until_they_go() {
        let server = VirtualServer::sample("10.96.0.1:80", "rr", &[]);
        let address = server.address;
        let server = State::Virtual(server);
        let key = Key::Object(server.id());
        let there = Thing::Object(Cow::Owned(server.clone()));
        let (empty, mut live) = (Live::default(), Live::default());
        live.insert(server.clone(), true);
        let wanted = Target::new([(key.clone(), Some(there))].into_iter().collect());
        let made = Record::default().after(&converge(&wanted, &empty));
        assert_eq!(made.virtuals, BTreeSet::from([address]));
        let gone = Target::new([(key, None)].into_iter().collect());
        assert_eq!(made.after(&converge(&gone, &live)), Record::default());
        let other = Record::default().joined(made.clone());
        assert_eq!(other.virtuals, made.virtuals);
        let adopted = Record::default().adopting([&server].into_iter(), &live);
        assert_eq!(adopted.virtuals, made.virtuals);
        let none = Record::default().adopting([&server].into_iter(), &empty);
        assert!(none.virtuals.is_empty());
    }
}
