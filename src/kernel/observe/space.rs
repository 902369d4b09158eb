//! What netlink says of the namespaces, as objects.

use super::Interest;
use crate::kernel::address::{self, FoundAddress};
use crate::kernel::error::KernelError;
use crate::kernel::link::{self, FoundLink};
use crate::kernel::neighbour::{self, FoundEntry};
use crate::kernel::policy;
use crate::kernel::route::{self, FoundRoute};
use crate::kernel::socket::Socket;
use crate::kernel::vlan;
use crate::object::{
    Address, Fdb, Id, Link, LinkKind, MAIN_TABLE, Neighbour, Netns, PROTOCOL, Peer, PolicyRule,
    Port, Route, RouteKind, State, Text, Underlay, Up,
};
use crate::plan::Live;
use ipnet::IpNet;
use netlink_packet_route::RouteNetlinkMessage as Message;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::net::IpAddr;

/// The alias of devices that netc made begins so.
const MARK: &str = "netc ";

/// What netlink says of one namespace.
pub(super) struct Space {
    links: Vec<FoundLink>,
    /// The names of the devices, by index.
    names: BTreeMap<u32, Text>,
    addresses: Vec<FoundAddress>,
    routes: Vec<FoundRoute>,
    rules: Vec<PolicyRule>,
    neighbours: Vec<FoundEntry>,
    forwarding: Vec<FoundEntry>,
    /// The numbers by which it knows other namespaces.
    others: BTreeMap<Netns, i32>,
}

/// The protocol of routes that the kernel made (`RTPROT_KERNEL` in linux/rtnetlink.h).
const BY_KERNEL: u8 = 2;

/// The narrowest of some networks that an address is in.
fn way_to(address: IpAddr, ways: &BTreeSet<IpNet>) -> Option<IpNet> {
    if ways.is_empty() {
        return None;
    }
    let whole = IpNet::from(address);
    successors(Some(whole), IpNet::supernet).find(|net| ways.contains(net))
}

impl Space {
    /// Reads it; with all routes by which addresses are its own, if these are wanted.
    pub(super) fn read(socket: &mut Socket<Message>, locals: bool) -> Result<Space, KernelError> {
        let mut links = link::list(socket)?;
        vlan::read(socket, &mut links)?;
        let names = links.iter().map(|link| (link.index, link.name.as_str().into())).collect();
        Ok(Space {
            links,
            names,
            addresses: address::list(socket)?,
            routes: route::list(socket, locals)?,
            rules: policy::list(socket)?,
            neighbours: neighbour::list(socket)?,
            forwarding: neighbour::list_fdb(socket)?,
            others: BTreeMap::new(),
        })
    }

    /// The routes by which next hops can be reached, but for those that come along with addresses.
    fn ways(&self) -> BTreeSet<IpNet> {
        let stated = |found: &&FoundRoute| {
            let straight = found.gateway.is_none() && found.kind == RouteKind::Unicast;
            straight && found.table == MAIN_TABLE && found.protocol != BY_KERNEL
        };
        self.routes.iter().filter(stated).map(|found| found.destination).collect()
    }

    /// Takes note of the number by which it knows another namespace.
    pub(super) fn know(&mut self, other: Netns, number: i32) {
        self.others.insert(other, number);
    }

    fn name_of(&self, index: u32) -> Option<Text> {
        self.names.get(&index).map(Text::clone)
    }
}

/// Records the objects of all namespaces.
pub(super) fn objects(spaces: &BTreeMap<Netns, Space>, interest: &Interest, live: &mut Live) {
    let mut own = own_links(spaces, interest);
    for (netns, space) in spaces {
        let own = own.remove(netns).unwrap_or_default();
        let view = View { netns, space, own, interest };
        view.links(spaces, live);
        view.addresses(live);
        view.entries(live);
        view.routes(live);
        view.rules(live);
        if *netns == Netns::Node {
            view.underlays(live);
        }
    }
}

/// The namespaces of devices that are netc's or of interest, each with one in which the other end of
/// such a device may be.
pub(super) fn acquaintances(
    spaces: &BTreeMap<Netns, Space>,
    interest: &Interest,
) -> BTreeSet<(Netns, Netns)> {
    let mut all = BTreeSet::new();
    for (netns, space) in spaces {
        for link in space.links.iter().filter(|link| link.elsewhere.is_some()) {
            let id = || Id::Link(netns.clone(), link.name.as_str().into());
            if link.alias.starts_with(MARK) || interest.has(&id()) {
                let ends = ends(spaces, netns, link).filter(|(other, _)| *other != netns);
                all.extend(ends.map(|(other, _)| (netns.clone(), other.clone())));
            }
        }
    }
    all
}

