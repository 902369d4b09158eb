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

impl Request {
    /// The request that makes an object, or changes what is there under its name, with some flags; or
    /// the one that removes it. One message names it for all of them.
    pub(super) fn new<M>(
        action: Action,
        netns: &Netns,
        message: M,
        (make, flags): (fn(M) -> Message, u16),
        remove: fn(M) -> Message,
    ) -> Request {
        let (message, flags) = match action {
            Action::Make | Action::Change => (make(message), flags),
            Action::Remove => (remove(message), 0),
        };
        Request { netns: netns.clone(), message: message.into(), flags }
    }
}

/// The flags of what must not be there yet.
pub(super) const NEW: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// The flags of what takes the place of its like.
pub(super) const REPLACE: u16 = NLM_F_CREATE | NLM_F_REPLACE;

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
    let removes = action == Action::Remove;
    Ok(Some(match state {
        State::Link(own) => device::requests(machine, own, action, found)?,
        State::Port(own) if removes => vec![device::leave(own)],
        State::Port(own) => device::join(machine, own, found)?,
        State::Up(own) => vec![device::set_up(own, !removes)],
        State::Address(own) => vec![address::request(machine, own, action)?],
        State::Neighbour(own) => vec![neighbour::request(machine, own, action)?],
        State::Fdb(own) => vec![neighbour::fdb_request(machine, own, action)?],
        State::Route(own) => vec![route::request(machine, own, action)?],
        State::PolicyRule(own) => vec![policy::request(own, action)],
        State::Wireguard(own) => wireguard::device(machine, own, action)?,
        State::WireguardPeer(own) => wireguard::peer(machine, own, action)?,
        State::Virtual(own) => {
            ipvs::requests(machine, own, action, found.and_then(virtual_server))?
        }
        State::Underlay(_)
        | State::Module(_)
        | State::Sysctl(_)
        | State::Netns(_)
        | State::Set(_)
        | State::Balancer(_)
        | State::NftTable(_)
        | State::Ruleset(_)
        | State::Jump(_)
        | State::Flush(_) => return Ok(None),
    }))
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
