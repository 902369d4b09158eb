//! What is around the nodes: the router between their segments, and the rest of the world.

use super::entry::Role;
use super::layout::{Host, Layout, Route, Segment, Wire};
use super::serving::outside_addresses;
use crate::model::{Announce, Cluster, Family, PerFamily, Uplink, number};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Networks for documentation (RFC 5737, RFC 3849), and part of the one for benchmarks (RFC 2544), for
/// clusters that use all of these: the first that the cluster does not use is the world's.
const WORLDS: [&str; 6] = [
    "203.0.113.0/24",
    "198.51.100.0/24",
    "192.0.2.0/24",
    "198.18.9.0/24",
    "2001:db8:9::/64",
    "2001:db8:ffff:9::/64",
];

/// The last numbers of addresses in the world's network.
const OUTSIDE: u128 = 9;
const ROUTER: u128 = 1;

/// The MTU of the world.
const MTU: u32 = 1500;

/// Adds the router, if there is something to route, and the outside; and gives nodes their routes.
pub(super) fn add(cluster: &Cluster, layout: &mut Layout) {
    let around = Around::of(cluster, &layout.segments);
    let nodes = cluster.nodes.iter().filter(|node| !node.is_windows());
    for (host, node) in layout.hosts.iter_mut().zip(nodes) {
        host.routes = around.defaults(host, &node.uplink);
    }
    let gates = around.gates(layout);
    if !around.routed {
        layout.hosts.push(around.neighbour(gates));
        return;
    }
    let world = layout.segments.len();
    let segment = Segment {
        bridge: format!("segment{world}"),
        networks: around.worlds.values().copied().collect(),
    };
    let mut outside = around.stranger(world, layout);
    let router = around.router(gates, world);
    layout.segments.push(segment);
    layout.hosts.push(router);
    // Who is near is on the segment itself.
    outside.wires.extend(around.near_wires(&layout.segments));
    layout.hosts.push(outside);
}

/// What has to be known of the cluster.
struct Around {
    /// Something is to be routed between segments.
    routed: bool,
    /// The world's network of each family of the nodes.
    worlds: BTreeMap<Family, IpNet>,
    /// The addresses of whoever is the nodes' way to everywhere, in each of their networks.
    gates: BTreeMap<IpNet, Vec<IpAddr>>,
    /// Who is nobody of the cluster, in a network of the nodes, and elsewhere.
    near: BTreeSet<IpAddr>,
    far: BTreeSet<IpAddr>,
    /// Addresses at which nodes answer, though none has them, and by which node they are reached.
    open: Vec<Route>,
}

impl Around {
    fn of(cluster: &Cluster, segments: &[Segment]) -> Around {
        let networks: BTreeSet<IpNet> =
            segments.iter().flat_map(|segment| &segment.networks).copied().collect();
        let on_segment = |own: &IpAddr| networks.iter().any(|network| network.contains(own));
        let (near, far) = strangers(cluster).into_iter().partition(|own| on_segment(own));
        let stated = gateways(cluster);
        let gates = |network: &IpNet| {
            let own = stated.iter().copied().filter(|own| network.contains(own));
            let own: Vec<IpAddr> = own.collect();
            let pool = cluster.load_balancers.as_ref();
            let of_pool = |own: &IpAddr| pool.is_some_and(|pool| pool.has(*own));
            let free = || free(*network, &used(cluster), of_pool).into_iter().collect();
            (*network, if own.is_empty() { free() } else { own })
        };
        Around {
            routed: segments.len() > 1 || !stated.is_empty(),
            worlds: worlds(cluster, &networks),
            gates: networks.iter().map(gates).collect(),
            near,
            far,
            open: open(cluster, on_segment),
        }
    }

    /// The default routes of a node.
    fn defaults(&self, host: &Host, uplink: &Uplink) -> Vec<Route> {
        let assumed = |family: Family| {
            let own = host.wires.iter().flat_map(|wire| &wire.addresses);
            let mut networks = own.map(IpNet::trunc).filter(|net| Family::of_net(*net) == family);
            networks.find_map(|network| self.gates.get(&network)?.first().copied())
        };
        let via = |family| match uplink {
            Uplink::None(_) => None,
            Uplink::Assumed => assumed(family),
            Uplink::Via(stated) => {
                stated.get(family).map(|own| own.value).or_else(|| assumed(family))
            }
        };
        let routes = Family::ALL.into_iter().filter_map(|family| {
            Some(Route { to: family.default_route(), via: Some(via(family)?) })
        });
        routes.collect()
    }

