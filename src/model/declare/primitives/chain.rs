//! Chains of iptables, and their rules.

use super::word;
use crate::model::{Condition, Family, PlainChain, PlainRule, Transport, Verdict, fault};
use crate::object::{Hook, Table};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Item, Marked, Protocol, Spanned, Translation, Value};
use std::ops::RangeInclusive;

/// `chain TABLE NAME [on HOOK [first|last], …] [family FAMILY] { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<PlainChain> {
    let table = item.one::<&str>("table")?;
    let table = Table::ALL.into_iter().find(|one| one.name() == table.value)?;
    let family = match item.one::<&str>("family").map(|family| family.value) {
        Some("ipv6") => Family::V6,
        _ => Family::V4,
    };
    Some(PlainChain {
        span: item.span,
        table,
        family,
        name: word(item, "name")?,
        on: hooks(item),
        rules: item.children("rule").filter_map(|item| rule(item, family, faults)).collect(),
    })
}

/// The built-in chains, and whether the jump stands first there: a position belongs to the hook
/// before it.
fn hooks(item: &Item) -> Vec<(Spanned<Hook>, bool)> {
    let mut all: Vec<(Spanned<Hook>, bool)> = Vec::new();
    for given in &item.arguments {
        let Value::Word(name) = &given.value else { continue };
        match given.field {
            "hook" => {
                let named = |hook: &Hook| hook.name().eq_ignore_ascii_case(name);
                let hook = Hook::ALL.into_iter().find(named);
                all.extend(hook.map(|hook| (Spanned::new(hook, given.span), false)));
            }
            "position" => {
                if let Some((_, first)) = all.last_mut() {
                    *first = name == "first";
                }
            }
            _ => {}
        }
    }
    all
}

/// `rule { … }`
fn rule(item: &Item, family: Family, faults: &mut Vec<Diagnostic>) -> Option<PlainRule> {
    let before = faults.len();
    let protocol = protocol(item);
    let mut conditions = hosts(item, family, faults);
    conditions.extend(devices(item));
    conditions.extend(protocol.map(|own| {
        let not = item.child("protocol").is_some_and(inverted);
        own.map(|protocol| Condition::Protocol(not, protocol))
    }));
    conditions.extend(ports(item, protocol, faults));
    conditions.extend(others(item, faults));
    let target = target(item, family, faults)?;
    let needs_ports = match &target.value {
        Verdict::Redirect(_) => Some("`redirect`"),
        Verdict::Snat(to) | Verdict::Dnat(to) => to.port.map(|_| "another port"),
        _ => None,
    };
    if let (Some(what), None) = (needs_ports, with_ports(item, protocol)) {
        faults.push(fault::without_protocol(what, target.span));
    }
    (faults.len() == before).then_some(PlainRule { span: item.span, conditions, target })
}

/// Conditions on where a packet comes from and where it goes.
fn hosts(item: &Item, family: Family, faults: &mut Vec<Diagnostic>) -> Vec<Spanned<Condition>> {
    type Make = fn(bool, IpNet) -> Condition;
    let both: [(&str, Make); 2] =
        [("source", Condition::Source), ("destination", Condition::Destination)];
    let mut all = Vec::new();
    for (keyword, make) in both {
        let Some(child) = item.child(keyword) else { continue };
        let Some(net) = child.one::<IpNet>("network") else { continue };
        if Family::of_net(net.value) != family {
            faults.push(fault::family_of_chain(net.span, family));
        } else if net.value.prefix_len() == 0 {
            faults.push(fault::everything(net));
        }
        all.push(Spanned::new(make(inverted(child), net.value), child.span));
    }
    all
}

/// Conditions on the devices that a packet goes by.
fn devices(item: &Item) -> impl Iterator<Item = Spanned<Condition>> {
    type Make = fn(bool, String) -> Condition;
    let both: [(&str, Make); 2] =
        [("in-interface", Condition::InInterface), ("out-interface", Condition::OutInterface)];
    both.into_iter().filter_map(|(keyword, make)| {
        let child = item.child(keyword)?;
        let device = word(child, "device")?.value;
        Some(Spanned::new(make(inverted(child), device), child.span))
    })
}

fn inverted(item: &Item) -> bool {
    item.given("not").is_some()
}

fn protocol(item: &Item) -> Option<Spanned<Transport>> {
    let stated = item.child("protocol")?.one::<&str>("protocol")?;
    Some(stated.map(|word| match word {
        "udp" => Transport::Ports(Protocol::Udp),
        "sctp" => Transport::Ports(Protocol::Sctp),
        "icmp" => Transport::Icmp,
        _ => Transport::Ports(Protocol::Tcp),
    }))
}

/// The protocol, if all that matches is of it and it has ports.
fn with_ports(item: &Item, protocol: Option<Spanned<Transport>>) -> Option<Protocol> {
    match protocol?.value {
        Transport::Ports(protocol) if !item.child("protocol").is_some_and(inverted) => {
            Some(protocol)
        }
        _ => None,
    }
}

