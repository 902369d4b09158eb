//! Addresses over netlink.

use super::error::KernelError;
use super::link;
use super::machine::Machine;
use super::operation::{Action, NEW, Request};
use super::socket::Socket;
use crate::object::Address;
use ipnet::IpNet;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressProtocol, AddressScope, CacheInfo,
};
use std::net::IpAddr;

/// An address as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FoundAddress {
    /// The index of its device.
    pub(super) device: u32,
    /// The address with the prefix length of its network.
    pub(super) net: IpNet,
    /// It holds on the link alone, as an IPv6 device's first address does.
    pub(super) link_local: bool,
    /// The kernel put it there by itself: for a loopback device, for a device that came up, or
    /// because a router said so. Kernels before 5.18 do not tell, but give lifetimes to the
    /// last kind.
    pub(super) by_kernel: bool,
    /// The kernel made the route to its network.
    pub(super) routed: bool,
    /// No connection begins at it: it is held for others to find.
    pub(super) held: bool,
}

/// The request that puts an address on a device or takes it away.
pub(super) fn request(
    machine: &mut Machine,
    address: &Address,
    action: Action,
) -> Result<Request, KernelError> {
    let message = message(machine, address)?;
    let make = (Message::NewAddress as fn(_) -> _, NEW);
    Ok(Request::new(action, &address.netns, message, make, Message::DelAddress))
}

/// The message that names an address on a device, to put it there or to take it away.
fn message(machine: &mut Machine, address: &Address) -> Result<AddressMessage, KernelError> {
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
    let mut flags = AddressFlags::empty();
    flags.set(AddressFlags::Nodad, address.address.addr().is_ipv6());
    flags.set(AddressFlags::Noprefixroute, !address.routed);
    if !flags.is_empty() {
        message.attributes.push(AddressAttribute::Flags(flags));
    }
    if address.held {
        // It never ends, and is never preferred: the kernel calls such an address deprecated.
        let mut times = CacheInfo::default();
        (times.ifa_preferred, times.ifa_valid) = (0, u32::MAX);
        message.attributes.push(AddressAttribute::CacheInfo(times));
    }
    Ok(message)
}

/// All addresses of a namespace.
pub(super) fn list(socket: &mut Socket<Message>) -> Result<Vec<FoundAddress>, KernelError> {
    socket.dump(&Message::GetAddress(AddressMessage::default()), |answer| match answer {
        Message::NewAddress(message) => found(&message),
        _ => None,
    })
}

/// `Local` is the device's own address; IPv6 has only `Address`.
fn found(message: &AddressMessage) -> Option<FoundAddress> {
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
    let by_kernel = attributes().any(|attribute| match attribute {
        AddressAttribute::Protocol(protocol) => !matches!(protocol, AddressProtocol::Other(_)),
        AddressAttribute::Flags(flags) => !flags.contains(AddressFlags::Permanent),
        _ => false,
    });
    let unrouted = attributes().any(|attribute| match attribute {
        AddressAttribute::Flags(flags) => flags.contains(AddressFlags::Noprefixroute),
        _ => false,
    });
    let held = attributes().any(|attribute| match attribute {
        AddressAttribute::Flags(flags) => {
            flags.contains(AddressFlags::Permanent | AddressFlags::Deprecated)
        }
        _ => false,
    });
    Some(FoundAddress {
        device: message.header.index,
        net: IpNet::new(address, message.header.prefix_len).ok()?,
        link_local: message.header.scope == AddressScope::Link,
        by_kernel,
        routed: !unrouted,
        held,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(attributes: Vec<AddressAttribute>) -> FoundAddress {
        let mut message = AddressMessage::default();
        message.header.prefix_len = 64;
        message.attributes = attributes;
        message.attributes.push(AddressAttribute::Address("fd00::1".parse().unwrap()));
        found(&message).unwrap()
    }

    #[test]
    fn addresses_that_the_kernel_made_are_told() {
        let lasting = AddressAttribute::Flags(AddressFlags::Permanent);
        let lasting = || lasting.clone();
        assert!(!with(vec![lasting()]).by_kernel);
        assert!(!with(vec![lasting(), AddressAttribute::Protocol(4.into())]).by_kernel);
        assert!(with(vec![lasting(), AddressAttribute::Protocol(3.into())]).by_kernel);
        assert!(with(vec![AddressAttribute::Flags(AddressFlags::Nodad)]).by_kernel);
    }
}