    /// The devices of the nodes' way to everywhere: one on each segment.
    fn gates(&self, layout: &Layout) -> Vec<Wire> {
        let hosts = || layout.hosts.iter().flat_map(|host| &host.wires);
        let wires = layout.segments.iter().enumerate().map(|(segment, own)| {
            let all = own.networks.iter().flat_map(|network| {
                let gates = self.gates.get(network).into_iter().flatten();
                gates.filter_map(|gate| IpNet::new(*gate, network.prefix_len()).ok())
            });
            let addresses = all.collect();
            let mtus = hosts().filter(|wire| wire.segment == segment).map(|wire| wire.mtu);
            let mtu = mtus.max().unwrap_or(MTU);
            Wire { device: format!("eth{segment}"), port: String::new(), segment, addresses, mtu }
        });
        wires.collect()
    }

    /// The outside as a neighbour of the nodes: there is one segment, and no router.
    fn neighbour(&self, mut wires: Vec<Wire>) -> Host {
        for wire in &mut wires {
            let own: Vec<IpNet> = self.gates.keys().copied().collect();
            wire.addresses.extend(self.near.iter().filter_map(|near| on(&own, *near)));
        }
        let senders: Vec<IpAddr> = self.worlds.values().map(|net| within(*net, OUTSIDE)).collect();
        Host {
            role: Role::Outside,
            name: "outside".into(),
            wires,
            own: senders
                .iter()
                .chain(&self.far)
                .copied()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            senders,
            routes: self.open.iter().cloned().chain(self.lost()).collect(),
            pods: Vec::new(),
        }
    }

    /// The outside behind a router.
    fn stranger(&self, world: usize, layout: &Layout) -> Host {
        let mut routes: Vec<Route> = self.lost().collect();
        for network in layout.segments.iter().flat_map(|segment| &segment.networks) {
            let Some(world) = self.worlds.get(&Family::of_net(*network)) else { continue };
            if self.near.iter().all(|near| !network.contains(near)) {
                routes.push(Route { to: *network, via: Some(within(*world, ROUTER)) });
            }
        }
        for open in &self.open {
            let Some(world) = self.worlds.get(&Family::of_net(open.to)) else { continue };
            routes.push(Route { to: open.to, via: Some(within(*world, ROUTER)) });
        }
        Host {
            role: Role::Outside,
            name: "outside".into(),
            wires: vec![self.world_wire("eth0", world, OUTSIDE)],
            own: self.far.iter().copied().collect(),
            senders: Vec::new(),
            routes,
            pods: Vec::new(),
        }
    }

    fn router(&self, mut wires: Vec<Wire>, world: usize) -> Host {
        let device = format!("eth{world}");
        wires.push(self.world_wire(&device, world, ROUTER));
        let out = self.worlds.iter().map(|(family, net)| Route {
            to: family.default_route(),
            via: Some(within(*net, OUTSIDE)),
        });
        let routes = self.open.iter().cloned().chain(out).collect();
        let (own, senders, pods) = (Vec::new(), Vec::new(), Vec::new());
        Host { role: Role::Router, name: "router".into(), wires, own, senders, routes, pods }
    }

    fn world_wire(&self, device: &str, segment: usize, last: u128) -> Wire {
        let all = self.worlds.values();
        let all = all.filter_map(|net| IpNet::new(within(*net, last), net.prefix_len()).ok());
        let (device, port) = (device.to_owned(), String::new());
        Wire { device, port, segment, addresses: all.collect(), mtu: MTU }
    }

    /// The devices of the outside on segments where it stands for somebody near.
    fn near_wires(&self, segments: &[Segment]) -> Vec<Wire> {
        let wires = segments.iter().enumerate().filter_map(|(segment, own)| {
            let addresses = self.near.iter().filter_map(|near| on(&own.networks, *near));
            let addresses: Vec<IpNet> = addresses.collect();
            let (device, port) = (format!("near{segment}"), String::new());
            (!addresses.is_empty()).then_some(Wire { device, port, segment, addresses, mtu: MTU })
        });
        wires.collect()
    }

    /// What is for nobody is lost.
    fn lost(&self) -> impl Iterator<Item = Route> {
        Family::ALL.into_iter().map(|family| Route { to: family.default_route(), via: None })
    }
}

/// The address of a number in a network.
fn within(network: IpNet, last: u128) -> IpAddr {
    Family::of_net(network).address(number(network.network()).saturating_add(last))
}

/// An address with the length of the network that it is in.
fn on(networks: &[IpNet], address: IpAddr) -> Option<IpNet> {
    let network = networks.iter().find(|network| network.contains(&address))?;
    IpNet::new(address, network.prefix_len()).ok()
}

