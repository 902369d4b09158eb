//! A network namespace.

use super::fib::{LOCAL_TABLE, Made};
use super::{Device, Fib, Joined};
use crate::model::{Family, Node, NodeAddress, Uplink};
use crate::object::{
    Address, Link, LinkKind, MAIN_TABLE, Netns, PROTOCOL, Route, RouteKind, RouteScope, State, Text,
};
use ipnet::IpNet;
use netc_lang::{Mac, Span};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The name of the loopback device.
pub const LOOPBACK: &str = "lo";

/// A network namespace: its devices, and how it routes.
#[derive(Clone, Default, Debug)]
pub struct Space {
    /// The devices by name.
    pub devices: BTreeMap<Text, Device>,
    /// The addresses on each device, in the order in which they were added.
    pub addresses: FxHashMap<Text, Vec<(IpNet, Option<Span>)>>,
    /// The device of each of its own addresses.
    pub own: FxHashMap<IpAddr, Text>,
    /// Routes and rules of the routing policy.
    pub fib: Fib,
    /// Permanent neighbour entries by device and address.
    pub neighbours: BTreeMap<(Text, IpAddr), (Mac, Option<Span>)>,
    /// Forwarding entries of vxlan devices by device and Ethernet address.
    pub fdb: BTreeMap<(Text, Mac), (IpAddr, Option<Span>)>,
    /// The port of a bridge by which an address is reached.
    ports: FxHashMap<(Text, IpAddr), Text>,
    /// The parameters that are stated, by their dotted names.
    pub parameters: BTreeMap<Text, (Text, Option<Span>)>,
}

impl Space {
    /// What a node has before netc makes anything.
    pub(super) fn of_node(node: &Node) -> Space {
        let mut space = Space::default();
        for own in &node.addresses {
            let name: Text = device_of_node(own).into();
            let kind = LinkKind::Other("device".into());
            let device = space.devices.entry(Text::clone(&name)).or_insert_with(|| {
                let mut device = Device::new(Text::clone(&name), kind, node.mtu, Joined::Underlay);
                (device.up, device.origin) = (true, Some(own.span));
                device
            });
            device.origin.get_or_insert(own.span);
            let prefix = own.prefix.unwrap_or_else(|| Family::of(own.address).bits());
            if let Ok(address) = IpNet::new(own.address, prefix) {
                space.address(&Address::new(Netns::Node, name, address), Some(own.span));
            }
        }
        // By which device it reaches everything else.
        for family in Family::ALL {
            if let Some((route, origin, assumed)) = uplink(node, family) {
                let made = if assumed { Made::Assumed } else { Made::Stated };
                space.fib.add(route, Some(origin), made);
            }
        }
        space
    }

    /// Adds an object to the namespace that it is in.
    pub(super) fn add(spaces: &mut BTreeMap<Netns, Space>, state: State, origin: Span) {
        let origin = (origin != Span::default()).then_some(origin);
        match state {
            State::Link(link) => Space::link(spaces, link, origin),
            State::Port(port) => {
                if let Some(device) = device_of(spaces, &port.netns, &port.link) {
                    device.port = Some(port);
                }
            }
            State::Up(up) => {
                if let Some(device) = device_of(spaces, &up.netns, &up.link) {
                    device.up = true;
                }
            }
            State::WireguardPeer(peer) => {
                if let Some(device) = device_of(spaces, &peer.netns, &peer.link) {
                    device.peers.push(peer);
                }
            }
            State::Address(address) => {
                spaces.entry(address.netns.clone()).or_default().address(&address, origin);
            }
            State::Route(route) => {
                spaces.entry(route.netns.clone()).or_default().fib.add(route, origin, Made::Stated);
            }
            State::PolicyRule(rule) => {
                spaces.entry(rule.netns.clone()).or_default().fib.rule(rule, origin);
            }
            State::Neighbour(own) => {
                let space = spaces.entry(own.netns).or_default();
                space.neighbours.insert((own.link, own.address), (own.mac, origin));
            }
            State::Fdb(own) => {
                let space = spaces.entry(own.netns).or_default();
                space.fdb.insert((own.link, own.mac), (own.destination, origin));
            }
            State::Sysctl(own) => {
                let space = spaces.entry(own.netns).or_default();
                space.parameters.insert(own.key, (own.value, origin));
            }
            _ => {}
        }
    }

    /// A device, and the other end of it if it is one of a veth pair.
    fn link(spaces: &mut BTreeMap<Netns, Space>, link: Link, origin: Option<Span>) {
        let Link { netns, name, mac, mtu, kind, .. } = link;
        let mut joined = Joined::Here;
        if let LinkKind::Veth(peer) = &kind {
            joined = Joined::Peer(peer.netns.clone(), Text::clone(&peer.name));
            let back = Joined::Peer(netns.clone(), Text::clone(&name));
            let kind = LinkKind::Other("veth".into());
            let mut other = Device::new(Text::clone(&peer.name), kind, mtu, back);
            (other.mac, other.origin) = (Some(peer.mac), origin);
            let space = spaces.entry(peer.netns.clone()).or_default();
            space.devices.insert(Text::clone(&peer.name), other);
        }
        let mut device = Device::new(Text::clone(&name), kind, mtu, joined);
        (device.mac, device.origin) = (mac, origin);
        spaces.entry(netns).or_default().devices.insert(name, device);
    }

