//! From an item to its system.

use super::System;
use crate::graph::Item;
use crate::model::{Cluster, Engine, Node, OverlayKind, Primitives, ProxyMode};
use crate::object::{
    Id, Link, LinkKind, Netns, NftTable, Route, SERVICE_DEVICE, State, Sysctl, is_chain, target,
};
use crate::plan::{System as Owner, system, system_of_set, system_of_table};
use netc_lang::Span;
use std::collections::{BTreeMap, BTreeSet};

/// What the system of an item depends on beside the item.
pub(in crate::why) struct Around<'a> {
    pub(in crate::why) cluster: &'a Cluster,
    node: &'a Node,
    /// The devices of the node, both ends of pairs.
    devices: BTreeMap<(Netns, &'a str), &'a Link>,
    /// The statements of primitives.
    stated: BTreeSet<Span>,
}

impl<'a> Around<'a> {
    /// All that there is on a node.
    pub(in crate::why) fn new(
        cluster: &'a Cluster,
        node: &'a Node,
        items: impl Iterator<Item = Item<'a>>,
    ) -> Around<'a> {
        let mut devices = BTreeMap::new();
        for item in items {
            let Item::Object(object) = item else { continue };
            let State::Link(link) = &object.state else { continue };
            devices.insert((link.netns.clone(), &*link.name), link);
            if let LinkKind::Veth(peer) = &link.kind {
                devices.insert((peer.netns.clone(), &*peer.name), link);
            }
        }
        let stated = node.primitives.as_ref().map(statements).unwrap_or_default();
        Around { cluster, node, devices, stated }
    }
}

/// The statements in a block of primitives.
fn statements(all: &Primitives) -> BTreeSet<Span> {
    let namespaces = all.namespaces.iter().map(|one| one.span);
    let bridges = all.bridges.iter();
    let bridges = bridges
        .flat_map(|one| std::iter::once(one.span).chain(one.ports.iter().map(|port| port.span)));
    let pairs = all.pairs.iter().map(|one| one.span);
    let addresses = all.addresses.iter().map(|one| one.span);
    let routes = all.routes.iter().map(|one| one.span);
    let policy = all.policy.iter().map(|one| one.span);
    let parameters = all.parameters.iter().map(|one| one.span);
    let chains = all.chains.iter();
    let chains = chains
        .flat_map(|one| std::iter::once(one.span).chain(one.rules.iter().map(|rule| rule.span)));
    let devices = namespaces.chain(bridges).chain(pairs).chain(addresses);
    devices.chain(routes).chain(policy).chain(parameters).chain(chains).chain([all.span]).collect()
}

/// The system of an item.
pub(in crate::why) fn of(item: &Item, around: &Around) -> System {
    if around.stated.contains(&item.origin()) {
        return System::Nobody;
    }
    match item {
        Item::Chain(chain) => of_chain(chain.name.as_str(), around),
        Item::Part(part) => of_table(part.table),
        Item::Object(object) => of_state(&object.state, around),
    }
}

fn of_state(state: &State, around: &Around) -> System {
    match state {
        State::Underlay(_) => System::Machine,
        State::Module(module) => match &*module.name {
            "br_netfilter" => System::BridgeNetfilter,
            _ => System::Modules,
        },
        State::Sysctl(sysctl) => of_parameter(sysctl, around),
        State::Netns(netns) => of_namespace(&netns.name),
        State::Link(link) => of_link(link, around),
        State::Port(own) => of_device(&own.netns, &own.link, around),
        State::Wireguard(_) | State::WireguardPeer(_) => System::FlannelWireguard,
        State::Address(own) => of_device(&own.netns, &own.link, around),
        State::Up(own) => match (&*own.link, &own.netns) {
            ("lo", Netns::Named(name)) if of_namespace(name) == System::Runtime => {
                System::CniLoopback
            }
            ("lo", Netns::Named(name)) => of_namespace(name),
            _ => of_device(&own.netns, &own.link, around),
        },
        State::Neighbour(own) => of_device(&own.netns, &own.link, around),
        State::Fdb(own) => of_device(&own.netns, &own.link, around),
        State::Route(route) => of_route(route, around),
        State::PolicyRule(_) => System::Nobody,
        State::Set(set) => match system_of_set(set.name.as_str()) {
            Some(_) => System::ProxyIpvs,
            None => System::Nobody,
        },
        State::Virtual(_) => System::ProxyIpvs,
        // Where it serves no ingresses it stands for kube-proxy itself.
        State::Balancer(_) if around.cluster.ingress_controller.is_none() => System::ProxyUserspace,
        State::Balancer(own) => match own.engine {
            Engine::Nginx => System::Nginx,
            Engine::Haproxy => System::Haproxy,
        },
        State::NftTable(table) => of_table(table),
        State::Ruleset(ruleset) => match ruleset.names().next() {
            Some(name) => of_chain(name.as_str(), around),
            None => System::Nobody,
        },
        State::Jump(jump) => match is_chain(jump.to.as_str()) {
            true => of_chain(jump.to.as_str(), around),
            false => of_rule(&jump.line, around),
        },
        State::Flush(_) => System::ProxyCleanup,
    }
}

