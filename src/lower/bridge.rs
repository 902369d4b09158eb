//! The bridge of a node's pods, as CNI's bridge plugin makes it (netspec 2.2).

use super::Context;
use crate::model::{Bridge, Family, PerFamily};
use crate::object::{Address, Id, Link, LinkKind, Netns, State, Sysctl, Text, Up};
use ipnet::IpNet;
use netc_lang::Mac;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

pub(super) fn lower(cx: &mut Context, bridge: &Bridge, mtu: u32) {
    if cx.node.blocks.is_empty() {
        return;
    }
    let (name, span): (Text, _) = (bridge.name.as_str().into(), cx.node.span);
    let gateways = &cx.node.gateways;
    cx.objects.add(
        State::Link(Link {
            netns: Netns::Node,
            name: Text::clone(&name),
            mac: mac(gateways),
            mtu,
            alias: format!("netc pods of {}", cx.node.name).into(),
            promiscuous: bridge.promiscuous,
            kind: LinkKind::Bridge,
        }),
        span,
    );
    cx.objects.add(no_router_advertisements(Netns::Node, &name), span);
    for (family, block) in cx.node.blocks.iter().filter(|_| bridge.gateway) {
        if let Some(gateway) = gateways.get(family)
            && let Ok(address) = IpNet::new(*gateway, block.prefix_len())
        {
            let address = Address::new(Netns::Node, Text::clone(&name), address);
            cx.objects.add(State::Address(address), span);
        }
    }
    cx.objects.add(State::Up(Up { netns: Netns::Node, link: name }), span);
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
