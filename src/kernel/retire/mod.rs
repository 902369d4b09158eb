//! Addresses of services that leave the node, and the node's own connections to them.
//!
//! As long as an address is the node's own, the kernel makes it the source of the node's connections
//! to it (ipv4/route.c, `ip_route_output_key_hash_rcu`; ipv6/addrconf.c, `ipv6_dev_get_saddr`). Such
//! a connection hangs once the address is gone: its answers come to an address that the node has
//! not. IPVS does not know it if rules have translated it. So before an address goes, new connections get
//! the source that they will have afterwards: for so long the address is the node's own by a
//! local route with a preferred source, in place of the kernel's.

mod sockets;

use super::address::{self, FoundAddress};
use super::error::KernelError;
use super::machine::Machine;
use super::operation::{self, Action, Request};
use super::route::{self, FoundRoute};
use super::{fault, link};
use crate::model::Family;
use crate::object::{Address, MAIN_TABLE, Netns, SERVICE_DEVICE, State};
use crate::plan::{Change, Kind, Thing};
use ipnet::IpNet;
use netlink_packet_core::NLM_F_CREATE;
use netlink_packet_route::RouteNetlinkMessage as Message;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) use sockets::count as connections;

/// The protocol of routes that the kernel makes by itself (`RTPROT_KERNEL` in linux/rtnetlink.h).
const KERNEL: u8 = 2;

/// The protocol of the routes that are put in their place: not that of netc's other routes, which
/// stay (free in /etc/iproute2/rt_protos).
const RETIRED: u8 = 111;

/// The loopback device, which is the first of every namespace (`LOOPBACK_IFINDEX` in
/// linux/net_namespace.h). An IPv6 route needs a device that is up (ipv6/route.c, `fib6_nh_init`),
/// and that for addresses of services never is.
const LOOPBACK: u32 = 1;

/// The addresses of services that go with some changes, on their own or with their device.
pub(super) fn leaving(changes: &[Change]) -> BTreeSet<IpAddr> {
    let address = |change: &Change| match change.from.as_ref().and_then(Thing::state) {
        Some(State::Address(own)) if change.kind == Kind::Remove && is_of_service(own) => {
            Some(own.address.addr())
        }
        _ => None,
    };
    changes.iter().filter_map(address).collect()
}

fn is_of_service(own: &Address) -> bool {
    own.netns == Netns::Node && *own.link == *SERVICE_DEVICE
}

/// Sees to it that addresses are the source of no new connections. Those stay as they are that the
/// node could not reach if they were not its own.
pub(super) fn retire(machine: &mut Machine, leaving: &BTreeSet<IpAddr>) -> Result<(), KernelError> {
    settle(machine)?;
    let socket = machine.socket(&Netns::Node)?;
    let made = route::list_local(socket, KERNEL)?;
    let made = made.iter().filter(|route| leaving.contains(&route.destination.addr()));
    let made: Vec<&FoundRoute> = made.collect();
    if made.is_empty() {
        return Ok(());
    }
    let Some(device) = device(machine)? else { return Ok(()) };
    let socket = machine.socket(&Netns::Node)?;
    let sources =
        Sources { device, routes: route::list(socket, false)?, held: address::list(socket)? };
    let mut requests = Vec::new();
    for old in made.into_iter().filter(|old| old.device == device) {
        let Some(source) = sources.of(old.destination) else { continue };
        let new = route::local(old.destination, LOOPBACK, RETIRED, Some(source));
        requests.push(request(Message::NewRoute(new), NLM_F_CREATE));
        let old = route::local(old.destination, old.device, KERNEL, None);
        requests.push(request(Message::DelRoute(old), 0));
    }
    run(machine, &requests)
}

/// Takes away all that `retire` has put in place. The kernel makes its own route again only for an
/// address that comes anew, so one that has stayed after all goes and comes.
///
/// # Errors
/// The kernel refused it.
pub fn settle(machine: &mut Machine) -> Result<(), KernelError> {
    let own = route::list_local(machine.socket(&Netns::Node)?, RETIRED)?;
    if own.is_empty() {
        return Ok(());
    }
    let device = device(machine)?;
    let held = address::list(machine.socket(&Netns::Node)?)?;
    let held = held.into_iter().filter(|found| Some(found.device) == device);
    let held: BTreeSet<IpNet> = held.map(|found| found.net).collect();
    let mut requests = Vec::new();
    for route in own {
        if held.contains(&route.destination) {
            let (netns, link) = (Netns::Node, SERVICE_DEVICE.into());
            let stays = Address::new(netns, link, route.destination);
            requests.push(address::request(machine, &stays, Action::Remove)?);
            requests.push(address::request(machine, &stays, Action::Make)?);
        }
        let route = route::local(route.destination, route.device, RETIRED, None);
        requests.push(request(Message::DelRoute(route), 0));
    }
    run(machine, &requests)
}

