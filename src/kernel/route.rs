//! Routes over netlink.

use super::error::KernelError;
use super::link;
use super::machine::Machine;
use super::operation::{Action, REPLACE, Request};
use super::socket::Socket;
use crate::object::{PROTOCOL, Route, RouteKind, RouteScope as Scope};
use ipnet::IpNet;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteScope, RouteType,
};
use std::net::IpAddr;

/// The number of the table of the node's own addresses (`RT_TABLE_LOCAL` in linux/rtnetlink.h).
const LOCAL_TABLE: u8 = 255;

/// A route as it was found.
#[derive(Clone, Debug)]
pub(super) struct FoundRoute {
    pub(super) table: u32,
    pub(super) kind: RouteKind,
    pub(super) scope: Scope,
    pub(super) destination: IpNet,
    pub(super) gateway: Option<IpAddr>,
    pub(super) device: u32,
    pub(super) onlink: bool,
    pub(super) protocol: u8,
    /// Of several routes to one destination the one with the least is taken; 0 if none is named.
    pub(super) metric: u32,
    /// The source of connections that go by it, if it names one.
    pub(super) source: Option<IpAddr>,
}

/// The request that makes a route or takes it away.
pub(super) fn request(
    machine: &mut Machine,
    route: &Route,
    action: Action,
) -> Result<Request, KernelError> {
    let message = message(machine, route)?;
    let make = (Message::NewRoute as fn(_) -> _, REPLACE);
    Ok(Request::new(action, &route.netns, message, make, Message::DelRoute))
}

/// The message that names a route, to make it or to take it away. The kernel takes away only a
/// route with all that is named: table, protocol, destination, gateway and device
/// (fib_trie.c, `fib_table_delete`; ipv6/route.c, `ip6_route_del`).
fn message(machine: &mut Machine, route: &Route) -> Result<RouteMessage, KernelError> {
    let mut message = RouteMessage::default();
    message.header.address_family = family(route.destination);
    message.header.destination_prefix_length = route.destination.prefix_len();
    // The attribute holds what is too large for the header (linux/rtnetlink.h, RTA_TABLE).
    message.header.table = u8::try_from(route.table).unwrap_or(RouteHeader::RT_TABLE_UNSPEC);
    message.attributes.push(RouteAttribute::Table(route.table));
    message.header.protocol = route.protocol.into();
    message.header.scope = scope(route.scope);
    message.header.kind = kind(route.kind);
    if route.onlink {
        message.header.flags = RouteFlags::Onlink;
    }
    if route.destination.prefix_len() > 0 {
        message.attributes.push(RouteAttribute::Destination(route.destination.addr().into()));
    }
    message.attributes.extend(route.gateway.map(|to| RouteAttribute::Gateway(to.into())));
    if let Some(link) = &route.link {
        let index = link::index(machine, &route.netns, link)?;
        message.attributes.push(RouteAttribute::Oif(index));
    }
    message.attributes.extend(route.source.map(|from| RouteAttribute::PrefSource(from.into())));
    Ok(message)
}

fn scope(scope: Scope) -> RouteScope {
    match scope {
        Scope::Global => RouteScope::Universe,
        Scope::Link => RouteScope::Link,
        Scope::Host => RouteScope::Host,
    }
}

fn kind(kind: RouteKind) -> RouteType {
    match kind {
        RouteKind::Unicast => RouteType::Unicast,
        RouteKind::Local => RouteType::Local,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
    }
}

/// The message that names a route by which an address is the node's own, to make it or to take it
/// away. The node's connections to it come from `source`, if one is named.
pub(super) fn local(
    destination: IpNet,
    device: u32,
    protocol: u8,
    source: Option<IpAddr>,
) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family(destination);
    message.header.destination_prefix_length = destination.prefix_len();
    message.header.table = LOCAL_TABLE;
    message.header.protocol = protocol.into();
    message.header.scope = RouteScope::Host;
    message.header.kind = RouteType::Local;
    message.attributes.push(RouteAttribute::Destination(destination.addr().into()));
    message.attributes.push(RouteAttribute::Oif(device));
    message.attributes.extend(source.map(|source| RouteAttribute::PrefSource(source.into())));
    message
}

