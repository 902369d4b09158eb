//! Namespaces, devices, ports and addresses.

use super::{Site, known_namespace, spot};
use crate::model::{Family, Primitives, Spot, fault};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Span, Spanned};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// IPv6 needs links of at least this MTU (RFC 8200 section 5).
const MIN_V6: u32 = 1280;

/// The beginnings of the names that netc gives to namespaces, and whose those are.
const NAMESPACES: [(&str, &str); 2] = [("pod-", "pods"), ("docker-", "containers")];

pub(super) fn check(site: &Site, own: &Primitives, faults: &mut Vec<Diagnostic>) {
    namespaces(own, faults);
    let made = devices(site, own, faults);
    ports(own, faults);
    addresses(site, own, &made, faults);
}

fn namespaces(own: &Primitives, faults: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for name in &own.namespaces {
        if let Some(earlier) = seen.insert(&name.value, name.span) {
            faults.push(fault::duplicate_name("namespace", &name.value, name.span, earlier));
        }
        let whose = NAMESPACES.iter().find(|(begin, _)| name.value.starts_with(begin));
        faults.extend(whose.map(|(_, whose)| fault::namespace_of_another(name, whose)));
    }
    let spots = own.devices().chain(own.addresses.iter().map(|address| &address.on));
    let spots = spots.map(|at| (at.value.netns.as_deref(), at.span));
    let routes = own.routes.iter().map(|route| &route.netns);
    let policy = own.policy.iter().map(|rule| &rule.netns);
    let others = routes.chain(policy).chain(own.parameters.iter().map(|one| &one.netns));
    let others = others.flatten().map(|netns| (Some(netns.value.as_str()), netns.span));
    for (netns, at) in spots.chain(others) {
        known_namespace(own, netns, at, faults);
    }
}

/// The devices that the block makes, with the MTU of each.
fn devices<'p>(
    site: &Site,
    own: &'p Primitives,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<&'p Spot, u32> {
    let bridges = own.bridges.iter().map(|bridge| (&bridge.at, own.mtu(bridge)));
    let ends = own.pairs.iter().flat_map(|pair| pair.ends.iter().map(|(end, _)| (end, pair.mtu)));
    let mut made: BTreeMap<&Spot, (Span, u32)> = BTreeMap::new();
    for (at, mtu) in bridges.chain(ends) {
        if at.value.name == "lo" {
            faults.push(fault::device_of_another(at, "in every namespace already"));
            continue;
        }
        let others = at.value.netns.is_none().then(|| site.whose(&at.value.name)).flatten();
        if let Some(whose) = others {
            faults.push(fault::device_of_another(at, &whose));
        }
        if let Some((earlier, _)) = made.insert(&at.value, (at.span, mtu)) {
            faults.push(fault::device_twice(at, earlier));
        }
    }
    made.into_iter().map(|(at, (_, mtu))| (at, mtu)).collect()
}

/// A port is a veth end beside its bridge, and in no other one.
fn ports(own: &Primitives, faults: &mut Vec<Diagnostic>) {
    let ends = || own.pairs.iter().flat_map(|pair| pair.ends.iter().map(|(end, _)| end));
    let mut joined: BTreeMap<Spot, Span> = BTreeMap::new();
    for bridge in &own.bridges {
        if let (Some(stated), Some(least)) = (bridge.mtu, own.mtu_of_ports(bridge))
            && stated.value != least
        {
            faults.push(fault::mtu_of_bridge(stated, least));
        }
        let netns = &bridge.at.value.netns;
        for port in &bridge.ports {
            let at = Spot { netns: netns.clone(), name: port.device.value.clone() };
            if !ends().any(|end| end.value == at) {
                let known = own.devices().any(|one| one.value == at);
                faults.push(if known || at.name == "lo" {
                    fault::port_is_no_veth(&port.device)
                } else {
                    let here = ends().filter(|end| end.value.netns == *netns);
                    let names = here.map(|end| end.value.name.as_str());
                    fault::unknown_device(&at, port.device.span, names)
                });
            }
            if let Some(earlier) = joined.insert(at, port.device.span) {
                faults.push(fault::port_twice(&port.device, earlier));
            }
        }
    }
}

fn addresses(
    site: &Site,
    own: &Primitives,
    made: &BTreeMap<&Spot, u32>,
    faults: &mut Vec<Diagnostic>,
) {
    let mut held: BTreeMap<(Option<&str>, IpAddr), Span> = BTreeMap::new();
    for stated in &site.node.addresses {
        held.insert((None, stated.address), stated.span);
    }
    for one in &own.addresses {
        let at = &one.on.value;
        match made.get(at) {
            Some(mtu) if one.address.addr().is_ipv6() && *mtu < MIN_V6 => {
                faults.push(fault::device_too_small_for_v6(&at.name, *mtu, MIN_V6, one.span));
            }
            Some(_) => {}
            None if at.name == "lo" => {}
            None if at.netns.is_none() && site.whose(&at.name).is_some() => {
                faults.push(fault::address_on_foreign_device(&one.on));
            }
            None => {
                let here = made.keys().filter(|device| device.netns == at.netns);
                let names = here.map(|device| device.name.as_str());
                faults.push(fault::unknown_device(at, one.on.span, names));
            }
        }
        if is_no_host(one.address) {
            let (address, net) = (one.address.addr(), one.address.trunc());
            faults.push(fault::not_a_host(address, net, one.span));
        }
        let key = (at.netns.as_deref(), one.address.addr());
        if let Some(earlier) = held.insert(key, one.span) {
            let address = one.address.addr();
            faults.push(fault::address_of_device_twice(address, at, one.span, earlier));
        }
    }
}

/// Whether it is the address of a network or its broadcast address (RFC 3021 has two hosts in /31).
fn is_no_host(address: IpNet) -> bool {
    let host = address.addr();
    let few = address.prefix_len() + 1 >= Family::of(host).bits();
    !few && (host == address.network() || (host.is_ipv4() && host == address.broadcast()))
}

/// All devices that there are in a namespace, as far as is known.
pub(super) fn known<'p>(
    site: &'p Site,
    own: &'p Primitives,
    netns: Option<&'p Spanned<String>>,
) -> impl Iterator<Item = &'p str> {
    let here = netns.map(|netns| netns.value.as_str());
    let made = own.devices().filter(move |at| at.value.netns.as_deref() == here);
    let underlay = site.node.addresses.iter().filter_map(|own| own.device.as_deref());
    let underlay = underlay.filter(move |_| here.is_none());
    made.map(|at| at.value.name.as_str()).chain(underlay).chain(["lo"])
}

/// Reports a device that nobody makes in a namespace.
pub(super) fn known_device(
    site: &Site,
    own: &Primitives,
    netns: Option<&Spanned<String>>,
    device: &Spanned<String>,
    faults: &mut Vec<Diagnostic>,
) {
    let others = netns.is_none() && site.whose(&device.value).is_some();
    if !others && known(site, own, netns).all(|name| name != device.value) {
        let at = spot(netns, &device.value);
        faults.push(fault::unknown_device(&at, device.span, known(site, own, netns)));
    }
}