/// The index of the device for addresses of services.
fn device(machine: &mut Machine) -> Result<Option<u32>, KernelError> {
    let all = link::list(machine.socket(&Netns::Node)?)?;
    Ok(all.into_iter().find(|link| link.name == SERVICE_DEVICE).map(|link| link.index))
}

fn request(message: Message, flags: u16) -> Request {
    Request { netns: Netns::Node, message: message.into(), flags }
}

fn run(machine: &mut Machine, requests: &[Request]) -> Result<(), KernelError> {
    if requests.is_empty() {
        return Ok(());
    }
    fault::point()?;
    operation::run(machine, requests).map_err(|(_, error)| error)
}

/// What the node's connections can come from.
struct Sources {
    /// The device for addresses of services.
    device: u32,
    routes: Vec<FoundRoute>,
    held: Vec<FoundAddress>,
}

impl Sources {
    /// Where the node's connections to an address come from once it is not its own: the source
    /// that the route is for, or else an address of its device, or of any. None without a route.
    fn of(&self, to: IpNet) -> Option<IpAddr> {
        let leads = |route: &&FoundRoute| {
            route.table == MAIN_TABLE
                && route.device != self.device
                && Family::of_net(route.destination) == Family::of_net(to)
                && route.destination.contains(&to)
        };
        let nearness =
            |route: &&FoundRoute| (route.destination.prefix_len(), Reverse(route.metric));
        let route = self.routes.iter().filter(leads).max_by_key(nearness)?;
        let fits = |found: &&FoundAddress| {
            Family::of_net(found.net) == Family::of_net(to)
                && found.device != self.device
                && found.device != LOOPBACK
                && !found.link_local
        };
        let held = || self.held.iter().filter(fits);
        let near = held().find(|found| found.device == route.device).or_else(|| held().next());
        route.source.or_else(|| near.map(|found| found.net.addr()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{RouteKind, RouteScope};

    const ETH0: u32 = 2;
    const ETH1: u32 = 3;
    const SERVICES: u32 = 9;

    fn route(destination: &str, device: u32, metric: u32, source: Option<&str>) -> FoundRoute {
        FoundRoute {
            table: MAIN_TABLE,
            kind: RouteKind::Unicast,
            scope: RouteScope::Link,
            destination: destination.parse().unwrap(),
            gateway: None,
            device,
            onlink: false,
            protocol: 3,
            metric,
            source: source.map(|source| source.parse().unwrap()),
        }
    }

    fn address(device: u32, net: &str) -> FoundAddress {
        let net: IpNet = net.parse().unwrap();
        FoundAddress {
            device,
            net,
            link_local: net.to_string().starts_with("fe80"),
            by_kernel: false,
            routed: true,
            held: false,
        }
    }

    /// The source of connections to an address by these routes.
    fn source(routes: Vec<FoundRoute>, to: &str) -> String {
        let held = [
            (LOOPBACK, "127.0.0.1/8"),
            (ETH0, "192.168.0.10/24"),
            (ETH0, "fe80::1/64"),
            (ETH0, "fd01::10/64"),
            (ETH1, "172.16.0.10/24"),
            (SERVICES, "10.96.0.80/32"),
        ];
        let held = held.into_iter().map(|(device, net)| address(device, net)).collect();
        let source = Sources { device: SERVICES, routes, held }.of(to.parse().unwrap());
        source.map_or("none".into(), |source| source.to_string())
    }

    #[test]
    fn the_source_is_that_of_the_nearest_route() {
        let default = |device, metric| route("0.0.0.0/0", device, metric, None);
        let to = "10.96.0.80/32";
        assert_eq!(source(vec![], to), "none");
        assert_eq!(source(vec![route("::/0", ETH0, 1024, None)], to), "none");
        assert_eq!(source(vec![default(SERVICES, 0)], to), "none");
        assert_eq!(source(vec![default(ETH0, 200), default(ETH1, 100)], to), "172.16.0.10");
        let near = route("10.96.0.0/16", ETH0, 500, None);
        assert_eq!(source(vec![default(ETH1, 100), near], to), "192.168.0.10");
        let said = route("0.0.0.0/0", ETH0, 0, Some("172.16.0.10"));
        assert_eq!(source(vec![said], to), "172.16.0.10");
        // A route by several devices names none of them.
        assert_eq!(source(vec![default(0, 0)], to), "192.168.0.10");
        assert_eq!(source(vec![route("::/0", ETH0, 1024, None)], "fd00::80/128"), "fd01::10");
    }
}
