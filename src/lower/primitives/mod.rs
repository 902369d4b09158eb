//! What is stated one by one: objects as they are written.

mod chain;
mod routing;

use super::{Context, joint};
use crate::model::{Parameter, PlainAddress, PlainBridge, Primitives, Spot, VethPair};
use crate::object::{Address, Id, Link, LinkKind, Netns, Peer, Port, State, Sysctl, Text, Up};
use netc_lang::Mac;
use sha2::{Digest, Sha256};

pub(super) fn lower(cx: &mut Context, own: &Primitives) {
    for name in &own.namespaces {
        joint::isolated(cx, &name.value.as_str().into(), name.span);
    }
    own.bridges.iter().for_each(|bridge| self::bridge(cx, bridge, own.mtu(bridge)));
    own.pairs.iter().for_each(|pair| self::pair(cx, pair));
    own.addresses.iter().for_each(|address| self::address(cx, address));
    own.parameters.iter().for_each(|parameter| self::parameter(cx, own, parameter));
    routing::lower(cx, own);
    chain::lower(cx, own);
}

fn netns(name: Option<&str>) -> Netns {
    name.map_or(Netns::Node, |name| Netns::Named(name.into()))
}

fn place(spot: &Spot) -> (Netns, Text) {
    (netns(spot.netns.as_deref()), spot.name.as_str().into())
}

/// An Ethernet address that follows from the names, one that nobody has given out.
fn mac(cx: &Context, spot: &Spot) -> Mac {
    let netns = spot.netns.as_deref().unwrap_or_default();
    let names = [&cx.cluster.name, &cx.node.name, netns, &spot.name].join("/");
    let hash: [u8; 32] = Sha256::digest(names).into();
    let [a, b, c, d, e, f, ..] = hash;
    Mac([(a & 0xfe) | 0x02, b, c, d, e, f])
}

fn bridge(cx: &mut Context, bridge: &PlainBridge, mtu: u32) {
    let (netns, name) = place(&bridge.at.value);
    let link = Link {
        netns: netns.clone(),
        name: Text::clone(&name),
        mac: Some(bridge.mac.unwrap_or_else(|| mac(cx, &bridge.at.value))),
        mtu,
        alias: format!("netc bridge {name}").into(),
        promiscuous: false,
        kind: LinkKind::Bridge { vlan_filtering: false },
    };
    cx.objects.add(State::Link(link), bridge.span);
    for port in &bridge.ports {
        let joined = Port {
            netns: netns.clone(),
            link: port.device.value.as_str().into(),
            bridge: Text::clone(&name),
            hairpin: port.hairpin,
            isolated: false,
            vlan: None,
        };
        cx.objects.add(State::Port(joined), port.span);
    }
    cx.objects.add(State::Up(Up { netns, link: name }), bridge.span);
}

fn pair(cx: &mut Context, pair: &VethPair) {
    let [(one, own), (other, peer)] = &pair.ends;
    let (netns, name) = place(&one.value);
    let (there, end) = place(&other.value);
    let link = Link {
        netns: netns.clone(),
        name: Text::clone(&name),
        mac: Some(own.unwrap_or_else(|| mac(cx, &one.value))),
        mtu: pair.mtu,
        alias: format!("netc veth {name} {end}").into(),
        promiscuous: false,
        kind: LinkKind::Veth(Peer {
            netns: there.clone(),
            name: Text::clone(&end),
            mac: peer.unwrap_or_else(|| mac(cx, &other.value)),
        }),
    };
    cx.objects.add(State::Link(link), pair.span);
    cx.objects.add(State::Up(Up { netns, link: name }), pair.span);
    cx.objects.add(State::Up(Up { netns: there, link: end }), pair.span);
}

fn address(cx: &mut Context, stated: &PlainAddress) {
    let (netns, link) = place(&stated.on.value);
    let address = Address::new(netns, link, stated.address);
    cx.objects.add(State::Address(address), stated.span);
}

/// The parameter that sets this one too: who switches forwarding on or off has the parameters of all
/// devices as they are for routers or hosts (`inet_forward_change` in net/ipv4/devinet.c).
fn forwarding(own: &Primitives, stated: &Parameter, netns: &Netns) -> Option<Id> {
    let (key, of_all) = (&stated.key.value, "net.ipv4.conf.all.");
    let forwards = ["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"];
    if !key.starts_with(of_all) || forwards.contains(&key.as_str()) {
        return None;
    }
    let here = stated.netns.as_ref().map(|netns| &netns.value);
    let switch = own.parameters.iter().find(|one| {
        one.netns.as_ref().map(|netns| &netns.value) == here
            && forwards.contains(&one.key.value.as_str())
    })?;
    Some(Id::Sysctl(netns.clone(), switch.key.value.as_str().into()))
}

/// A parameter of a device that the block makes comes after the device.
fn parameter(cx: &mut Context, own: &Primitives, stated: &Parameter) {
    let here = stated.netns.as_ref().map(|netns| netns.value.as_str());
    let device = stated.device().filter(|device| {
        own.devices().any(|at| (at.value.netns.as_deref(), &at.value.name) == (here, device))
    });
    let netns = netns(here);
    let device = device.map(|device| Id::Link(netns.clone(), device.into()));
    let sysctl = Sysctl {
        key: stated.key.value.as_str().into(),
        value: stated.value.as_str().into(),
        minimum: false,
        after: device.or_else(|| forwarding(own, stated, &netns)),
        netns,
    };
    cx.objects.add(State::Sysctl(sysctl), stated.span);
}
