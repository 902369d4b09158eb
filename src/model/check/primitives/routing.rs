//! Routes, rules of the routing policy, and parameters of devices.

use super::devices::known_device;
use super::{Site, spot};
use crate::model::{Family, PlainRoute, Primitives, fault};
use crate::object::{MAIN_TABLE, PolicyAction, RouteKind};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Span, Spanned};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) fn check(site: &Site, own: &mut Primitives, faults: &mut Vec<Diagnostic>) {
    let ways: Vec<Option<Spanned<String>>> =
        own.routes.iter().map(|route| way(site, own, route, faults)).collect();
    for (route, device) in own.routes.iter_mut().zip(ways) {
        route.device = device;
    }
    policy(site, own, faults);
    for parameter in &own.parameters {
        if let Some(device) = parameter.device() {
            let device = Spanned::new(device, parameter.key.span);
            known_device(site, own, parameter.netns.as_ref(), &device, faults);
        }
    }
}

/// The device that a route goes by; reports what the kernel would refuse.
fn way(
    site: &Site,
    own: &Primitives,
    route: &PlainRoute,
    faults: &mut Vec<Diagnostic>,
) -> Option<Spanned<String>> {
    let before = faults.len();
    misstated(route, faults);
    if let Some(device) = &route.device {
        known_device(site, own, route.netns.as_ref(), device, faults);
    }
    if let Some(source) = &route.source {
        let mut held = networks(site, own, route);
        if !held.any(|near| near.net.addr() == source.value) {
            faults.push(fault::source_not_there(source));
        }
    }
    let connected = networks(site, own, route).find(|near| {
        let made = near.net.prefix_len() < Family::of_net(near.net).bits();
        let plain = route.kind == RouteKind::Unicast && route.table == MAIN_TABLE;
        made && plain && near.net.trunc() == route.destination.value
    });
    if let Some(near) = connected {
        let (net, at) = (route.destination.value, route.destination.span);
        faults.push(fault::route_of_address(net, at, near.span));
    }
    if faults.len() > before || route.kind != RouteKind::Unicast {
        return route.device.clone();
    }
    reach(site, own, route, faults)
}

/// Reports what cannot stand together in a route.
fn misstated(route: &PlainRoute, faults: &mut Vec<Diagnostic>) {
    let (gateway, device) = (route.gateway.as_ref(), route.device.as_ref());
    match route.kind {
        RouteKind::Unicast if gateway.is_none() && device.is_none() => {
            faults.push(fault::route_without_way(route.span));
        }
        RouteKind::Unicast => {}
        RouteKind::Local => {
            faults.extend(gateway.map(|gateway| fault::local_by_gateway(gateway.span)));
            if device.is_none() {
                faults.push(fault::local_without_device(route.span));
            }
        }
        RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => {
            let at = gateway.map(|gateway| gateway.span).or(device.map(|device| device.span));
            faults.extend(at.map(|at| fault::way_of_no_use(route.kind.word(), at)));
        }
    }
    if route.onlink && (gateway.is_none() || device.is_none()) {
        faults.push(fault::onlink_without_way(route.span));
    }
}

/// The device by which a unicast route goes. The gateway must be in the network of an address there,
/// or a route without a gateway must lead to it (fib_semantics.c, `fib_check_nh_v4_gw`).
fn reach(
    site: &Site,
    own: &Primitives,
    route: &PlainRoute,
    faults: &mut Vec<Diagnostic>,
) -> Option<Spanned<String>> {
    let Some(gateway) = &route.gateway else { return route.device.clone() };
    let device = route.device.as_ref().map(|device| device.value.as_str());
    let local = matches!(gateway.value, IpAddr::V6(address) if address.is_unicast_link_local());
    if route.onlink || (local && device.is_some()) {
        return route.device.clone();
    }
    let fits = |name: &str, net: &IpNet| {
        device.is_none_or(|device| device == name) && net.contains(&gateway.value)
    };
    let near = networks(site, own, route).find(|near| fits(near.device, &near.net));
    let on_link = || {
        let same = own.routes.iter().filter(|other| {
            let netns = |route: &PlainRoute| route.netns.as_ref().map(|own| own.value.clone());
            let plain = other.kind == RouteKind::Unicast && other.gateway.is_none();
            plain && other.table == MAIN_TABLE && netns(other) == netns(route)
        });
        let mut ways = same.filter_map(|other| Some((other.device.as_ref()?, other)));
        ways.find(|(by, other)| fits(&by.value, &other.destination.value))
            .map(|(by, _)| by.value.clone())
    };
    let found = near.map(|near| near.device.to_owned()).or_else(on_link);
    // How large the node's own networks are need not be known here, nor those of systems.
    let unknown = || {
        let device = route.device.as_ref().filter(|_| route.netns.is_none())?;
        let made = own.devices().any(|at| at.value == spot(None, &device.value));
        (!made).then(|| device.value.clone())
    };
    match found.or_else(unknown) {
        Some(found) => Some(Spanned::new(found, gateway.span)),
        None => {
            let netns = route.netns.as_ref().map(|netns| netns.value.as_str());
            faults.push(fault::gateway_out_of_reach(gateway, device, netns));
            None
        }
    }
}

/// An address that a device of a namespace has.
struct Near<'p> {
    device: &'p str,
    net: IpNet,
    span: Span,
}

/// The addresses of the namespace of a route.
fn networks<'p>(
    site: &'p Site,
    own: &'p Primitives,
    route: &'p PlainRoute,
) -> impl Iterator<Item = Near<'p>> {
    let here = route.netns.as_ref().map(|netns| netns.value.as_str());
    let stated = own.addresses.iter().filter(move |one| one.on.value.netns.as_deref() == here);
    let stated =
        stated.map(|one| Near { device: &one.on.value.name, net: one.address, span: one.span });
    let underlay = site.node.addresses.iter().filter(move |_| here.is_none());
    let underlay = underlay.filter_map(|one| {
        let length = one.prefix.unwrap_or(Family::of(one.address).bits());
        let net = IpNet::new(one.address, length).ok()?;
        Some(Near { device: one.device.as_deref()?, net, span: one.span })
    });
    stated.chain(underlay)
}

fn policy(site: &Site, own: &Primitives, faults: &mut Vec<Diagnostic>) {
    let netns = |at: usize| own.policy.get(at).and_then(|rule| rule.netns.as_ref());
    let mut seen: BTreeMap<(Option<&str>, Family, u32), Span> = BTreeMap::new();
    for (place, rule) in own.policy.iter().enumerate() {
        let here = netns(place).map(|netns| netns.value.as_str());
        let key = (here, rule.family, rule.priority.value);
        if let Some(earlier) = seen.insert(key, rule.priority.span) {
            faults.push(fault::priority_twice(rule, earlier));
        }
        for device in [&rule.iif, &rule.oif].into_iter().flatten() {
            known_device(site, own, netns(place), device, faults);
        }
    }
    for (place, rule) in own.policy.iter().enumerate() {
        let PolicyAction::Goto(to) = rule.action else { continue };
        let here = netns(place).map(|netns| netns.value.as_str());
        if to <= rule.priority.value {
            faults.push(fault::goto_backwards(to, rule.span));
        } else if !seen.contains_key(&(here, rule.family, to)) {
            faults.push(fault::goto_nowhere(to, rule.span));
        }
    }
}
