//! What things need, and what needs them.

use super::find::{Found, Inner};
use crate::graph::{Item, PartKind, Placed};
use crate::object::{Reference, State, references};

/// The items that something needs, by their names.
pub(super) fn needs(found: &Found, items: &[Placed]) -> Vec<String> {
    let Some(placed) = items.get(found.place) else { return Vec::new() };
    let all = placed.needs.iter().filter_map(|need| items.get(*need as usize));
    match found.inner {
        Inner::Whole => all.map(|need| need.item.to_string()).collect(),
        // Of what its chain needs, that which the line names.
        Inner::Line(_, line, _) => all
            .filter(|need| line_names(line, &need.item))
            .map(|need| need.item.to_string())
            .collect(),
        Inner::Member(_) | Inner::Real(_) => Vec::new(),
    }
}

/// Whether a rule or an element names an item: leads to it, or looks into it.
fn line_names(line: &str, item: &Item) -> bool {
    match item {
        Item::Chain(chain) => crate::object::target(line) == Some(chain.name.as_str()),
        Item::Part(part) => references(line).any(|name| match (name, part.kind) {
            (Reference::Chain(name), PartKind::Chain(chain)) => chain.name == name,
            (Reference::Set(name), PartKind::Set(set)) => set.name == name,
            _ => false,
        }),
        Item::Object(object) => match &object.state {
            State::Set(set) => line
                .split(" --match-set ")
                .skip(1)
                .any(|rest| rest.split(' ').next() == Some(set.name.as_str())),
            _ => false,
        },
    }
}

/// What needs it: of chains and sets the rules that lead there or look into them, of the others the
/// items by their names. What is part of something is in the way of that.
pub(super) fn needed_by(found: &Found, items: &[Placed]) -> Vec<String> {
    let Some(own) = items.get(found.place) else { return Vec::new() };
    if found.inner != Inner::Whole {
        return vec![own.item.to_string()];
    }
    let place = u32::try_from(found.place).unwrap_or(u32::MAX);
    let mut all = Vec::new();
    for placed in items.iter().filter(|placed| placed.needs.binary_search(&place).is_ok()) {
        let lines = leading(&placed.item, &own.item);
        match lines.is_empty() {
            true => all.push(placed.item.to_string()),
            false => all.extend(lines),
        }
    }
    all
}

/// The rules and elements of an item that name another one.
fn leading(item: &Item, to: &Item) -> Vec<String> {
    match item {
        Item::Chain(chain) => {
            let rules = chain.rules().filter(|rule| line_names(rule.line, to));
            rules.map(|rule| rule.line.to_owned()).collect()
        }
        Item::Part(part) => {
            let name = match part.kind {
                PartKind::Set(set) => &set.name,
                PartKind::Chain(chain) => &chain.name,
            };
            let lines = part.lines().iter().filter(|line| line_names(line, to));
            lines.map(|line| format!("{name}: {line}")).collect()
        }
        Item::Object(object) => match &object.state {
            State::Jump(jump) => vec![jump.line.clone()],
            _ => Vec::new(),
        },
    }
}
