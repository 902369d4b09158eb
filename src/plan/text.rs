//! Plans and changes for people: one command a line, with the statement that asked for it.

use super::hooks::hooks;
use crate::emit::{
    self, chain_command, count_lines, element_command, nft_chain_command, nft_rule_command,
    rule_command, set_command, shown, shown_connected,
};
use crate::graph::{self, Item, Ordered, Part, PartKind};
use crate::model::{Family, Node};
use crate::object::{Chain, Id, Netns, Object, State};
use ipnet::IpNet;
use netc_lang::{Sources, Span};
use std::fmt::Write;

/// Where the position stands, if the command leaves room.
const COLUMN: usize = 88;

/// The usual length of a line.
const LINE: usize = COLUMN + 20;

/// How much of the rules is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// A line for each chain and set.
    Operations,
    /// A line for each rule and element too.
    Rules,
}

/// The plan from an empty node: `plan.txt`. Lines that do not begin with `#` are commands.
#[must_use]
pub fn plan(node: &Node, ordered: &Ordered, sources: &Sources, detail: Detail) -> String {
    let mut out = heading(node);
    let count: usize = ordered.nodes.iter().map(|place| operations(&place.object)).sum();
    out.reserve(count * LINE);
    line(&mut out, &format!("# {count} operations"));
    for place in &ordered.nodes {
        if let State::Underlay(underlay) = &place.object.state {
            let with: Vec<String> = underlay.addresses.iter().map(ToString::to_string).collect();
            let text = format!("# needs device {} with {}", underlay.name, with.join(", "));
            at(&mut out, &text, place.object.origin, sources);
        }
    }
    let mut section = "";
    for item in graph::items(ordered) {
        let own = self::section(&item);
        if own != section && command(&item).is_some() {
            line(&mut out, &format!("\n# {own}"));
            section = own;
        }
        operation(&mut out, &item, sources, detail);
    }
    routes(&mut out, node, ordered);
    for family in Family::ALL {
        let remarks = hooks(family, ordered);
        if !remarks.is_empty() {
            line(&mut out, &format!("\n# {family} hooks"));
        }
        remarks.iter().for_each(|remark| line(&mut out, &format!("# {remark}")));
    }
    out
}

/// The command that makes an item; `None` for what netc does not make.
#[must_use]
pub fn command(item: &Item) -> Option<String> {
    match item {
        Item::Object(object) => emit::command(&object.state),
        Item::Chain(chain) => Some(chain_command(chain.family, chain.table, chain.name.as_str())),
        Item::Part(part) => Some(match part.kind {
            PartKind::Set(set) => set_command(part.table, set),
            PartKind::Chain(chain) => nft_chain_command(part.table, chain),
        }),
    }
}

/// How many operations make an object.
fn operations(object: &Object) -> usize {
    match &object.state {
        State::Ruleset(ruleset) => ruleset.names().count(),
        State::NftTable(table) => 1 + table.sets.len() + table.chains.len(),
        state => usize::from(emit::command(state).is_some()),
    }
}

/// What an operation belongs to, as a heading.
fn section(item: &Item) -> &'static str {
    let tables = |family| match family {
        Family::V4 => "IPv4 tables",
        Family::V6 => "IPv6 tables",
    };
    let object = match item {
        Item::Object(object) => object,
        Item::Chain(Chain { family: Family::V4, .. }) => return "IPv4 chains",
        Item::Chain(Chain { family: Family::V6, .. }) => return "IPv6 chains",
        Item::Part(part) => return tables(part.table.family),
    };
    match &object.state {
        State::Underlay(_) | State::Ruleset(_) => "",
        State::Module(_) => "parameters",
        State::Sysctl(sysctl) if !matches!(sysctl.after, Some(Id::Link(..))) => "parameters",
        State::Address(address) if !address.after.is_empty() => "virtual servers",
        State::Sysctl(_)
        | State::Netns(_)
        | State::Link(_)
        | State::Port(_)
        | State::Wireguard(_)
        | State::Address(_)
        | State::Up(_) => "devices",
        State::Neighbour(_)
        | State::Fdb(_)
        | State::WireguardPeer(_)
        | State::Route(_)
        | State::PolicyRule(_) => "routes",
        State::Set(_) => "sets",
        State::Balancer(_) => "programs",
        State::NftTable(table) => tables(table.family),
        State::Virtual(_) => "virtual servers",
        State::Jump(jump) => match jump.family {
            Family::V4 => "IPv4 jumps",
            Family::V6 => "IPv6 jumps",
        },
        State::Flush(flush) => match flush.family {
            Family::V4 => "IPv4 stale connections",
            Family::V6 => "IPv6 stale connections",
        },
    }
}