fn ports(
    item: &Item,
    protocol: Option<Spanned<Transport>>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Spanned<Condition>> {
    let (from, to) = (item.child("source-port"), item.child("destination-port"));
    let first = from.or(to)?;
    let Some(protocol) = with_ports(item, protocol) else {
        faults.push(fault::without_protocol(&format!("`{}`", first.keyword), first.span));
        return None;
    };
    let read = |child: Option<&Item>| -> Option<(bool, RangeInclusive<u16>)> {
        let child = child?;
        Some((inverted(child), child.one("ports")?.value))
    };
    let condition = Condition::Ports { protocol, source: read(from), destination: read(to) };
    Some(Spanned::new(condition, first.span))
}

/// The states of connections in the order in which iptables-save prints them (libxt_conntrack.c).
const STATES: [(&str, &str); 7] = [
    ("invalid", "INVALID"),
    ("new", "NEW"),
    ("related", "RELATED"),
    ("established", "ESTABLISHED"),
    ("untracked", "UNTRACKED"),
    ("snat", "SNAT"),
    ("dnat", "DNAT"),
];

/// The types of addresses in iptables' words.
const TYPES: [(&str, &str); 4] = [
    ("local", "LOCAL"),
    ("unicast", "UNICAST"),
    ("broadcast", "BROADCAST"),
    ("multicast", "MULTICAST"),
];

/// The conditions that keep their order.
fn others(item: &Item, faults: &mut Vec<Diagnostic>) -> Vec<Spanned<Condition>> {
    let mut all = Vec::new();
    let kind = |child: &Item| {
        let word = child.one::<&str>("type")?;
        TYPES.into_iter().find(|(own, _)| *own == word.value).map(|(_, name)| name)
    };
    for keyword in ["source-type", "destination-type", "ctstate", "mark", "comment"] {
        let Some(child) = item.child(keyword) else { continue };
        let not = inverted(child);
        let condition = match keyword {
            "source-type" => kind(child).map(|kind| Condition::SourceType(not, kind)),
            "destination-type" => kind(child).map(|kind| Condition::DestinationType(not, kind)),
            "ctstate" => {
                let stated: Vec<&str> = child.all("state").map(|state| state.value).collect();
                let own = STATES.into_iter().filter(|(word, _)| stated.contains(word));
                Some(Condition::States(not, own.map(|(_, name)| name).collect()))
            }
            "mark" => child.one("mark").map(|mark| Condition::Mark(not, mark.value)),
            _ => child.one::<&str>("text").map(|text| {
                faults.extend(fault::text_too_long("comment", 255, text));
                Condition::Comment(text.value.to_owned())
            }),
        };
        all.extend(condition.map(|condition| Spanned::new(condition, child.span)));
    }
    all
}

/// The targets of rules.
const TARGETS: [&str; 12] = [
    "accept",
    "drop",
    "return",
    "reject",
    "jump",
    "masquerade",
    "snat",
    "dnat",
    "redirect",
    "set-mark",
    "log",
    "notrack",
];

/// The one target of a rule.
fn target(item: &Item, family: Family, faults: &mut Vec<Diagnostic>) -> Option<Spanned<Verdict>> {
    let mut all = item.items.iter().filter(|child| TARGETS.contains(&child.keyword));
    let Some(child) = all.next() else {
        faults.push(fault::rule_without_target(item.span));
        return None;
    };
    if let Some(other) = all.next() {
        faults.push(fault::two_targets(other.span, child.span));
        return None;
    }
    let to = child.one::<Translation>("to");
    if let Some(to) = to.filter(|to| Family::of(to.value.address) != family) {
        faults.push(fault::family_of_chain(to.span, family));
    }
    let to = to.map(|to| to.value);
    let mark = || child.one::<Marked>("mark").map(|mark| mark.value);
    let verdict = match child.keyword {
        "accept" => Verdict::Accept,
        "drop" => Verdict::Drop,
        "return" => Verdict::Return,
        "reject" => Verdict::Reject,
        "jump" => Verdict::Jump(word(child, "chain")?.value),
        "masquerade" => Verdict::Masquerade { random_fully: child.given("ports").is_some() },
        "snat" => Verdict::Snat(to?),
        "dnat" => Verdict::Dnat(to?),
        "redirect" => Verdict::Redirect(child.one("port")?.value),
        "set-mark" => Verdict::SetMark(mark()?),
        "log" => {
            let prefix = child.one::<&str>("prefix");
            faults.extend(prefix.and_then(|prefix| fault::text_too_long("prefix", 29, prefix)));
            Verdict::Log(prefix.map(|prefix| prefix.value.to_owned()))
        }
        _ => Verdict::NoTrack,
    };
    Some(Spanned::new(verdict, child.span))
}
