//! `docker` statements.

use super::per_family;
use crate::model::{DockerLayout, DockerRules, Family, GatewayMode, PerFamily, Published, fault};
use ipnet::IpNet;
use netc_lang::{Diagnostic, HostPorts, Interface, Item, Port, PortRange, Span, Spanned};
use std::net::IpAddr;

/// What is stated of Docker on a node.
pub(crate) struct DockerDecl {
    pub(crate) node: Spanned<String>,
    pub(crate) span: Span,
    pub(crate) rules: DockerRules,
    pub(crate) userland_proxy: bool,
    pub(crate) networks: Vec<NetworkDecl>,
    pub(crate) containers: Vec<ContainerDecl>,
}

/// A network of containers.
pub(crate) struct NetworkDecl {
    pub(crate) name: Spanned<String>,
    pub(crate) span: Span,
    pub(crate) device: Option<Spanned<String>>,
    pub(crate) gateways: PerFamily<Spanned<IpNet>>,
    pub(crate) internal: bool,
    pub(crate) icc: bool,
    pub(crate) masquerade: bool,
    pub(crate) modes: PerFamily<Spanned<GatewayMode>>,
    pub(crate) snat: PerFamily<Spanned<IpAddr>>,
    pub(crate) bind: Option<Spanned<IpAddr>>,
    pub(crate) mtu: Spanned<u32>,
}

impl NetworkDecl {
    /// Whether published ports are translated in a family of the network.
    pub(crate) fn translates(&self, family: Family) -> bool {
        let routed = self.modes.get(family).is_some_and(|mode| mode.value == GatewayMode::Routed);
        self.gateways.get(family).is_some() && !routed
    }
}

/// A container.
pub(crate) struct ContainerDecl {
    pub(crate) name: Spanned<String>,
    pub(crate) span: Span,
    pub(crate) mode: Spanned<Mode>,
    pub(crate) addresses: PerFamily<Spanned<IpAddr>>,
    pub(crate) published: Vec<Published>,
}

/// Where a container is to be, by name.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    Host,
    None,
    Network(String),
    Container(String),
}

