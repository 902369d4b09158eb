//! A network namespace joined to a bridge by a veth pair: pods and containers have one alike.

use super::Context;
use super::bridge::no_router_advertisements;
use crate::model::Family;
use crate::object::{
    Address, Id, Link, LinkKind, MAIN_TABLE, Netns, NetnsObject, Peer, Port, Route, State, Sysctl,
    Text, Up,
};
use ipnet::IpNet;
use netc_lang::{Mac, Span};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A namespace and its way out.
pub(super) struct Joint {
    /// Who asked for it.
    pub(super) span: Span,
    /// The name of the namespace.
    pub(super) netns: Text,
    /// The node's end.
    pub(super) host: Text,
    /// The alias of the node's end.
    pub(super) alias: Text,
    /// The Ethernet address of the other end.
    pub(super) mac: Mac,
    /// The MTU of both.
    pub(super) mtu: u32,
    /// The bridge that the node's end is in, if there is one.
    pub(super) port: Option<Membership>,
    /// Whether it has IPv6 addresses.
    pub(super) v6: bool,
}

/// The place of a node's end in a bridge.
pub(super) struct Membership {
    /// The bridge.
    pub(super) bridge: Text,
    /// Whether the bridge sends packets back where they came from.
    pub(super) hairpin: bool,
    /// Whether it keeps it apart from other isolated ports.
    pub(super) isolated: bool,
    /// The vlan that it is in.
    pub(super) vlan: Option<u16>,
}

/// The device that everybody within sees.
pub(super) fn eth0() -> Text {
    "eth0".into()
}

/// The name of the node's end: `veth` and 8 hexadecimal digits, made from a name. Should two on a
/// node get the same one, the second tries again.
pub(super) fn host_end(of: &str, names: &mut BTreeSet<Text>) -> Text {
    let mut salt = String::new();
    loop {
        let hash = Sha256::digest(format!("{of}{salt}"));
        let name =
            format!("veth{}", data_encoding::HEXLOWER.encode(hash.get(..4).unwrap_or(&hash)));
        let name: Text = name.into();
        if names.insert(Text::clone(&name)) {
            return name;
        }
        salt.push('+');
    }
}

/// A namespace with nothing but loopback.
pub(super) fn isolated(cx: &mut Context, name: &Text, span: Span) {
    cx.objects.add(State::Netns(NetnsObject { name: Text::clone(name) }), span);
    let netns = Netns::Named(Text::clone(name));
    cx.objects.add(State::Up(Up { netns, link: "lo".into() }), span);
}

/// The namespace, the veth pair, its node's end in the bridge if there is one, both ends up, and the
/// parameters of the inner one.
pub(super) fn join(cx: &mut Context, joint: &Joint) {
    let Joint { span, host, .. } = joint;
    isolated(cx, &joint.netns, *span);
    let netns = Netns::Named(Text::clone(&joint.netns));
    let link = Link {
        netns: Netns::Node,
        name: Text::clone(host),
        mac: None,
        mtu: joint.mtu,
        alias: Text::clone(&joint.alias),
        promiscuous: false,
        kind: LinkKind::Veth(Peer { netns: netns.clone(), name: eth0(), mac: joint.mac }),
    };
    cx.objects.add(State::Link(link), *span);
    cx.objects.add(no_router_advertisements(Netns::Node, host), *span);
    if let Some(Membership { bridge, hairpin, isolated, vlan }) = &joint.port {
        let (netns, link, bridge) = (Netns::Node, Text::clone(host), Text::clone(bridge));
        let (hairpin, isolated, vlan) = (*hairpin, *isolated, *vlan);
        let port = Port { netns, link, bridge, hairpin, isolated, vlan };
        cx.objects.add(State::Port(port), *span);
    }
    cx.objects.add(State::Up(Up { netns: Netns::Node, link: Text::clone(host) }), *span);
    cx.objects.add(State::Up(Up { netns: netns.clone(), link: eth0() }), *span);
    parameters(cx, joint, &netns);
}

/// The parameters of the inner device. An address must be usable at once: no duplicate address
/// detection; it announces itself, so that caches forget an earlier holder of its address.
fn parameters(cx: &mut Context, joint: &Joint, netns: &Netns) {
    let of_v6 = [
        ("ipv6", "disable_ipv6", "0"),
        ("ipv6", "accept_dad", "0"),
        ("ipv6", "keep_addr_on_down", "1"),
    ];
    let all = of_v6.into_iter().filter(|_| joint.v6).chain([("ipv4", "arp_notify", "1")]);
    for (family, parameter, value) in all {
        let sysctl = Sysctl {
            netns: netns.clone(),
            key: format!("net.{family}.conf.eth0.{parameter}").into(),
            value: value.into(),
            minimum: false,
            after: Some(Id::Link(netns.clone(), eth0())),
        };
        cx.objects.add(State::Sysctl(sysctl), joint.span);
    }
}

/// An address of the inner device, and routes by a gateway of its network.
pub(super) fn address(
    cx: &mut Context,
    joint: &Joint,
    address: IpNet,
    routes: impl IntoIterator<Item = (IpNet, IpAddr)>,
) {
    let netns = Netns::Named(Text::clone(&joint.netns));
    let own =
        Address { routed: joint.port.is_some(), ..Address::new(netns.clone(), eth0(), address) };
    cx.objects.add(State::Address(own), joint.span);
    for (destination, gateway) in routes {
        let mut after =
            vec![Id::Address(netns.clone(), eth0(), address), Id::Up(netns.clone(), eth0())];
        // Without a bridge the gateway is reached by a route of its own.
        if joint.port.is_none() {
            after.push(Id::Route(netns.clone(), MAIN_TABLE, IpNet::from(gateway)));
        }
        let route = Route { after, ..Route::via(netns.clone(), destination, gateway, eth0()) };
        cx.objects.add(State::Route(route), joint.span);
    }
}

/// Whether there are IPv6 addresses among these.
pub(super) fn has_v6<T>(addresses: &crate::model::PerFamily<T>) -> bool {
    addresses.get(Family::V6).is_some()
}