fn heading(node: &Node) -> String {
    let mut out = format!("# {}", node.name);
    let addresses: Vec<String> = node.addresses.iter().map(|own| own.address.to_string()).collect();
    let blocks: Vec<String> = node.blocks.values().map(ToString::to_string).collect();
    let mut devices: Vec<&str> =
        node.addresses.iter().filter_map(|own| own.device.as_deref()).collect();
    devices.dedup();
    let parts = [
        (!addresses.is_empty()).then(|| addresses.join(", ")),
        (!devices.is_empty()).then(|| format!("on {}", devices.join(", "))),
        (!blocks.is_empty()).then(|| format!("pods {}", blocks.join(", "))),
        node.zone.as_ref().map(|zone| format!("zone {zone}")),
    ];
    for part in parts.into_iter().flatten() {
        out.push_str(&format!("  {part}"));
    }
    out.push('\n');
    out
}

/// One operation and, if asked for, the rules of a chain or the elements of a set.
fn operation(out: &mut String, item: &Item, sources: &Sources, detail: Detail) {
    let Some(command) = command(item) else { return };
    let remark = match item {
        Item::Object(object) => emit::remark(&object.state),
        _ => None,
    };
    let remark = remark.or_else(|| count(item).filter(|_| detail == Detail::Operations));
    let remark = remark.map_or_else(String::new, |remark| format!("  # {remark}"));
    at(out, &format!("{command}{remark}"), item.origin(), sources);
    match item {
        _ if detail == Detail::Operations => {}
        Item::Part(part) => lines(out, part, sources),
        Item::Chain(chain) => {
            for rule in chain.rules() {
                let command = rule_command(chain.family, chain.table, rule.line);
                at(out, &command, rule.origin, sources);
            }
        }
        Item::Object(object) => parts(out, object, sources),
    }
}

/// How much there is in it.
fn count(item: &Item) -> Option<String> {
    match item {
        Item::Object(object) => emit::count(&object.state),
        Item::Chain(chain) => match chain.rules().len() {
            0 => None,
            1 => Some("1 rule".to_owned()),
            count => Some(format!("{count} rules")),
        },
        Item::Part(Part { kind: PartKind::Chain(chain), .. }) => count_lines(&chain.rules, "rule"),
        Item::Part(Part { kind: PartKind::Set(set), .. }) => count_lines(&set.elements, "element"),
    }
}

/// The rules of a chain of nf_tables, the elements of a set.
fn lines(out: &mut String, part: &Part, sources: &Sources) {
    for (text, origin) in part.lines().with_origins() {
        let command = match part.kind {
            PartKind::Set(set) => element_command(part.table, set, text),
            PartKind::Chain(chain) => nft_rule_command(part.table, chain, text),
        };
        at(out, &command, origin, sources);
    }
}

/// The members of a set, and the real servers of a virtual one with the statements behind them.
fn parts(out: &mut String, object: &Object, sources: &Sources) {
    let own = match &object.state {
        State::Virtual(server) => &*server.origins.0,
        // Its parts are items of their own.
        State::NftTable(_) => return,
        _ => &[],
    };
    let mut origins = own.iter().copied();
    for part in emit::parts(&object.state) {
        at(out, &part, origins.next().unwrap_or(object.origin), sources);
    }
}

/// The routes of the main table as `ip route` will show them: netc's, and those that come with
/// the addresses.
fn routes(out: &mut String, node: &Node, ordered: &Ordered) {
    let all = ordered.nodes.iter().filter_map(|place| match &place.object.state {
        State::Route(route) if route.netns == Netns::Node => {
            Some((route.destination, shown(route)))
        }
        State::Address(address) if address.netns == Netns::Node => {
            shown_connected(address).map(|text| (address.address.trunc(), text))
        }
        _ => None,
    });
    let mut all: Vec<(IpNet, String)> = all.collect();
    if all.is_empty() {
        return;
    }
    all.sort();
    line(out, &format!("\n# routes of {} afterwards, beside those of its own network", node.name));
    for (_, route) in all {
        line(out, &format!("# {route}"));
    }
}

/// A line with the position of its statement.
fn at(out: &mut String, text: &str, at: Span, sources: &Sources) {
    positioned(out, text, Some(&sources.locate(at).to_string()));
}

/// A line with a position, if there is one.
pub(crate) fn positioned(out: &mut String, text: &str, position: Option<&str>) {
    match position {
        Some(position) => line(out, &format!("{text:COLUMN$}  # {position}")),
        None => line(out, text),
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
