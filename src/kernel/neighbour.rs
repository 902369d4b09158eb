//! Neighbour and forwarding entries over netlink: one kind of message for both
//! (rtnetlink(7); the latter have the family AF_BRIDGE).

use super::error::KernelError;
use super::link;
use super::machine::Machine;
use super::operation::{Action, REPLACE, Request};
use super::socket::Socket;
use crate::object::{Fdb, Neighbour, Netns};
use netc_lang::Mac;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use std::net::IpAddr;

/// A permanent entry as it was found.
#[derive(Clone, Debug)]
pub(super) struct FoundEntry {
    pub(super) device: u32,
    pub(super) address: IpAddr,
    pub(super) mac: Mac,
}

/// The request that makes a neighbour entry or takes it away.
pub(super) fn request(
    machine: &mut Machine,
    neighbour: &Neighbour,
    action: Action,
) -> Result<Request, KernelError> {
    let Neighbour { netns, link: device, address, mac } = neighbour;
    let family = match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    let index = link::index(machine, netns, device)?;
    let message = entry(family, index, *address, *mac, NeighbourFlags::empty());
    Ok(permanent(netns, message, action))
}

/// The request that makes a forwarding entry or takes it away.
pub(super) fn fdb_request(
    machine: &mut Machine,
    fdb: &Fdb,
    action: Action,
) -> Result<Request, KernelError> {
    let Fdb { netns, link: device, mac, destination } = fdb;
    let index = link::index(machine, netns, device)?;
    let message = entry(AddressFamily::Bridge, index, *destination, *mac, NeighbourFlags::Own);
    Ok(permanent(netns, message, action))
}

fn permanent(netns: &Netns, message: NeighbourMessage, action: Action) -> Request {
    let make = (Message::NewNeighbour as fn(_) -> _, REPLACE);
    Request::new(action, netns, message, make, Message::DelNeighbour)
}

fn entry(
    family: AddressFamily,
    index: u32,
    address: IpAddr,
    mac: Mac,
    flags: NeighbourFlags,
) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = family;
    message.header.ifindex = index;
    message.header.state = NeighbourState::Permanent;
    message.header.flags = flags;
    let destination = match address {
        IpAddr::V4(address) => NeighbourAddress::Inet(address),
        IpAddr::V6(address) => NeighbourAddress::Inet6(address),
    };
    message.attributes.push(NeighbourAttribute::Destination(destination));
    message.attributes.push(NeighbourAttribute::LinkLayerAddress(mac.0.to_vec()));
    message
}

/// All permanent neighbour entries of a namespace.
pub(super) fn list(socket: &mut Socket<Message>) -> Result<Vec<FoundEntry>, KernelError> {
    let mut all = dump(socket, AddressFamily::Inet)?;
    all.extend(dump(socket, AddressFamily::Inet6)?);
    Ok(all)
}

/// All permanent forwarding entries of devices of a namespace, with their destinations.
pub(super) fn list_fdb(socket: &mut Socket<Message>) -> Result<Vec<FoundEntry>, KernelError> {
    dump(socket, AddressFamily::Bridge)
}

fn dump(
    socket: &mut Socket<Message>,
    family: AddressFamily,
) -> Result<Vec<FoundEntry>, KernelError> {
    let mut message = NeighbourMessage::default();
    message.header.family = family;
    socket.dump(&Message::GetNeighbour(message), |answer| match answer {
        Message::NewNeighbour(message) => found(&message),
        _ => None,
    })
}

fn found(message: &NeighbourMessage) -> Option<FoundEntry> {
    // bridge(8) sets another bit beside it (`NUD_NOARP`).
    let bits = |state: NeighbourState| u16::from(state);
    if bits(message.header.state) & bits(NeighbourState::Permanent) == 0 {
        return None;
    }
    let (mut address, mut mac) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::Destination(destination) => address = self::address(destination),
            NeighbourAttribute::LinkLayerAddress(bytes) => {
                mac = bytes.as_slice().try_into().ok().map(Mac);
            }
            _ => {}
        }
    }
    Some(FoundEntry { device: message.header.ifindex, address: address?, mac: mac? })
}

/// The family of a forwarding entry is AF_BRIDGE: the length of its destination tells.
fn address(destination: &NeighbourAddress) -> Option<IpAddr> {
    match destination {
        NeighbourAddress::Inet(address) => Some((*address).into()),
        NeighbourAddress::Inet6(address) => Some((*address).into()),
        NeighbourAddress::Other(bytes) => {
            let v4 = <[u8; 4]>::try_from(bytes.as_slice()).ok().map(IpAddr::from);
            v4.or_else(|| <[u8; 16]>::try_from(bytes.as_slice()).ok().map(IpAddr::from))
        }
        _ => None,
    }
}