/// The indices of netc's devices, by namespace: those that bear its mark, and the other ends of
/// those among them that are veth pairs.
fn own_links(
    spaces: &BTreeMap<Netns, Space>,
    interest: &Interest,
) -> BTreeMap<Netns, BTreeSet<u32>> {
    let mut own: BTreeMap<Netns, BTreeSet<u32>> = BTreeMap::new();
    for (netns, space) in spaces {
        for link in &space.links {
            let id = Id::Link(netns.clone(), link.name.as_str().into());
            if link.alias.starts_with(MARK) || (interest.adopt && interest.has(&id)) {
                own.entry(netns.clone()).or_default().insert(link.index);
                if let Some((other, end)) = other_end(spaces, netns, link) {
                    own.entry(other.clone()).or_default().insert(end.index);
                }
            }
        }
    }
    own
}

/// The other end of a veth pair, and where it is.
fn other_end<'s>(
    spaces: &'s BTreeMap<Netns, Space>,
    at: &Netns,
    link: &FoundLink,
) -> Option<(&'s Netns, &'s FoundLink)> {
    let here = spaces.get(at)?;
    ends(spaces, at, link).find(|(netns, _)| match link.elsewhere {
        Some(number) => here.others.get(*netns) == Some(&number),
        None => *netns == at,
    })
}

/// What can be the other end of a veth pair: each names the index of the other. Indices are of a
/// namespace: the same ones may stand for a pair that is elsewhere.
fn ends<'s>(
    spaces: &'s BTreeMap<Netns, Space>,
    at: &Netns,
    link: &FoundLink,
) -> impl Iterator<Item = (&'s Netns, &'s FoundLink)> {
    let (index, apart) = (link.index, link.elsewhere.is_some());
    let other = link.other.filter(|_| link.kind == "veth");
    let there = spaces.iter().filter(move |(netns, _)| (*netns != at) == apart);
    there.filter_map(move |(netns, space)| {
        let same = |end: &&FoundLink| {
            let paired = Some(end.index) == other && end.other == Some(index);
            end.kind == "veth" && paired && end.elsewhere.is_some() == apart
        };
        space.links.iter().find(same).map(|end| (netns, end))
    })
}

/// The metric of a route that names none (`IP6_RT_PRIO_USER` in net/ip6_route.h).
fn metric(destination: IpNet) -> u32 {
    match destination {
        IpNet::V4(_) => 0,
        IpNet::V6(_) => 1024,
    }
}

/// A namespace, and what of it is looked at.
struct View<'v> {
    netns: &'v Netns,
    space: &'v Space,
    own: BTreeSet<u32>,
    interest: &'v Interest<'v>,
}

