//! The bridge of a node's pods, as CNI's bridge plugin makes it (netspec 2.2).

use super::Context;
use super::joint;
use crate::model::{Bridge, Family, PerFamily};
use crate::object::{Address, Id, Link, LinkKind, Netns, Peer, Port, State, Sysctl, Text, Up};
use ipnet::IpNet;
use netc_lang::Mac;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) fn lower(cx: &mut Context, bridge: &Bridge, mtu: u32, names: &mut BTreeSet<Text>) {
    if cx.node.blocks.is_empty() {
        return;
    }
    let (name, span): (Text, _) = (bridge.name.as_str().into(), cx.node.span);
    cx.objects.add(
        State::Link(Link {
            netns: Netns::Node,
            name: Text::clone(&name),
            mac: mac(&cx.node.gateways),
            mtu,
            alias: format!("netc pods of {}", cx.node.name).into(),
            promiscuous: bridge.promiscuous,
            kind: LinkKind::Bridge { vlan_filtering: bridge.vlan.is_some() },
        }),
        span,
    );
    cx.objects.add(no_router_advertisements(Netns::Node, &name), span);
    cx.objects.add(State::Up(Up { netns: Netns::Node, link: name }), span);
    if bridge.gateway {
        gateway(cx, bridge, mtu, names);
    }
}

/// The gateway's addresses, and its device if it is not the bridge itself.
fn gateway(cx: &mut Context, bridge: &Bridge, mtu: u32, names: &mut BTreeSet<Text>) {
    let (device, span): (Text, _) = (bridge.gateway_device().into(), cx.node.span);
    if bridge.vlan.is_some() {
        pair(cx, bridge, mtu, joint::host_end(&device, names));
    }
    for (family, block) in cx.node.blocks.iter() {
        if let Some(gateway) = cx.node.gateways.get(family)
            && let Ok(address) = IpNet::new(*gateway, block.prefix_len())
        {
            let address = Address::new(Netns::Node, Text::clone(&device), address);
            cx.objects.add(State::Address(address), span);
        }
    }
}

/// The gateway's device, as the plugin makes it where there is a vlan: no vlan device but one end of a
/// veth pair, whose other end is a port of the bridge like those of pods. It has the Ethernet address of
/// the bridge: to that one bridged packets are sent whose destination iptables has changed
/// (`br_nf_pre_routing_finish` in `net/bridge/br_netfilter_hooks.c`), and they must come this way.
fn pair(cx: &mut Context, bridge: &Bridge, mtu: u32, port: Text) {
    let (netns, span) = (Netns::Node, cx.node.span);
    let device: Text = bridge.gateway_device().into();
    let link = Link {
        netns: netns.clone(),
        name: Text::clone(&port),
        mac: None,
        mtu,
        alias: format!("netc gateway of {}", cx.node.name).into(),
        promiscuous: false,
        kind: LinkKind::Veth(Peer {
            netns: netns.clone(),
            name: Text::clone(&device),
            mac: mac(&cx.node.gateways).unwrap_or_default(),
        }),
    };
    cx.objects.add(State::Link(link), span);
    let joined = Port {
        netns: netns.clone(),
        link: Text::clone(&port),
        bridge: bridge.name.as_str().into(),
        hairpin: false,
        isolated: false,
        vlan: bridge.vlan,
    };
    cx.objects.add(State::Port(joined), span);
    // Bridge and device have one link-local address, and all ports are in the vlan of the bridge itself:
    // each would take the other's for a duplicate.
    if cx.node.gateways.get(Family::V6).is_some() {
        let key = format!("net.ipv6.conf.{}.accept_dad", device.replace('.', "/"));
        let after = Some(Id::Link(netns.clone(), Text::clone(&device)));
        let (netns, key, value) = (netns.clone(), key.into(), "0".into());
        let sysctl = Sysctl { netns, key, value, minimum: false, after };
        cx.objects.add(State::Sysctl(sysctl), span);
    }
    for link in [port, device] {
        cx.objects.add(no_router_advertisements(netns.clone(), &link), span);
        cx.objects.add(State::Up(Up { netns: netns.clone(), link }), span);
    }
}

/// A device does not listen to router advertisements: a pod could send them (CVE-2020-10749).
pub(super) fn no_router_advertisements(netns: Netns, link: &Text) -> State {
    State::Sysctl(Sysctl {
        key: format!("net.ipv6.conf.{}.accept_ra", link.replace('.', "/")).into(),
        value: "0".into(),
        minimum: false,
        after: Some(Id::Link(netns.clone(), Text::clone(link))),
        netns,
    })
}

/// An Ethernet address that follows from the IP addresses: `0a:58` and the IPv4 address, as
/// early CNI releases had it, so that neighbours' caches stay right when a device is made anew.
pub(super) fn mac(addresses: &PerFamily<IpAddr>) -> Option<Mac> {
    let bytes = match (addresses.get(Family::V4), addresses.get(Family::V6)) {
        (Some(IpAddr::V4(address)), _) => address.octets(),
        (_, Some(address)) => {
            let hash: [u8; 32] = Sha256::digest(address.to_string()).into();
            let [a, b, c, d, ..] = hash;
            [a, b, c, d]
        }
        _ => return None,
    };
    let [a, b, c, d] = bytes;
    Some(Mac([0x0a, 0x58, a, b, c, d]))
}
