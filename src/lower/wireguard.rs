//! Flannel's wireguard: one device or one for each family, a peer for every other node, and one
//! route to the whole pod network (netspec 1.9).

use super::Context;
use super::overlay::{by_device, device};
use crate::model::{Family, Node, Special, Wireguard, WireguardMode};
use crate::object::{self, Aside, LinkKind, Netns, Route, State, Text, WireguardPeer};
use std::net::{IpAddr, SocketAddr};

/// Flannel's names for the devices.
const NAME: &str = "flannel-wg";
const NAME_V6: &str = "flannel-wg-v6";

pub(super) fn lower(cx: &mut Context, wireguard: &Wireguard) {
    let families: Vec<Family> = cx.node.blocks.families().collect();
    match wireguard.mode {
        WireguardMode::Separate => {
            for family in families {
                let (name, port) = match family {
                    Family::V4 => (NAME, wireguard.port),
                    Family::V6 => (NAME_V6, wireguard.port_v6),
                };
                one_device(cx, wireguard, &name.into(), port, &[family]);
            }
        }
        WireguardMode::Auto | WireguardMode::Over(_) if !families.is_empty() => {
            one_device(cx, wireguard, &NAME.into(), wireguard.port, &families);
        }
        _ => {}
    }
}

/// A device that carries pods of these families.
fn one_device(
    cx: &mut Context,
    wireguard: &Wireguard,
    name: &Text,
    port: u16,
    families: &[Family],
) {
    let Some(keys) = cx.node.keys.as_ref() else { return };
    device(cx, name, LinkKind::Wireguard, None, families);
    let key = object::Wireguard {
        netns: Netns::Node,
        link: Text::clone(name),
        port,
        public_key: keys.public,
        private_key_file: Aside(Some(keys.private_file.as_str().into())),
    };
    cx.objects.add(State::Wireguard(key), keys.span);
    for other in cx.others() {
        let over = match wireguard.mode {
            WireguardMode::Separate => families.first().copied(),
            WireguardMode::Over(family) => Some(family),
            WireguardMode::Auto => Some(common(cx.node, other)),
        };
        let address = over.and_then(|family| other.address(family));
        let public = other.keys.as_ref().and_then(|keys| keys.public);
        let (Some(public_key), Some(address)) = (public, address) else { continue };
        let mut allowed: Vec<_> =
            families.iter().filter_map(|family| other.blocks.get(*family).copied()).collect();
        allowed.sort_unstable();
        let preshared = wireguard.preshared_key_file.as_deref();
        let peer = WireguardPeer {
            netns: Netns::Node,
            link: Text::clone(name),
            public_key,
            endpoint: Some(SocketAddr::new(address.address, port)),
            allowed,
            keepalive: wireguard.keepalive,
            preshared_key_file: preshared.map(|path| Aside(path.into())),
        };
        cx.objects.add(State::WireguardPeer(peer), other.span);
    }
    for pods in families.iter().filter_map(|family| cx.cluster.pod_networks.get(*family)) {
        let route = Route::on_link(Netns::Node, pods.network, Text::clone(name));
        cx.objects.add(by_device(route, name), pods.span);
    }
}

/// The family by which two nodes reach each other, as flannel picks it: IPv6 if the other one's IPv4 address
/// is private and both have public IPv6 addresses.
fn common(own: &Node, other: &Node) -> Family {
    let address = |node: &Node, family| node.address(family).map(|own| own.address);
    let public = |node, family| address(node, family).is_some_and(is_public);
    let better = !public(other, Family::V4) && public(own, Family::V6) && public(other, Family::V6);
    if better { Family::V6 } else { Family::V4 }
}

/// Whether an address is known to the whole internet: not one of RFC 1918 or RFC 4193, nor one
/// with a use of its own.
fn is_public(address: IpAddr) -> bool {
    let private = match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    };
    !private && Special::of(address).is_none()
}
