//! Routes over netlink.

use super::error::KernelError;
use super::link;
use super::machine::Machine;
use super::socket::Socket;
use crate::object::{PROTOCOL, Route};
use ipnet::IpNet;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_REPLACE};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteScope, RouteType,
};
use std::net::IpAddr;

/// A route of the main table as it was found.
#[derive(Clone, Debug)]
pub(super) struct FoundRoute {
    pub(super) destination: IpNet,
    pub(super) gateway: Option<IpAddr>,
    pub(super) device: u32,
    pub(super) onlink: bool,
    pub(super) protocol: u8,
}

/// Makes a route, in place of one of the same destination if there is one.
pub(super) fn replace(machine: &mut Machine, route: &Route) -> Result<(), KernelError> {
    let mut message = RouteMessage::default();
    message.header.address_family = family(route.destination);
    message.header.destination_prefix_length = route.destination.prefix_len();
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = PROTOCOL.into();
    message.header.scope = RouteScope::Universe;
    message.header.kind = RouteType::Unicast;
    if route.onlink {
        message.header.flags = RouteFlags::Onlink;
    }
    if route.destination.prefix_len() > 0 {
        message.attributes.push(RouteAttribute::Destination(route.destination.addr().into()));
    }
    message.attributes.push(RouteAttribute::Gateway(route.gateway.into()));
    message.attributes.push(RouteAttribute::Oif(link::index(machine, &route.netns, &route.link)?));
    let socket = machine.socket(&route.netns)?;
    socket.request(Message::NewRoute(message), NLM_F_CREATE | NLM_F_REPLACE)
}

/// All unicast routes of the main table of a namespace.
pub(super) fn list(socket: &mut Socket<Message>) -> Result<Vec<FoundRoute>, KernelError> {
    let mut all = Vec::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut message = RouteMessage::default();
        message.header.address_family = family;
        all.extend(socket.dump(&Message::GetRoute(message), |answer| match answer {
            Message::NewRoute(message) => found(&message),
            _ => None,
        })?);
    }
    Ok(all)
}

fn found(message: &RouteMessage) -> Option<FoundRoute> {
    let header = &message.header;
    if header.kind != RouteType::Unicast || header.table != RouteHeader::RT_TABLE_MAIN {
        return None;
    }
    let unspecified = match header.address_family {
        AddressFamily::Inet => IpAddr::from([0; 4]),
        _ => IpAddr::from([0; 16]),
    };
    let (mut to, mut gateway, mut device) = (unspecified, None, 0);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(address) => to = self::address(address)?,
            RouteAttribute::Gateway(address) => gateway = self::address(address),
            RouteAttribute::Oif(index) => device = *index,
            _ => {}
        }
    }
    Some(FoundRoute {
        destination: IpNet::new(to, header.destination_prefix_length).ok()?,
        gateway,
        device,
        onlink: header.flags.contains(RouteFlags::Onlink),
        protocol: header.protocol.into(),
    })
}

fn address(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

fn family(net: IpNet) -> AddressFamily {
    match net {
        IpNet::V4(_) => AddressFamily::Inet,
        IpNet::V6(_) => AddressFamily::Inet6,
    }
}
