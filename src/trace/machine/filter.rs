//! What netfilter of a node holds: rules of iptables and of nf_tables in the order in which a hook
//! passes them, sets, and virtual servers.

use crate::model::Family;
use crate::object::{Hook, Ipset, Object, SetName, State, Table, VirtualAddress, VirtualServer};
use crate::plan::LiveTable;
use crate::trace::verdict::{Judged, View};
use crate::trace::{Way, iptables, nft};
use netc_lang::Span;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The rules, sets and virtual servers of a node.
#[derive(Default, Debug)]
pub struct Netfilter {
    iptables: BTreeMap<(Family, Table), iptables::Rules>,
    nft: Vec<nft::Rules>,
    /// The sets that rules of iptables look into.
    pub sets: FxHashMap<SetName, Ipset>,
    /// The virtual servers, each with its statement.
    pub servers: BTreeMap<VirtualAddress, (VirtualServer, Span)>,
}

/// The rules that one hook passes at one time.
#[derive(Clone, Copy, Debug)]
pub struct Base<'f> {
    /// When: the least first.
    pub priority: i32,
    /// Whether only the first packet of a connection passes them, to be translated.
    pub nat: bool,
    rules: Rules<'f>,
}

#[derive(Clone, Copy, Debug)]
enum Rules<'f> {
    Iptables(&'f iptables::Rules, Hook),
    Nft(&'f nft::Rules, &'f str),
}

impl Netfilter {
    pub(super) fn add(&mut self, object: Object) {
        let origin = object.origin;
        match object.state {
            State::Ruleset(own) => self.table(own.family, own.table).add(own),
            State::Jump(jump) => self.table(jump.family, jump.table).jump(jump, origin),
            State::NftTable(table) => self.nft.push(nft::Rules::new(table)),
            State::Set(set) => {
                self.sets.insert(set.name, set);
            }
            State::Virtual(server) => {
                self.servers.insert(server.address, (server, origin));
            }
            _ => {}
        }
    }

    pub(super) fn finish(&mut self) {
        self.iptables.values_mut().for_each(iptables::Rules::finish);
    }

    /// The tables of iptables that were found on the node count, in place of those that were added;
    /// a table that is not among them is empty.
    pub fn observe(&mut self, found: &BTreeMap<(Family, Table), LiveTable>) {
        for (family, table) in found.keys() {
            self.table(*family, *table);
        }
        for (place, rules) in &mut self.iptables {
            rules.observe(found.get(place).cloned().unwrap_or_default());
        }
    }

    /// The tables of iptables.
    pub fn tables(&self) -> impl Iterator<Item = &iptables::Rules> {
        self.iptables.values()
    }

    fn table(&mut self, family: Family, table: Table) -> &mut iptables::Rules {
        self.iptables.entry((family, table)).or_insert_with(|| iptables::Rules::new(family, table))
    }

    /// What a hook passes, in order.
    #[must_use]
    pub fn bases(&self, family: Family, hook: Hook) -> Vec<Base<'_>> {
        let tables = self.iptables.range((family, Table::Raw)..=(family, Table::Nat));
        let tables = tables.filter(|(_, rules)| rules.has(hook)).map(|((_, table), rules)| {
            let (priority, nat) = (priority(*table, hook), *table == Table::Nat);
            Base { priority, nat, rules: Rules::Iptables(rules, hook) }
        });
        let nft = self.nft.iter().filter(|rules| rules.family() == family);
        let nft = nft.flat_map(|rules| {
            rules.bases(hook).map(move |(chain, base)| Base {
                priority: base.priority,
                nat: *base.kind == *"nat",
                rules: Rules::Nft(rules, chain),
            })
        });
        let mut all: Vec<Base> = tables.chain(nft).collect();
        all.sort_by_key(|base| base.priority);
        all
    }
}

impl Base<'_> {
    /// Lets a packet pass.
    #[must_use]
    pub fn pass(&self, way: Way, view: &View) -> Vec<Judged> {
        match self.rules {
            Rules::Iptables(rules, hook) => rules.pass(hook, way, view),
            Rules::Nft(rules, chain) => rules.pass(chain, way, view),
        }
    }
}

/// When a table of iptables has its turn (`enum nf_ip_hook_priorities` in linux/netfilter_ipv4.h).
fn priority(table: Table, hook: Hook) -> i32 {
    match (table, hook) {
        (Table::Raw, _) => -300,
        (Table::Mangle, _) => -150,
        (Table::Filter, _) => 0,
        (Table::Nat, Hook::Input | Hook::Postrouting) => 100,
        (Table::Nat, _) => -100,
    }
}
