//! Things in the words of the tool that would show them.

use crate::emit;
use crate::graph::{Item, PartKind};
use crate::object::State;

/// The lines that show an item.
pub(super) fn item(item: &Item) -> Vec<String> {
    match item {
        Item::Object(object) => self::object(&object.state),
        Item::Chain(chain) => chain.rules().map(|rule| rule.line.to_owned()).collect(),
        Item::Part(part) => {
            let head = match part.kind {
                PartKind::Chain(chain) => chain.base.as_ref().map(ToString::to_string),
                PartKind::Set(set) => Some(set.properties().collect::<Vec<_>>().join("; ")),
            };
            head.into_iter().chain(part.lines().iter().map(str::to_owned)).collect()
        }
    }
}

/// The lines that show an object: routes as `ip route` prints them, the others as the commands that make
/// them.
pub(super) fn object(state: &State) -> Vec<String> {
    match state {
        State::Route(route) => vec![emit::shown(route)],
        State::Address(address) => {
            let route = emit::shown_connected(address);
            emit::command(state)
                .into_iter()
                .chain(route.map(|route| format!("{route}  (with it)")))
                .collect()
        }
        State::Jump(jump) => vec![jump.line.clone()],
        State::Underlay(own) => {
            let addresses: Vec<String> = own.addresses.iter().map(ToString::to_string).collect();
            vec![format!("{} with {}, which netc does not make", own.name, addresses.join(", "))]
        }
        State::Set(_) | State::Virtual(_) => {
            emit::command(state).into_iter().chain(emit::parts(state)).collect()
        }
        _ => emit::command(state).into_iter().collect(),
    }
}
