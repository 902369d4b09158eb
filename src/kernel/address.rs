//! Addresses over netlink.

use super::error::KernelError;
use super::link;
use super::machine::Machine;
use super::socket::Socket;
use crate::object::Address;
use ipnet::IpNet;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use std::net::IpAddr;

/// Puts an address on a device.
pub(super) fn create(machine: &mut Machine, address: &Address) -> Result<(), KernelError> {
    let ip = address.address.addr();
    let mut message = AddressMessage::default();
    message.header.index = link::index(machine, &address.netns, &address.link)?;
    message.header.prefix_len = address.address.prefix_len();
    message.header.family = match ip {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.attributes.push(AddressAttribute::Local(ip));
    message.attributes.push(AddressAttribute::Address(ip));
    if let IpNet::V6(_) = address.address {
        message.attributes.push(AddressAttribute::Flags(AddressFlags::Nodad));
    }
    let socket = machine.socket(&address.netns)?;
    socket.request(Message::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL)
}

/// All addresses of a namespace, each with the index of its device.
pub(super) fn list(socket: &mut Socket<Message>) -> Result<Vec<(u32, IpNet)>, KernelError> {
    socket.dump(&Message::GetAddress(AddressMessage::default()), |answer| match answer {
        Message::NewAddress(message) => found(&message),
        _ => None,
    })
}

/// `Local` is the device's own address; IPv6 has only `Address`.
fn found(message: &AddressMessage) -> Option<(u32, IpNet)> {
    let attributes = || message.attributes.iter();
    let local = attributes().find_map(|attribute| match attribute {
        AddressAttribute::Local(address) => Some(*address),
        _ => None,
    });
    let address = local.or_else(|| {
        attributes().find_map(|attribute| match attribute {
            AddressAttribute::Address(address) => Some(*address),
            _ => None,
        })
    })?;
    let net = IpNet::new(address, message.header.prefix_len).ok()?;
    Some((message.header.index, net))
}