/// `docker NODE { … }`
pub(super) fn read(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<DockerDecl> {
    let node = item.one::<&str>("node")?.map(str::to_owned);
    let word = |keyword, field| item.child(keyword).and_then(|item| item.one::<&str>(field));
    let nftables = word("rules", "kind").is_some_and(|kind| kind.value == "nftables");
    if let (true, Some(layout)) = (nftables, item.child("layout")) {
        faults.push(fault::option_of_another_kind("rules", "nftables", "layout", layout.span));
    }
    let rules = match word("layout", "version").map_or("28", |version| version.value) {
        _ if nftables => DockerRules::Nftables,
        "27" => DockerRules::Iptables(DockerLayout::Classic),
        _ => DockerRules::Iptables(DockerLayout::Current),
    };
    Some(DockerDecl {
        node,
        span: item.span,
        rules,
        userland_proxy: switch(item, "userland-proxy"),
        networks: item.children("network").filter_map(|item| network(item, faults)).collect(),
        containers: item.children("container").filter_map(|item| container(item, faults)).collect(),
    })
}

/// A switch that is on if nothing is said.
fn switch(item: &Item, keyword: &str) -> bool {
    let stated = item.child(keyword).and_then(|item| item.one("switch"));
    stated.is_none_or(|switch| switch.value)
}

/// `network NAME { … }`
fn network(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<NetworkDecl> {
    let name = item.one::<&str>("name")?.map(str::to_owned);
    let stated = item.children("address").flat_map(|item| item.all::<Interface>("address"));
    let gateways: Vec<Spanned<IpNet>> =
        stated.filter_map(|stated| gateway(stated, faults)).collect();
    if item.child("address").is_none() {
        faults.push(fault::network_without_address(&name.value, item.span));
    }
    let device = item.child("name").and_then(|item| item.one::<&str>("device"));
    let mtu = item.child("mtu").and_then(|item| item.one("bytes"));
    let what = "addresses of one network";
    let gateways = per_family(gateways.into_iter(), Family::of_net, what, faults);
    let modes = item.children("gateway-mode").flat_map(|item| gateway_modes(item, &gateways));
    let modes = per_family(modes, |(family, _)| family, "gateway modes of one network", faults);
    let snat = item.children("snat").flat_map(|item| item.all("address"));
    Some(NetworkDecl {
        name,
        span: item.span,
        device: device.map(|device| device.map(str::to_owned)),
        gateways,
        internal: item.child("internal").is_some(),
        icc: switch(item, "icc"),
        masquerade: switch(item, "masquerade"),
        modes: modes.iter().map(|(family, mode)| (family, mode.map(|(_, mode)| mode))).collect(),
        snat: per_family(snat, Family::of, "source addresses of one network", faults),
        bind: item.child("bind").and_then(|item| item.one("address")),
        mtu: mtu.unwrap_or(Spanned::new(1500, item.span)),
    })
}

/// `gateway-mode MODE [FAMILY]`: for one family, or for those that the network has.
fn gateway_modes<T>(item: &Item, gateways: &PerFamily<T>) -> Vec<Spanned<(Family, GatewayMode)>> {
    let Some(mode) = item.one::<&str>("mode") else { return Vec::new() };
    let mode = match mode.value {
        "routed" => GatewayMode::Routed,
        "nat-unprotected" => GatewayMode::NatUnprotected,
        _ => GatewayMode::Nat,
    };
    let families = match item.one::<&str>("family").map(|family| family.value) {
        Some("ipv6") => vec![Family::V6],
        Some(_) => vec![Family::V4],
        None => gateways.families().collect(),
    };
    families.into_iter().map(|family| Spanned::new((family, mode), item.span)).collect()
}

/// The gateway's address with the length of its network, which has room for a container too.
fn gateway(stated: Spanned<Interface>, faults: &mut Vec<Diagnostic>) -> Option<Spanned<IpNet>> {
    let Spanned { value: Interface { address, prefix }, span } = stated;
    let Some(prefix) = prefix else {
        faults.push(fault::gateway_without_length(address, span));
        return None;
    };
    let net = IpNet::new(address, prefix).ok()?;
    let longest = Family::of(address).bits() - 2;
    let is_host = address != net.network() && (address.is_ipv6() || address != net.broadcast());
    if prefix == 0 || prefix > longest {
        faults.push(fault::docker_network_size(net, longest, span));
        return None;
    } else if !is_host {
        faults.push(fault::not_a_host(address, net.trunc(), span));
        return None;
    }
    Some(Spanned::new(net, span))
}

/// `container NAME { … }`
fn container(item: &Item, faults: &mut Vec<Diagnostic>) -> Option<ContainerDecl> {
    let name = item.one::<&str>("name")?.map(str::to_owned);
    let mode = item.child("network").and_then(|item| item.one::<&str>("mode"));
    let mode = mode.unwrap_or(Spanned::new("bridge", item.span));
    let addresses = item.children("ip").flat_map(|item| item.all("address"));
    let published = item.children("publish").flat_map(|item| published(item, faults)).collect();
    Some(ContainerDecl {
        name,
        span: item.span,
        mode: mode.map(self::mode),
        addresses: per_family(addresses, Family::of, "addresses of one container", faults),
        published,
    })
}

/// `publish HOST -> PORT`: a port, or as many of the node as of the container.
fn published(item: &Item, faults: &mut Vec<Diagnostic>) -> Vec<Published> {
    let host = item.one::<HostPorts>("host");
    let (Some(host), Some(to)) = (host, item.one::<PortRange>("port")) else { return Vec::new() };
    let HostPorts { address, first, last } = host.value;
    let PortRange { first: inner, last: innermost, protocol } = to.value;
    if last - first != innermost - inner {
        faults.push(fault::ranges_of_two_lengths((first, last), (inner, innermost), item.span));
        return Vec::new();
    }
    let pairs = (first..=last).zip(inner..=innermost);
    let published = pairs.map(|(port, number)| Published {
        address,
        port,
        target: Port { number, protocol },
        span: item.span,
    });
    published.collect()
}

fn mode(word: &str) -> Mode {
    match word.strip_prefix("container:") {
        Some(name) => Mode::Container(name.to_owned()),
        None => match word {
            "host" => Mode::Host,
            "none" => Mode::None,
            name => Mode::Network(name.to_owned()),
        },
    }
}