/// Of a chain, by its name.
fn of_chain(name: &str, around: &Around) -> System {
    match system(name) {
        Some(Owner::KubeProxy) => around.proxy(),
        Some(Owner::Flannel) => System::FlannelIptables,
        None if name.starts_with("CNI-HOSTPORT-") || name.starts_with("CNI-DN-") => {
            System::CniPortmap
        }
        None if name.starts_with("CNI-") => System::CniMasquerade,
        None if name == "DOCKER" || name.starts_with("DOCKER-") => System::DockerIptables,
        None => System::Nobody,
    }
}

/// Of a rule in a built-in chain that decides itself: Docker has some.
fn of_rule(line: &str, around: &Around) -> System {
    match (target(line), &around.node.docker) {
        (Some(_), Some(_)) => System::DockerIptables,
        _ => System::Nobody,
    }
}

fn of_table(table: &NftTable) -> System {
    match system_of_table(&table.name) {
        Some(Owner::KubeProxy) => System::ProxyNftables,
        Some(Owner::Flannel) => System::FlannelNftables,
        None if table.name.starts_with("docker") => System::DockerNftables,
        None => System::Nobody,
    }
}

/// Of a namespace, by its name, which is netc's.
fn of_namespace(name: &str) -> System {
    if name.starts_with("pod-") {
        System::Runtime
    } else if name.starts_with("docker-") {
        System::DockerBridge
    } else {
        System::Nobody
    }
}

/// Of a device, by its alias.
fn of_link(link: &Link, around: &Around) -> System {
    let Some(whom) = link.alias.strip_prefix("netc ") else { return System::Nobody };
    let begins = |word: &str| whom.starts_with(word);
    if begins("overlay ") {
        around.overlay()
    } else if begins("services ") {
        System::ProxyIpvs
    } else if begins("docker ") {
        System::DockerBridge
    } else if begins("pods ") || begins("gateway ") || begins("pod ") {
        around.attachment()
    } else {
        System::Nobody
    }
}

fn of_device(netns: &Netns, name: &str, around: &Around) -> System {
    if name == SERVICE_DEVICE {
        return System::ProxyIpvs;
    }
    match around.devices.get(&(netns.clone(), name)) {
        Some(link) => of_link(link, around),
        None => System::Machine,
    }
}

/// Of a route: by its device, or, where that is the node's own, by what nodes are reached by.
fn of_route(route: &Route, around: &Around) -> System {
    let Some(device) = &route.link else { return System::Nobody };
    match of_device(&route.netns, device, around) {
        System::Machine if around.cluster.overlay.kind == OverlayKind::Static => System::Nobody,
        System::Machine => System::FlannelHostGw,
        other => other,
    }
}

fn of_parameter(sysctl: &Sysctl, around: &Around) -> System {
    if let Some(Id::Link(netns, name)) = &sysctl.after {
        return match (of_device(netns, name, around), sysctl.key.ends_with(".route_localnet")) {
            (System::CniBridge | System::CniPtp, true) => System::CniPortmap,
            (system, _) => system,
        };
    }
    let begins = |begin: &str| sysctl.key.starts_with(begin);
    if begins("net.bridge.") {
        System::BridgeNetfilter
    } else if begins("net.netfilter.nf_conntrack_") {
        System::ProxyConntrack
    } else if begins("net.ipv4.vs.") || begins("net.ipv4.conf.all.arp_") {
        System::ProxyIpvs
    } else if begins("net.ipv4.conf.all.route_localnet") {
        System::ProxyIptables
    } else {
        System::Forwarding
    }
}

impl Around<'_> {
    /// kube-proxy in its mode. Where it is in nftables mode no chain of iptables is its own.
    fn proxy(&self) -> System {
        match self.cluster.proxy.as_ref().map(|proxy| &proxy.mode) {
            Some(ProxyMode::Ipvs(_)) => System::ProxyIpvs,
            Some(ProxyMode::Nftables(_)) => System::ProxyNftables,
            Some(ProxyMode::Userspace(_)) => System::ProxyUserspace,
            Some(ProxyMode::Iptables | ProxyMode::Kernelspace) | None => System::ProxyIptables,
        }
    }

    fn overlay(&self) -> System {
        match self.cluster.overlay.kind {
            OverlayKind::Vxlan(_) => System::FlannelVxlan,
            OverlayKind::HostGw => System::FlannelHostGw,
            OverlayKind::Ipip { .. } => System::FlannelIpip,
            OverlayKind::Wireguard(_) => System::FlannelWireguard,
            OverlayKind::Udp { .. } => System::FlannelUdp,
            OverlayKind::Static | OverlayKind::None => System::Nobody,
        }
    }

    fn attachment(&self) -> System {
        match self.node.attachment.as_ref().map(|own| own.bridge().is_some()) {
            Some(false) => System::CniPtp,
            _ => System::CniBridge,
        }
    }
}