/// All routes of a namespace, of all tables. Those by which addresses are its own come with these:
/// only those of netc's own are among them, or `all`, if they are wanted.
pub(super) fn list(
    socket: &mut Socket<Message>,
    all: bool,
) -> Result<Vec<FoundRoute>, KernelError> {
    let others = [RouteType::Broadcast, RouteType::Anycast, RouteType::Multicast];
    dump(socket, &RouteHeader::default(), |header| match header.kind {
        RouteType::Local => all || header.protocol == PROTOCOL.into(),
        kind => !others.contains(&kind),
    })
}

/// The routes of a namespace by which addresses are its own, as far as they are of a protocol.
pub(super) fn list_local(
    socket: &mut Socket<Message>,
    protocol: u8,
) -> Result<Vec<FoundRoute>, KernelError> {
    // The kernel leaves out all others by itself.
    let (kind, protocol) = (RouteType::Local, protocol.into());
    let wanted = RouteHeader { kind, protocol, ..RouteHeader::default() };
    dump(socket, &wanted, |header| header.kind == kind && header.protocol == protocol)
}

/// The routes of both families that the kernel lists for such a header, and that are wanted.
fn dump(
    socket: &mut Socket<Message>,
    header: &RouteHeader,
    wanted: impl Fn(&RouteHeader) -> bool,
) -> Result<Vec<FoundRoute>, KernelError> {
    let mut all = Vec::new();
    for address_family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut message = RouteMessage::default();
        message.header = RouteHeader { address_family, ..header.clone() };
        all.extend(socket.dump(&Message::GetRoute(message), |answer| match answer {
            Message::NewRoute(message) if wanted(&message.header) => found(&message),
            _ => None,
        })?);
    }
    Ok(all)
}

fn found(message: &RouteMessage) -> Option<FoundRoute> {
    let header = &message.header;
    let unspecified = match header.address_family {
        AddressFamily::Inet => IpAddr::from([0; 4]),
        _ => IpAddr::from([0; 16]),
    };
    let (mut to, mut gateway, mut device, mut source) = (unspecified, None, 0, None);
    let (mut table, mut metric) = (header.table.into(), 0);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(address) => to = self::address(address)?,
            RouteAttribute::Gateway(address) => gateway = self::address(address),
            RouteAttribute::Oif(index) => device = *index,
            RouteAttribute::Table(number) => table = *number,
            RouteAttribute::Priority(number) => metric = *number,
            RouteAttribute::PrefSource(address) => source = self::address(address),
            _ => {}
        }
    }
    let found = |one: &RouteKind| kind(*one) == header.kind;
    let kind = RouteKind::ALL.into_iter().find(found)?;
    let found = |one: &Scope| scope(*one) == header.scope;
    // IPv6 has no scopes, and says so by the widest.
    let scope = Scope::ALL.into_iter().find(found).unwrap_or(Scope::Global);
    // IPv6 has routes that lead nowhere lead to loopback (ipv6/route.c, `fib6_nh_init`).
    if matches!(kind, RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit) {
        device = 0;
    }
    Some(FoundRoute {
        table,
        kind,
        scope,
        destination: IpNet::new(to, header.destination_prefix_length).ok()?,
        gateway,
        device,
        onlink: header.flags.contains(RouteFlags::Onlink),
        protocol: header.protocol.into(),
        metric,
        source,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{MAIN_TABLE, Netns};
    use std::collections::BTreeMap;

    /// The message of a route of a table by a device with the index 7.
    fn of_table(table: u32) -> RouteMessage {
        let mut machine = Machine::open(None).unwrap();
        machine.list_devices(&Netns::Node, BTreeMap::from([("br0".to_owned(), 7)]));
        let (to, gateway) = ("10.0.0.0/8".parse().unwrap(), "192.0.2.1".parse().unwrap());
        let route = Route::via(Netns::Node, to, gateway, "br0".into());
        let route = Route { table, onlink: true, ..route };
        message(&mut machine, &route).unwrap()
    }

    #[test]
    fn a_route_is_read_as_it_is_written() {
        for table in [MAIN_TABLE, 100, 1000] {
            let found = found(&of_table(table)).unwrap();
            assert_eq!((found.table, found.device, found.metric), (table, 7, 0));
            assert_eq!(found.destination.to_string(), "10.0.0.0/8");
            assert!(found.onlink && found.protocol == PROTOCOL);
        }
    }

    #[test]
    fn the_header_holds_small_tables_only() {
        assert_eq!(of_table(100).header.table, 100);
        assert_eq!(of_table(1000).header.table, RouteHeader::RT_TABLE_UNSPEC);
    }
}
