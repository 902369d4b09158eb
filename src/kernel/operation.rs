//! Objects as netlink requests: what makes, changes or removes each.

use super::error::KernelError;
use super::machine::Machine;
use super::socket;
use super::{address, device, generic, ipvs, neighbour, policy, route, wireguard};
use crate::object::{Netns, State, VirtualServer};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::RouteNetlinkMessage as Message;
use std::mem::discriminant;

/// What is done with an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    /// It is not there.
    Make,
    /// It is there, but differs in what can be changed in place.
    Change,
    /// It goes, as it is described.
    Remove,
}

/// A netlink request in a namespace.
pub(super) struct Request {
    /// Where.
    pub(super) netns: Netns,
    /// What.
    pub(super) message: Packet,
    /// How (`NLM_F_…`).
    pub(super) flags: u16,
}

/// A message of one of the protocols.
pub(super) enum Packet {
    /// About devices, addresses, routes and entries (rtnetlink(7)).
    Route(Message),
    /// About virtual servers.
    Generic(generic::Message),
}

impl From<Message> for Packet {
    fn from(message: Message) -> Packet {
        Packet::Route(message)
    }
}

impl From<generic::Message> for Packet {
    fn from(message: generic::Message) -> Packet {
        Packet::Generic(message)
    }
}

/// The requests of an operation, in order; `None` for what is not done by netlink. What changes is
/// as it was found, if that is known.
///
/// Addresses, entries, routes, bridges to join and the device below a vxlan device go by index:
/// their device must be there. A device that is made by a request is there when this was run.
///
/// # Errors
/// There is no such device or namespace.
pub(super) fn requests(
    machine: &mut Machine,
    state: &State,
    action: Action,
    found: Option<&State>,
) -> Result<Option<Vec<Request>>, KernelError> {
    let replace = NLM_F_CREATE | NLM_F_REPLACE;
    let new_neighbour = (Message::NewNeighbour as fn(_) -> _, replace);
    let (netns, (message, flags)) = match (state, action) {
        (State::Link(link), Action::Make) => return device::create(machine, link).map(Some),
        (State::Link(link), Action::Change) => return Ok(Some(device::update(link, found))),
        (State::Link(link), Action::Remove) => {
            return Ok(Some(vec![device::remove(&link.netns, &link.name)]));
        }
        (State::Port(port), Action::Remove) => return Ok(Some(vec![device::leave(port)])),
        (State::Port(port), _) => return device::join(machine, port, found).map(Some),
        (State::Up(up), _) => {
            return Ok(Some(vec![device::set_up(up, action != Action::Remove)]));
        }
        (State::Wireguard(own), _) => return wireguard::device(machine, own, action).map(Some),
        (State::WireguardPeer(own), _) => return wireguard::peer(machine, own, action).map(Some),
        (State::Address(address), _) => {
            let message = address::message(machine, address)?;
            let new = NLM_F_CREATE | NLM_F_EXCL;
            let message = turned(action, message, (Message::NewAddress, new), Message::DelAddress);
            (&address.netns, message)
        }
        (State::Neighbour(entry), _) => {
            let message = neighbour::message(machine, entry)?;
            (&entry.netns, turned(action, message, new_neighbour, Message::DelNeighbour))
        }
        (State::Fdb(entry), _) => {
            let message = neighbour::fdb_message(machine, entry)?;
            (&entry.netns, turned(action, message, new_neighbour, Message::DelNeighbour))
        }
        (State::Route(route), _) => {
            let message = route::message(machine, route)?;
            let message = turned(action, message, (Message::NewRoute, replace), Message::DelRoute);
            (&route.netns, message)
        }
        (State::PolicyRule(rule), _) => {
            let message = policy::message(rule);
            let new = (Message::NewRule as fn(_) -> _, NLM_F_CREATE | NLM_F_EXCL);
            (&rule.netns, turned(action, message, new, Message::DelRule))
        }
        (State::Virtual(server), _) => {
            let found = found.and_then(virtual_server);
            return ipvs::requests(machine, server, action, found).map(Some);
        }
        (
            State::Underlay(_)
            | State::Module(_)
            | State::Sysctl(_)
            | State::Netns(_)
            | State::Set(_)
            | State::Balancer(_)
            | State::NftTable(_)
            | State::Ruleset(_)
            | State::Jump(_)
            | State::Flush(_),
            _,
        ) => return Ok(None),
    };
    Ok(Some(vec![Request { netns: netns.clone(), message: message.into(), flags }]))
}

/// A message about an object as the request that removes it, or makes it with some flags.
fn turned<M>(
    action: Action,
    message: M,
    (make, flags): (fn(M) -> Message, u16),
    remove: fn(M) -> Message,
) -> (Message, u16) {
    match action {
        Action::Remove => (remove(message), 0),
        Action::Make | Action::Change => (make(message), flags),
    }
}

fn virtual_server(state: &State) -> Option<&VirtualServer> {
    match state {
        State::Virtual(server) => Some(server),
        _ => None,
    }
}

/// Carries out requests in order, those of one namespace and protocol that stand together in
/// batches. The first that failed, by its place; what became of others is as with
/// [`socket::Socket::batch`].
pub(super) fn run(machine: &mut Machine, requests: &[Request]) -> Result<(), (usize, KernelError)> {
    let mut done = 0;
    let mut result = Ok(());
    let together = |one: &Request, next: &Request| {
        one.netns == next.netns && discriminant(&one.message) == discriminant(&next.message)
    };
    for part in requests.chunk_by(together) {
        let Some(first) = part.first() else { continue };
        let netns = &first.netns;
        result = match &first.message {
            Packet::Route(_) => send(machine, netns, part, |packet| match packet {
                Packet::Route(message) => Some(message),
                Packet::Generic(_) => None,
            }),
            Packet::Generic(_) => send(machine, netns, part, |packet| match packet {
                Packet::Generic(message) => Some(message),
                Packet::Route(_) => None,
            }),
        };
        if result.is_err() {
            break;
        }
        done += part.len();
    }
    // A failure may come from an index that no longer holds.
    let removed = |request: &Request| matches!(request.message, Packet::Route(Message::DelLink(_)));
    if result.is_err() || requests.iter().any(removed) {
        machine.forget_devices();
    }
    result.map_err(|(place, error)| (done + place, error))
}

/// Sends the messages of requests that are all of one protocol and namespace.
fn send<'r, M: socket::Message + 'r>(
    machine: &mut Machine,
    netns: &Netns,
    part: &'r [Request],
    message: impl Fn(&'r Packet) -> Option<&'r M>,
) -> Result<(), (usize, KernelError)> {
    let all = part.iter().filter_map(|one| message(&one.message).map(|two| (two, one.flags)));
    machine.socket(netns).map_err(|error| (0, error)).and_then(|socket| socket.batch(all))
}
