//! Reading the live node into the same object types as the desired state, as far as it
//! concerns what is desired. Reading changes nothing.

use super::error::KernelError;
use super::link::{FoundLink, as_object};
use super::machine::Machine;
use super::{address, conntrack, link, module, neighbour, route, sysctl, xtables};
use crate::graph::Ordered;
use crate::model::Family;
use crate::object::{
    Address, Fdb, LinkKind, Module, Neighbour, Netns, NetnsObject, PROTOCOL, Port, Route, State,
    Sysctl, Text, Underlay, Up,
};
use crate::plan::Live;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The alias of devices that netc made begins so.
const MARK: &str = "netc ";

/// The live state of a node.
///
/// # Errors
/// Something could not be read.
pub fn observe(machine: &mut Machine, desired: &Ordered) -> Result<Live, KernelError> {
    let mut live = Live::default();
    let spaces = spaces(machine, desired)?;
    for (netns, space) in &spaces {
        if let Netns::Named(name) = netns {
            live.insert(State::Netns(NetnsObject { name: Text::clone(name) }), true);
        }
        parameters(machine, desired, netns, &mut live)?;
        space.objects(netns, desired, &spaces, &mut live);
    }
    let mut families = BTreeSet::new();
    for node in &desired.nodes {
        match &node.object.state {
            State::Module(wanted) if module::present(&wanted.name) => {
                live.insert(State::Module(Module { name: Text::clone(&wanted.name) }), true);
            }
            State::Ruleset(ruleset) => {
                families.insert(ruleset.family);
            }
            _ => {}
        }
    }
    for family in families {
        for (table, rules) in xtables::save(machine, family)? {
            live.rules.insert((family, table), rules);
        }
    }
    conntrack::observe(machine, desired, &mut live)?;
    Ok(live)
}

/// All addresses of the node's own namespace.
///
/// # Errors
/// They could not be read.
pub fn addresses(machine: &mut Machine) -> Result<Vec<IpAddr>, KernelError> {
    let all = address::list(machine.socket(&Netns::Node)?)?;
    Ok(all.into_iter().map(|found| found.net.addr()).collect())
}

/// What netlink says of one namespace.
#[derive(Default)]
struct Space {
    links: Vec<FoundLink>,
    addresses: Vec<address::FoundAddress>,
    routes: Vec<route::FoundRoute>,
    neighbours: Vec<neighbour::FoundEntry>,
    forwarding: Vec<neighbour::FoundEntry>,
}

/// The namespaces that are desired and are there.
fn spaces(machine: &mut Machine, desired: &Ordered) -> Result<BTreeMap<Netns, Space>, KernelError> {
    let mut wanted = BTreeSet::from([Netns::Node]);
    for node in &desired.nodes {
        if let State::Netns(netns) = &node.object.state {
            wanted.insert(Netns::Named(Text::clone(&netns.name)));
        }
    }
    let mut spaces = BTreeMap::new();
    for netns in wanted {
        if machine.has(&netns)? {
            let socket = machine.socket(&netns)?;
            let space = Space {
                links: link::list(socket)?,
                addresses: address::list(socket)?,
                routes: route::list(socket)?,
                neighbours: neighbour::list(socket)?,
                forwarding: neighbour::list_fdb(socket)?,
            };
            spaces.insert(netns, space);
        }
    }
    Ok(spaces)
}

/// Reads the desired parameters of a namespace.
fn parameters(
    machine: &mut Machine,
    desired: &Ordered,
    netns: &Netns,
    live: &mut Live,
) -> Result<(), KernelError> {
    let wanted = desired.nodes.iter().filter_map(|node| match &node.object.state {
        State::Sysctl(sysctl) if sysctl.netns == *netns => Some(sysctl),
        _ => None,
    });
    let wanted: Vec<&Sysctl> = wanted.collect();
    let read = || -> Result<Vec<Option<String>>, KernelError> {
        let value = |wanted: &&Sysctl| match sysctl::read(&wanted.key)? {
            None if wanted.key.starts_with("net.ipv6.") && !sysctl::has_ipv6() => {
                Ok(Some(wanted.value.to_string()))
            }
            found => Ok(found),
        };
        wanted.iter().map(value).collect()
    };
    let values = machine.namespace(netns)?.within(read)??;
    for (wanted, value) in wanted.iter().zip(values) {
        if let Some(value) = value {
            let found = Sysctl { value: value.into(), ..(*wanted).clone() };
            live.insert(State::Sysctl(found), true);
        }
    }
    Ok(())
}

