//! The pods of a node: a namespace each, joined to the bridge by a veth pair, as CNI's bridge
//! plugin and flannel's make them (netspec 2.2, 2.8).

use super::Context;
use super::bridge::{mac, no_router_advertisements};
use crate::model::{Bridge, Family, Pod, gateway};
use crate::object::{
    Address, Id, Link, LinkKind, MAIN_TABLE, Netns, NetnsObject, PROTOCOL, Peer, Port, Route,
    State, Sysctl, Text, Up,
};
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

pub(super) fn lower(cx: &mut Context, bridge: &Bridge) {
    let mut names = BTreeSet::new();
    for pod in cx.pods() {
        let host = host_end(pod, &mut names);
        let netns: Text = namespace(pod).into();
        cx.objects.add(State::Netns(NetnsObject { name: Text::clone(&netns) }), pod.span);
        let netns = Netns::Named(netns);
        pair(cx, pod, bridge, &host, &netns);
        parameters(cx, pod, &netns);
        addresses(cx, pod, &netns);
    }
}

/// The namespace of a pod, named after it. It is a file's name, which has at most 255 bytes: a
/// longer one ends in a hash of the whole.
fn namespace(pod: &Pod) -> String {
    const LIMIT: usize = 255;
    let name = format!("pod-{}.{}", pod.name.namespace, pod.name.name);
    if name.len() <= LIMIT {
        return name;
    }
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&name));
    let kept = name.get(..LIMIT - hash.len() - 1).unwrap_or_default();
    format!("{kept}-{hash}")
}

/// The device that every pod sees.
fn eth0() -> Text {
    "eth0".into()
}

/// The name of the node's end: `veth` and 8 hexadecimal digits, made from the pod's name. Should
/// two pods of a node get the same one, the second tries again.
fn host_end(pod: &Pod, names: &mut BTreeSet<Text>) -> Text {
    let mut salt = String::new();
    loop {
        let hash = Sha256::digest(format!("{}{salt}", pod.name));
        let name =
            format!("veth{}", data_encoding::HEXLOWER.encode(hash.get(..4).unwrap_or(&hash)));
        let name: Text = name.into();
        if names.insert(Text::clone(&name)) {
            return name;
        }
        salt.push('+');
    }
}

/// The veth pair, its node's end in the bridge, both ends up.
fn pair(cx: &mut Context, pod: &Pod, bridge: &Bridge, host: &Text, netns: &Netns) {
    let link = Link {
        netns: Netns::Node,
        name: Text::clone(host),
        mac: None,
        mtu: cx.cluster.mtu,
        alias: format!("netc pod {}", pod.name).into(),
        kind: LinkKind::Veth(Peer {
            netns: netns.clone(),
            name: eth0(),
            mac: mac(&pod.addresses).unwrap_or_default(),
        }),
    };
    cx.objects.add(State::Link(link), pod.span);
    cx.objects.add(no_router_advertisements(Netns::Node, host), pod.span);
    let port = Port {
        netns: Netns::Node,
        link: Text::clone(host),
        bridge: bridge.name.as_str().into(),
        hairpin: bridge.hairpin,
    };
    cx.objects.add(State::Port(port), pod.span);
    let up = |netns: &Netns, link: Text| State::Up(Up { netns: netns.clone(), link });
    cx.objects.add(up(&Netns::Node, Text::clone(host)), pod.span);
    cx.objects.add(up(netns, eth0()), pod.span);
    cx.objects.add(up(netns, "lo".into()), pod.span);
}

/// The parameters of the pod's device. An address must be usable at once: no duplicate address
/// detection; it announces itself, so that caches forget an earlier pod with its address.
fn parameters(cx: &mut Context, pod: &Pod, netns: &Netns) {
    let v6 = pod.addresses.get(Family::V6).is_some();
    let of_v6 = [
        ("ipv6", "disable_ipv6", "0"),
        ("ipv6", "accept_dad", "0"),
        ("ipv6", "keep_addr_on_down", "1"),
    ];
    let all = of_v6.into_iter().filter(|_| v6).chain([("ipv4", "arp_notify", "1")]);
    for (family, parameter, value) in all {
        let sysctl = Sysctl {
            netns: netns.clone(),
            key: format!("net.{family}.conf.eth0.{parameter}").into(),
            value: value.into(),
            minimum: false,
            after: Some(Id::Link(netns.clone(), eth0())),
        };
        cx.objects.add(State::Sysctl(sysctl), pod.span);
    }
}

/// The addresses, and the routes by the gateway: the default route, and with a flannel overlay
/// the pod network's own, as flannel's CNI plugin asks for it.
fn addresses(cx: &mut Context, pod: &Pod, netns: &Netns) {
    let cluster = cx.cluster;
    for (family, address) in pod.addresses.iter() {
        let Some(block) = cx.node.blocks.get(family) else { continue };
        let Ok(address) = IpNet::new(*address, block.prefix_len()) else { continue };
        let own = Address { netns: netns.clone(), link: eth0(), address, after: Vec::new() };
        cx.objects.add(State::Address(own), pod.span);
        let network = cluster.pod_networks.get(family).map(|pods| pods.network);
        let network = network.filter(|_| cluster.overlay.kind.is_flannel());
        for destination in network.into_iter().chain([family.default_route()]) {
            let route = Route {
                netns: netns.clone(),
                table: MAIN_TABLE,
                protocol: PROTOCOL,
                destination,
                gateway: gateway(*block),
                link: eth0(),
                onlink: false,
                after: vec![
                    Id::Address(netns.clone(), eth0(), address),
                    Id::Up(netns.clone(), eth0()),
                ],
            };
            cx.objects.add(State::Route(route), pod.span);
        }
    }
}