impl View<'_> {
    /// Whether netc made the namespace.
    fn is_own(&self) -> bool {
        matches!(self.netns, Netns::Named(name) if self.interest.record.netns.contains(name))
    }

    fn netns(&self) -> Netns {
        self.netns.clone()
    }

    /// Records an object on a device if it is of interest or the device is netc's own. What can
    /// bear no mark counts as netc's own where it is of interest.
    fn on(&self, device: u32, state: State, live: &mut Live) {
        if self.own.contains(&device) || self.interest.has(&state.id()) {
            live.insert(state, true);
        }
    }

    fn links(&self, spaces: &BTreeMap<Netns, Space>, live: &mut Live) {
        for found in &self.space.links {
            let name = Text::from(found.name.as_str());
            let own = self.own.contains(&found.index);
            let marked = found.alias.starts_with(MARK) || self.interest.adopt;
            let id = Id::Link(self.netns(), Text::clone(&name));
            if self.interest.has(&id) || (own && found.alias.starts_with(MARK)) {
                let peer = other_end(spaces, self.netns, found);
                live.insert(State::Link(self.link(found, peer)), own && marked);
            }
            if found.up {
                let up = State::Up(Up { netns: self.netns(), link: Text::clone(&name) });
                // A namespace of netc's own has a loopback device that netc brought up.
                if name.as_ref() == "lo" && self.is_own() {
                    live.insert(up, true);
                } else {
                    self.on(found.index, up, live);
                }
            }
            if let Some(bridge) = found.bridge.and_then(|index| self.space.name_of(index)) {
                let (netns, link) = (self.netns(), name);
                let FoundLink { hairpin, isolated, vlan, .. } = *found;
                let port = Port { netns, link, bridge, hairpin, isolated, vlan };
                self.on(found.index, State::Port(port), live);
            }
        }
    }

    fn link(&self, found: &FoundLink, peer: Option<(&Netns, &FoundLink)>) -> Link {
        let kind = match (link::kind(found, |index| self.space.name_of(index)), peer) {
            (LinkKind::Other(_), Some((netns, end))) => LinkKind::Veth(Peer {
                netns: netns.clone(),
                name: end.name.as_str().into(),
                mac: end.mac.unwrap_or_default(),
            }),
            (kind, _) => kind,
        };
        Link {
            netns: self.netns(),
            name: found.name.as_str().into(),
            mac: found.mac,
            mtu: found.mtu,
            alias: found.alias.as_str().into(),
            promiscuous: found.promiscuous,
            kind,
        }
    }

    /// Some addresses come with the device: they are nobody's, unless they are asked for.
    fn addresses(&self, live: &mut Live) {
        for found in &self.space.addresses {
            let FoundAddress { device, net, link_local, by_kernel, routed, held } = found;
            let Some(link) = self.space.name_of(*device) else { continue };
            let (routed, held) = (*routed, *held);
            let state =
                State::Address(Address { routed, held, ..Address::new(self.netns(), link, *net) });
            let asked_for = self.interest.has(&state.id());
            // On a device of somebody else's it counts as netc's own if it looks like it.
            if self.interest.holds(&state.id()) {
                let owned = held || self.interest.record.addresses.contains(&state.id());
                live.insert(state, owned || self.interest.adopt);
                continue;
            }
            if asked_for || !(*link_local || *by_kernel) {
                self.on(*device, state, live);
            }
        }
    }

    fn entries(&self, live: &mut Live) {
        for FoundEntry { device, address, mac } in &self.space.neighbours {
            let Some(link) = self.space.name_of(*device) else { continue };
            let (address, mac) = (*address, *mac);
            let state = State::Neighbour(Neighbour { netns: self.netns(), link, address, mac });
            self.on(*device, state, live);
        }
        for FoundEntry { device, address, mac } in &self.space.forwarding {
            let Some(link) = self.space.name_of(*device) else { continue };
            let (destination, mac) = (*address, *mac);
            let state = State::Fdb(Fdb { netns: self.netns(), link, mac, destination });
            self.on(*device, state, live);
        }
    }

    /// Of several routes to one destination netc's own counts, if there is one.
    fn routes(&self, live: &mut Live) {
        let ways = self.space.ways();
        for found in &self.space.routes {
            let own = found.protocol == PROTOCOL;
            let link = self.space.name_of(found.device);
            let device = link.as_ref().map(|link| Id::Link(self.netns(), Text::clone(link)));
            let gateway = found.gateway.filter(|_| !found.onlink);
            let way = gateway.and_then(|gateway| way_to(gateway, &ways));
            let way = way.map(|way| Id::Route(self.netns(), MAIN_TABLE, way));
            let state = State::Route(Route {
                netns: self.netns(),
                table: found.table,
                kind: found.kind,
                destination: found.destination,
                gateway: found.gateway,
                link,
                onlink: found.onlink,
                scope: found.scope,
                source: found.source,
                protocol: found.protocol,
                after: device.into_iter().chain(way).collect(),
            });
            let id = state.id();
            // A route of another metric stands beside netc's, not in its place. In a namespace of
            // netc's own those that the kernel made come and go with netc's own addresses.
            let comes_along = self.is_own() && found.protocol == BY_KERNEL;
            // Where all are looked at, the first one counts: the kernel lists the one that it takes first.
            let usual = self.interest.all || found.metric == metric(found.destination);
            let in_place = usual && !comes_along;
            let left = self.interest.adopt && self.is_of_overlay(found);
            let asked_for = left || self.interest.has(&id);
            if own || (in_place && asked_for && !live.states.contains_key(&id)) {
                live.insert(state, own || self.interest.adopt);
            }
        }
    }

    /// Of several rules of one priority netc's own counts, if there is one.
    fn rules(&self, live: &mut Live) {
        for found in &self.space.rules {
            let own = found.protocol == PROTOCOL;
            let rule = PolicyRule { netns: self.netns(), ..found.clone() };
            let state = State::PolicyRule(rule);
            let id = state.id();
            if own || (self.interest.has(&id) && !live.states.contains_key(&id)) {
                live.insert(state, own || self.interest.adopt);
            }
        }
    }

    /// Whether a route is one of those that flannel makes by its device, one to each node (netspec
    /// 1.7: `via BLOCK dev flannel.1 onlink`; 1.9: `via NODE dev flannel.ipip onlink`), and the device
    /// is taken over: those to nodes that are gone go with their entries.
    fn is_of_overlay(&self, found: &FoundRoute) -> bool {
        let kind = |link: &FoundLink| matches!(link.kind.as_str(), "vxlan" | "ipip");
        let overlay = |link: &&FoundLink| link.index == found.device && kind(link);
        let own = self.own.contains(&found.device);
        own && found.onlink && self.space.links.iter().any(|link| overlay(&link))
    }

    fn underlays(&self, live: &mut Live) {
        for link in &self.space.links {
            let name = Text::from(link.name.as_str());
            if self.interest.has(&Id::Underlay(Text::clone(&name))) {
                let own = self.space.addresses.iter().filter(|own| own.device == link.index);
                let addresses: Vec<IpAddr> = own.map(|own| own.net.addr()).collect();
                live.insert(State::Underlay(Underlay { name, addresses }), true);
            }
        }
    }
}
