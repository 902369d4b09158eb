//! The rules of a node, chain by chain: what `iptables -L -n` and `nft list ruleset` would show, each rule
//! with its statement.

mod line;

use super::Card;
use super::table::Table;
use crate::graph::Ordered;
use crate::model::{Family, Node};
use crate::object::{Hook, Lines, NftTable, Ruleset, State, Table as Kind};
use line::Columns;
use netc_lang::{Sources, Span};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The columns of rules of iptables.
const COLUMNS: &[&str] =
    &["#", "target", "prot", "in", "out", "source", "destination", "matches", "comment", "stated"];

/// The rules of a node; of one table, if that is named: `nat`, or one of nf_tables.
#[must_use]
pub fn rules(node: &Node, ordered: &Ordered, only: Option<&str>, sources: &Sources) -> Card {
    let of = only.map_or_else(String::new, |table| format!(" of table {table}"));
    let mut card = Card::new(format!("rules{of} on node {}", node.name), "node", &node.name);
    let mut out = Out { card: &mut card, sources, chains: Vec::new() };
    for family in Family::ALL {
        for kind in Kind::ALL {
            if only.is_none_or(|only| only == kind.name()) {
                iptables((family, kind), ordered, &mut out);
            }
        }
    }
    for node in &ordered.nodes {
        if let State::NftTable(table) = &node.object.state
            && only.is_none_or(|only| only == &*table.name || only == table.place())
        {
            nft(table, &mut out);
        }
    }
    let chains = std::mem::take(&mut out.chains);
    card.field("chains", json!(chains));
    card
}

/// The names of the tables that a node has.
#[must_use]
pub fn tables(ordered: &Ordered) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for node in &ordered.nodes {
        let name = match &node.object.state {
            State::Ruleset(own) => own.table.name().to_owned(),
            State::Jump(own) => own.table.name().to_owned(),
            State::NftTable(own) => own.name.to_string(),
            _ => continue,
        };
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

struct Out<'o> {
    card: &'o mut Card,
    sources: &'o Sources,
    /// For machines.
    chains: Vec<Value>,
}

impl Out<'_> {
    fn chain(&mut self, (family, table, name): (Family, &str, &str), more: &str, rules: Table) {
        self.chains.push(json!({
            "family": family.to_string(), "table": table, "chain": name, "rules": rules.json(),
        }));
        let title = format!("{family} {table} {name}{more}");
        if rules.is_empty() {
            let mut none = Table::new(&[""]);
            none.row(["empty".into()]);
            self.card.titled(title, none);
        } else {
            self.card.titled(title, rules);
        }
    }

    /// Rules as iptables-save prints them, as a table.
    fn table<'l>(&self, rules: impl Iterator<Item = (&'l str, Span)>) -> Table {
        let mut table = Table::new(COLUMNS);
        for (number, (line, origin)) in (1usize..).zip(rules) {
            let own = Columns::of(line);
            table.row([
                number.into(),
                own.target.into(),
                own.protocol.into(),
                own.in_device.into(),
                own.out_device.into(),
                own.source.into(),
                own.destination.into(),
                own.matches.into(),
                own.comment.into(),
                self.sources.locate(origin).into(),
            ]);
        }
        table
    }
}

/// The built-in chains of a table in which there is something, then all others by their names.
fn iptables((family, kind): (Family, Kind), ordered: &Ordered, out: &mut Out) {
    let states = || ordered.nodes.iter().map(|node| &node.object);
    for hook in Hook::ALL {
        let jumps = states().filter_map(|object| match &object.state {
            State::Jump(own) if (own.family, own.table, own.hook) == (family, kind, hook) => {
                Some((own.place, own.line.as_str(), object.origin))
            }
            _ => None,
        });
        let mut jumps: Vec<_> = jumps.collect();
        jumps.sort_by_key(|(place, ..)| *place);
        if !jumps.is_empty() {
            let rules = out.table(jumps.into_iter().map(|(_, line, origin)| (line, origin)));
            out.chain((family, kind.name(), hook.name()), "", rules);
        }
    }
    let own = states().find_map(|object| match &object.state {
        State::Ruleset(own) if (own.family, own.table) == (family, kind) => Some(own),
        _ => None,
    });
    let Some(ruleset) = own else { return };
    let references = references(ruleset, ordered);
    let mut chains: Vec<_> = ruleset.chains().collect();
    chains.sort_by_key(|chain| chain.name);
    for chain in chains {
        let name = chain.name.as_str();
        let more = match references.get(name) {
            Some(1) => " (1 reference)".to_owned(),
            Some(count) => format!(" ({count} references)"),
            None => " (0 references)".to_owned(),
        };
        let rules = out.table(chain.rules().map(|rule| (rule.line, rule.origin)));
        out.chain((family, kind.name(), name), &more, rules);
    }
}

/// How many rules lead to each chain.
fn references<'o>(ruleset: &'o Ruleset, ordered: &'o Ordered) -> BTreeMap<&'o str, usize> {
    let mut all = BTreeMap::new();
    let rules = ruleset.chains().flat_map(|chain| chain.rules().collect::<Vec<_>>());
    let rules = rules.filter_map(|rule| rule.target());
    let jumps = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::Jump(own) if (own.family, own.table) == (ruleset.family, ruleset.table) => {
            Some(own.to.as_str())
        }
        _ => None,
    });
    for target in rules.chain(jumps) {
        *all.entry(target).or_default() += 1;
    }
    all
}

/// The sets and chains of a table of nf_tables.
fn nft(table: &NftTable, out: &mut Out) {
    let place = table.place();
    let lines = |lines: &Lines, what: &'static [&'static str], sources: &Sources| {
        let mut table = Table::new(what);
        for (line, origin) in lines.with_origins() {
            table.row([line.into(), sources.locate(origin).into()]);
        }
        table
    };
    for set in &table.sets {
        let own = lines(&set.elements, &["element", "stated"], out.sources);
        let types: Vec<String> = set.properties().collect();
        let types = format!(" ({})", types.join("; "));
        out.chain((table.family, &place, &format!("{} {}", set.word(), set.name)), &types, own);
    }
    for chain in &table.chains {
        let own = lines(&chain.rules, &["rule", "stated"], out.sources);
        let base = chain.base.as_ref().map_or_else(String::new, |base| format!(" ({base})"));
        out.chain((table.family, &place, &format!("chain {}", chain.name)), &base, own);
    }
}
