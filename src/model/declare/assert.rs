//! `assert` and `checks` statements.

use crate::model::{Assert, Carried, Check, Family, Via, fault};
use netc_lang::{Diagnostic, Item, Party, Protocol, Span, Spanned};
use std::collections::BTreeSet;

/// `assert FROM reaches|cannot-reach TO { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<Assert> {
    let party = |field: &str| item.one::<&Party>(field).map(|party| party.map(Party::clone));
    let verb = item.one::<&str>("verb")?;
    let word =
        |keyword: &str, field: &str| item.child(keyword).and_then(|item| item.one::<&str>(field));
    let flag = |keyword: &str| item.child(keyword).map(|item| item.span);
    let assert = Assert {
        span: item.span,
        from: party("from")?,
        reaches: verb.value == "reaches",
        to: party("to")?,
        carried: word("proto", "protocol").map(|protocol| protocol.map(carried)),
        family: word("family", "family").map(|family| family.map(family_of)),
        through: word("through", "node").map(|node| node.map(str::to_owned)),
        via: item.children("via").filter_map(|item| via(item, faults)).collect(),
        keeps_source: flag("keeps-source"),
        same_node: flag("same-node"),
    };
    if !assert.reaches {
        without_effect(&assert, faults);
    }
    Some(assert)
}

/// What can be said only of packets that get to somebody.
fn without_effect(assert: &Assert, faults: &mut Vec<Diagnostic>) {
    let via = assert.via.iter().map(|via| ("via", via.span));
    let flags = [("keeps-source", assert.keeps_source), ("same-node", assert.same_node)];
    let flags = flags.into_iter().filter_map(|(word, at)| Some((word, at?)));
    let all: Vec<(&str, Span)> = via.chain(flags).collect();
    faults.extend(all.into_iter().map(|(word, at)| fault::of_what_reaches(word, at)));
}

fn carried(word: &str) -> Carried {
    match word {
        "icmp" => Carried::Echo,
        "udp" => Carried::Ports(Protocol::Udp),
        "sctp" => Carried::Ports(Protocol::Sctp),
        _ => Carried::Ports(Protocol::Tcp),
    }
}

fn family_of(word: &str) -> Family {
    if word == "ipv6" { Family::V6 } else { Family::V4 }
}

/// `via node|device NAME [on NODE]`
fn via(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<Spanned<Via>> {
    let kind = item.one::<&str>("kind")?.value;
    let name = item.one::<&str>("name")?.value.to_owned();
    let on = item.one::<&str>("node");
    let via = match (kind, on) {
        ("node", Some(on)) => {
            faults.push(fault::node_on_node(on.span));
            return None;
        }
        ("node", None) => Via::Node(name),
        (_, on) => Via::Device { name, node: on.map(|on| on.value.to_owned()) },
    };
    Some(Spanned::new(via, item.span))
}

/// `checks { NAME off; … }`: those that are switched off.
pub(super) fn checks<'i>(items: impl Iterator<Item = &'i Item>) -> BTreeSet<Check> {
    let stated = items.flat_map(|item| &item.items);
    let off = stated.filter(|item| item.one::<bool>("switch").is_some_and(|switch| !switch.value));
    off.filter_map(|item| Check::find(item.keyword)).collect()
}
