//! Plans and changes for people: one command a line, with the statement that asked for it.

use super::{Action, Change};
use crate::emit::{command, rule_line, shown, shown_connected};
use crate::graph::{Node as Place, Ordered};
use crate::model::{Family, Node};
use crate::object::{Id, Netns, State};
use ipnet::IpNet;
use netc_lang::{Sources, Span};
use std::fmt::Write;

/// Where the position stands, if the command leaves room.
const COLUMN: usize = 88;

/// How much of the rules is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// A line for each chain.
    Operations,
    /// A line for each rule too.
    Rules,
}

/// The plan from an empty node: `plan.txt`. Lines that do not begin with `#` are commands.
#[must_use]
pub fn plan(node: &Node, ordered: &Ordered, sources: &Sources, detail: Detail) -> String {
    let mut out = heading(node);
    let count = ordered.nodes.iter().filter(|place| command(&place.object.state).is_some()).count();
    line(&mut out, &format!("# {count} operations"));
    for place in &ordered.nodes {
        if let State::Underlay(underlay) = &place.object.state {
            let with: Vec<String> = underlay.addresses.iter().map(ToString::to_string).collect();
            let text = format!("# needs device {} with {}", underlay.name, with.join(", "));
            positioned(&mut out, &text, place.object.origin, sources);
        }
    }
    let mut section = "";
    for place in &ordered.nodes {
        let own = self::section(place);
        if own != section && command(&place.object.state).is_some() {
            line(&mut out, &format!("\n# {own}"));
            section = own;
        }
        operation(&mut out, "", place, sources, detail);
    }
    routes(&mut out, node, ordered);
    out
}

/// A set of changes: `+` makes, `~` changes in place, `!` removes and makes anew.
#[must_use]
pub fn changes(ordered: &Ordered, changes: &[Change], sources: &Sources) -> String {
    let mut out = String::new();
    for change in changes {
        let Some(place) = ordered.nodes.get(change.place) else { continue };
        let (mark, was) = match &change.action {
            Action::Create => ("+ ", ""),
            Action::Update(was) => ("~ ", was.as_str()),
            Action::Replace(was) => ("! ", was.as_str()),
        };
        operation(&mut out, mark, place, sources, Detail::Operations);
        if !was.is_empty() {
            line(&mut out, &format!("      {was}"));
        }
    }
    out
}

/// What an operation belongs to, as a heading.
fn section(place: &Place) -> &'static str {
    match &place.object.state {
        State::Underlay(_) => "",
        State::Module(_) => "parameters",
        State::Sysctl(sysctl) if !matches!(sysctl.after, Some(Id::Link(..))) => "parameters",
        State::Sysctl(_)
        | State::Netns(_)
        | State::Link(_)
        | State::Port(_)
        | State::Address(_)
        | State::Up(_) => "devices",
        State::Neighbour(_) | State::Fdb(_) | State::Route(_) => "routes",
        State::Chain(chain) => match chain.family {
            Family::V4 => "IPv4 chains",
            Family::V6 => "IPv6 chains",
        },
        State::Jump(jump) => match jump.family {
            Family::V4 => "IPv4 jumps",
            Family::V6 => "IPv6 jumps",
        },
    }
}

fn heading(node: &Node) -> String {
    let mut out = format!("# {}", node.name);
    let addresses: Vec<String> =
        node.addresses.values().map(|own| own.address.to_string()).collect();
    let blocks: Vec<String> = node.blocks.values().map(ToString::to_string).collect();
    let parts = [
        (!addresses.is_empty()).then(|| addresses.join(", ")),
        node.device.as_ref().map(|device| format!("on {device}")),
        (!blocks.is_empty()).then(|| format!("pods {}", blocks.join(", "))),
        node.zone.as_ref().map(|zone| format!("zone {zone}")),
    ];
    for part in parts.into_iter().flatten() {
        out.push_str(&format!("  {part}"));
    }
    out.push('\n');
    out
}

/// One operation and, if asked for, the rules of a chain.
fn operation(out: &mut String, mark: &str, place: &Place, sources: &Sources, detail: Detail) {
    let Some(command) = command(&place.object.state) else { return };
    let State::Chain(chain) = &place.object.state else {
        return positioned(out, &format!("{mark}{command}"), place.object.origin, sources);
    };
    if detail == Detail::Operations {
        let rules = match chain.rules.len() {
            0 => String::new(),
            1 => "  # 1 rule".to_owned(),
            count => format!("  # {count} rules"),
        };
        return positioned(out, &format!("{mark}{command}{rules}"), place.object.origin, sources);
    }
    positioned(out, &format!("{mark}{command}"), place.object.origin, sources);
    let tool = if chain.family == Family::V4 { "iptables" } else { "ip6tables" };
    for rule in chain.rules.iter() {
        let rule_text = rule_line(chain.family, chain.name.as_str(), rule);
        let text = format!("{mark}{tool} -t {} {rule_text}", chain.table);
        positioned(out, &text, rule.origin, sources);
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
fn positioned(out: &mut String, text: &str, at: Span, sources: &Sources) {
    line(out, &format!("{text:COLUMN$}  # {}", sources.locate(at)));
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