impl Space {
    fn link(&self, name: &str) -> Option<&FoundLink> {
        self.links.iter().find(|link| link.name == name)
    }

    fn name_of(&self, index: u32) -> Option<&str> {
        self.links.iter().find(|link| link.index == index).map(|link| link.name.as_str())
    }

    /// Records what was found of the desired objects of this namespace.
    fn objects(
        &self,
        netns: &Netns,
        desired: &Ordered,
        spaces: &BTreeMap<Netns, Space>,
        live: &mut Live,
    ) {
        for node in &desired.nodes {
            let found = match &node.object.state {
                State::Underlay(wanted) if *netns == Netns::Node => self.underlay(wanted),
                State::Link(wanted) if wanted.netns == *netns => {
                    let Some(found) = self.link(&wanted.name) else { continue };
                    let peer = match &wanted.kind {
                        LinkKind::Veth(peer) => spaces
                            .get(&peer.netns)
                            .and_then(|space| space.link(&peer.name))
                            .map(|end| (end, peer)),
                        _ => None,
                    };
                    let name_of = |index| self.name_of(index).map(str::to_owned);
                    let object = as_object(found, netns, name_of, peer);
                    live.insert(State::Link(object), found.alias.starts_with(MARK));
                    continue;
                }
                State::Port(wanted) if wanted.netns == *netns => self.port(wanted),
                State::Up(wanted) if wanted.netns == *netns => self.up(wanted),
                State::Address(wanted) if wanted.netns == *netns => self.address(wanted),
                State::Neighbour(wanted) if wanted.netns == *netns => self.neighbour(wanted),
                State::Fdb(wanted) if wanted.netns == *netns => self.forwarding(wanted),
                State::Route(wanted) if wanted.netns == *netns => {
                    self.route(wanted, live);
                    continue;
                }
                _ => continue,
            };
            if let Some(state) = found {
                live.insert(state, true);
            }
        }
    }

    fn underlay(&self, wanted: &Underlay) -> Option<State> {
        let index = self.link(&wanted.name)?.index;
        let own = self.addresses.iter().filter(|found| found.device == index);
        let addresses = own.map(|found| found.net.addr()).collect();
        Some(State::Underlay(Underlay { name: Text::clone(&wanted.name), addresses }))
    }

    fn port(&self, wanted: &Port) -> Option<State> {
        let link = self.link(&wanted.link)?;
        let bridge = self.name_of(link.bridge?)?.into();
        Some(State::Port(Port { bridge, hairpin: link.hairpin, ..wanted.clone() }))
    }

    fn up(&self, wanted: &Up) -> Option<State> {
        self.link(&wanted.link)?.up.then(|| State::Up(wanted.clone()))
    }

    fn address(&self, wanted: &Address) -> Option<State> {
        let index = self.link(&wanted.link)?.index;
        let mut all = self.addresses.iter();
        let there = all.any(|found| (found.device, found.net) == (index, wanted.address));
        there.then(|| State::Address(wanted.clone()))
    }

    fn neighbour(&self, wanted: &Neighbour) -> Option<State> {
        let index = self.link(&wanted.link)?.index;
        let entry = self
            .neighbours
            .iter()
            .find(|entry| entry.device == index && entry.address == wanted.address)?;
        Some(State::Neighbour(Neighbour { mac: entry.mac, ..wanted.clone() }))
    }

    fn forwarding(&self, wanted: &Fdb) -> Option<State> {
        let index = self.link(&wanted.link)?.index;
        let entry = self
            .forwarding
            .iter()
            .find(|entry| entry.device == index && entry.mac == wanted.mac)?;
        Some(State::Fdb(Fdb { destination: entry.address, ..wanted.clone() }))
    }

    /// Of several routes to one destination netc's own counts, if there is one.
    fn route(&self, wanted: &Route, live: &mut Live) {
        let same = self
            .routes
            .iter()
            .filter(|route| (route.table, route.destination) == (wanted.table, wanted.destination));
        let Some(found) = same.max_by_key(|route| route.protocol == PROTOCOL) else { return };
        let unspecified = Family::of_net(wanted.destination).address(0);
        let object = Route {
            gateway: found.gateway.unwrap_or(unspecified),
            link: self.name_of(found.device).unwrap_or_default().into(),
            onlink: found.onlink,
            ..wanted.clone()
        };
        live.insert(State::Route(object), found.protocol == PROTOCOL);
    }
}