    /// What every namespace has once it is complete: loopback.
    pub(super) fn settle(spaces: &mut BTreeMap<Netns, Space>) {
        for (netns, space) in spaces.iter_mut() {
            let name: Text = LOOPBACK.into();
            let device = space.devices.entry(Text::clone(&name)).or_insert_with(|| {
                let kind = LinkKind::Other("loopback".into());
                Device::new(Text::clone(&name), kind, 65536, Joined::Here)
            });
            device.up = true;
            let loopback = [
                IpNet::new(Ipv4Addr::LOCALHOST.into(), 8),
                IpNet::new(Ipv6Addr::LOCALHOST.into(), 128),
            ];
            for address in loopback.into_iter().flatten() {
                space.address(&Address::new(netns.clone(), Text::clone(&name), address), None);
            }
        }
        let found: Vec<(Netns, (Text, IpAddr), Text)> = spaces
            .iter()
            .flat_map(|(netns, space)| {
                let ports = space.devices.values().filter_map(|device| {
                    let Joined::Peer(other, name) = &device.joined else { return None };
                    let (port, own) =
                        (device.port.as_ref()?, spaces.get(other)?.addresses.get(name)?);
                    Some((port, own))
                });
                ports.flat_map(move |(port, own)| {
                    own.iter().map(move |(address, _)| {
                        let key = (Text::clone(&port.bridge), address.addr());
                        (netns.clone(), key, Text::clone(&port.link))
                    })
                })
            })
            .collect();
        for (netns, key, port) in found {
            if let Some(space) = spaces.get_mut(&netns) {
                space.ports.insert(key, port);
            }
        }
    }

    /// The port of a bridge by which an address is reached.
    #[must_use]
    pub fn port_of(&self, bridge: &Text, address: IpAddr) -> Option<&Text> {
        self.ports.get(&(Text::clone(bridge), address))
    }

    /// An address, with the routes that the kernel makes by itself (`fib_add_ifaddr` in
    /// net/ipv4/fib_frontend.c).
    fn address(&mut self, address: &Address, origin: Option<Span>) {
        let own = address.address;
        let link = || Text::clone(&address.link);
        self.addresses.entry(link()).or_default().push((own, origin));
        self.own.insert(own.addr(), link());
        let local = if own.addr().is_loopback() { own.trunc() } else { IpNet::from(own.addr()) };
        let local = Route {
            table: LOCAL_TABLE,
            kind: RouteKind::Local,
            scope: RouteScope::Host,
            source: Some(own.addr()),
            ..kernel_route(local, link())
        };
        self.fib.add(local, origin, Made::ByKernel);
        let alone = own.prefix_len() == own.max_prefix_len();
        if address.routed && !alone && !own.addr().is_loopback() {
            let route = Route { source: Some(own.addr()), ..kernel_route(own.trunc(), link()) };
            self.fib.add(route, origin, Made::ByKernel);
        }
    }

    /// Whether an address is one of its own.
    #[must_use]
    pub fn is_local(&self, address: IpAddr) -> bool {
        self.fib.is_local(address)
    }

    /// The value of a parameter, and the statement behind it.
    #[must_use]
    pub fn parameter(&self, key: &str) -> Option<(&str, Option<Span>)> {
        self.parameters.get(key).map(|(value, origin)| (&**value, *origin))
    }

    /// Whether a parameter is on; if nobody states it, whether it is by itself.
    #[must_use]
    pub fn is_on(&self, key: &str, default: bool) -> bool {
        self.parameter(key).map_or(default, |(value, _)| value != "0")
    }
}

/// The device of a node's own address. Where none is stated it is not known, but there is one.
fn device_of_node(own: &NodeAddress) -> &str {
    own.device.as_deref().unwrap_or("underlay")
}

fn device_of<'s>(
    spaces: &'s mut BTreeMap<Netns, Space>,
    netns: &Netns,
    link: &str,
) -> Option<&'s mut Device> {
    spaces.get_mut(netns)?.devices.get_mut(link)
}

/// The route of a node to everything else, the statement behind it, and whether it is taken for
/// granted.
fn uplink(node: &Node, family: Family) -> Option<(Route, Span, bool)> {
    // Who makes it is not known.
    let to_all = |device: &str| Route {
        scope: RouteScope::Global,
        protocol: PROTOCOL,
        ..kernel_route(family.default_route(), device.into())
    };
    let stated = match &node.uplink {
        Uplink::None(_) => return None,
        Uplink::Via(gateways) => gateways.get(family),
        Uplink::Assumed => None,
    };
    if let Some(gateway) = stated {
        let within = |own: &&NodeAddress| {
            own.network().is_some_and(|network| network.contains(&gateway.value))
        };
        let device = device_of_node(node.addresses.iter().find(within)?);
        let route = Route { gateway: Some(gateway.value), ..to_all(device) };
        return Some((route, gateway.span, false));
    }
    let own = node.address(family)?;
    Some((to_all(device_of_node(own)), own.span, true))
}

/// A route that the kernel makes.
fn kernel_route(destination: IpNet, link: Text) -> Route {
    // `RTPROT_KERNEL` in linux/rtnetlink.h
    const KERNEL: u8 = 2;
    let route = Route::on_link(Netns::Node, destination, link);
    debug_assert_eq!((route.table, route.protocol), (MAIN_TABLE, PROTOCOL));
    Route { protocol: KERNEL, ..route }
}