/// The stated ways to everywhere that are no nodes.
fn gateways(cluster: &Cluster) -> BTreeSet<IpAddr> {
    let uplinks = cluster.nodes.iter().filter_map(|node| match &node.uplink {
        Uplink::Via(stated) => Some(stated),
        Uplink::Assumed | Uplink::None(_) => None,
    });
    let all = uplinks.flat_map(PerFamily::values).map(|own| own.value);
    all.filter(|own| !is_node(cluster, *own)).collect()
}

fn is_node(cluster: &Cluster, address: IpAddr) -> bool {
    cluster.nodes.iter().flat_map(|node| &node.addresses).any(|own| own.address == address)
}

/// Who is named by the sources and is nobody of the cluster, nor a router.
fn strangers(cluster: &Cluster) -> BTreeSet<IpAddr> {
    let mut all = outside_addresses(cluster);
    for gateway in gateways(cluster) {
        all.remove(&gateway);
    }
    all
}

/// Addresses that are not free.
fn used(cluster: &Cluster) -> BTreeSet<IpAddr> {
    let nodes = cluster.nodes.iter().flat_map(|node| &node.addresses).map(|own| own.address);
    let services = cluster
        .services
        .iter()
        .flat_map(|service| service.external_ips.iter().chain(&service.load_balancer_ips).copied());
    nodes.chain(services).chain(gateways(cluster)).chain(strangers(cluster)).collect()
}

/// A free address of a network, from its end.
fn free(
    network: IpNet,
    used: &BTreeSet<IpAddr>,
    reserved: impl Fn(&IpAddr) -> bool,
) -> Option<IpAddr> {
    let family = Family::of_net(network);
    let size = 1_u128 << u32::from(family.bits() - network.prefix_len()).min(16);
    let first = number(network.network());
    let last = size.checked_sub(2)?;
    let all = (1..=last).rev().map(|place| family.address(first.saturating_add(place)));
    all.into_iter().find(|address| !used.contains(address) && !reserved(address))
}

/// The world's networks: of those above the first of each family that nothing uses.
fn worlds(cluster: &Cluster, segments: &BTreeSet<IpNet>) -> BTreeMap<Family, IpNet> {
    let meets = |one: &IpNet, other: &IpNet| one.contains(other) || other.contains(one);
    // The outside has the addresses of all others itself, but for the router's.
    let strangers = strangers(cluster);
    let used = used(cluster).into_iter().filter(|own| !strangers.contains(own));
    let used: Vec<IpNet> = used.map(IpNet::from).collect();
    let pods = cluster.pod_networks.values().map(|pods| pods.network);
    let all = pods.chain(cluster.service_networks.values().copied());
    let all: Vec<IpNet> = all.chain(segments.iter().copied()).chain(used).collect();
    let mut worlds = BTreeMap::new();
    for world in WORLDS.iter().filter_map(|text| text.parse::<IpNet>().ok()) {
        let family = Family::of_net(world);
        let has = segments.iter().any(|network| Family::of_net(*network) == family);
        let router = within(world, ROUTER);
        let free = !all.iter().any(|other| meets(&world, other)) && !strangers.contains(&router);
        if has && free {
            worlds.entry(family).or_insert(world);
        }
    }
    worlds
}

/// Addresses of services that are routed to the nodes from outside: external ones, which somebody
/// must route, and those of load balancers, unless a node says on its segment that it has them.
fn open(cluster: &Cluster, on_segment: impl Fn(&IpAddr) -> bool) -> Vec<Route> {
    let pool = cluster.load_balancers.as_ref();
    let arp = pool.is_none_or(|pool| matches!(pool.announce, Announce::Arp { .. }));
    let balancers = cluster.services.iter().flat_map(|service| &service.load_balancer_ips);
    let balancers = balancers.filter(|own| !(arp && on_segment(own)));
    let external = cluster.services.iter().flat_map(|service| &service.external_ips);
    let all: BTreeSet<IpAddr> = balancers.chain(external).copied().collect();
    let routes = all.into_iter().filter(|own| !is_node(cluster, *own)).filter_map(|own| {
        let held = pool.and_then(|pool| pool.held(own));
        let first = held.and_then(|held| held.holder.or(held.nodes.first().copied()));
        let first = first.and_then(|id| cluster.nodes.get(id.0 as usize));
        let mut nodes = first.into_iter().chain(&cluster.nodes);
        let via = nodes.find_map(|node| node.address(Family::of(own)))?;
        Some(Route { to: own.into(), via: Some(via.address) })
    });
    routes.collect()
}
