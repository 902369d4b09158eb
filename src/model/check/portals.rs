//! Addresses and ports from outside the cluster that two services want.
//!
//! kube-proxy leaves it to the order in which it programs them which one is reached.

use crate::model::PerFamily;
use crate::model::fault;
use crate::model::stated::{Form, ServiceDecl};
use netc_lang::{Diagnostic, Protocol, QualifiedName, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// An address and port; every address of every node if there is none.
type Portal = (Option<IpAddr>, Protocol, u16);

/// A portal that two services want, and where each says so.
struct Collision<'s> {
    portal: Portal,
    first: (&'s ServiceDecl, Span),
    second: (&'s ServiceDecl, Span),
}

/// Reports node ports, external addresses and load balancers that two services share, also where
/// it is the address of the other service itself. `addresses` are the services' own.
pub(crate) fn check(
    services: &[ServiceDecl],
    addresses: &[PerFamily<IpAddr>],
    faults: &mut Vec<Diagnostic>,
) {
    for Collision { portal, first, second } in collisions(services, addresses) {
        let both = [first.0, second.0];
        let known = both.iter().any(|one| one.form == Form::Kubernetes || one.shared_portals);
        faults.push(fault::shared_portal(portal, known, second.1, first.1));
    }
}

/// The services that share a portal with another one.
pub(crate) fn shared(services: &[ServiceDecl]) -> BTreeSet<&QualifiedName> {
    let stated = |service: &ServiceDecl| {
        let all = service.addresses.iter();
        all.map(|(family, address)| (family, address.value)).collect()
    };
    let addresses: Vec<PerFamily<IpAddr>> = services.iter().map(stated).collect();
    let collisions = collisions(services, &addresses).into_iter();
    collisions.flat_map(|collision| [&collision.first.0.name, &collision.second.0.name]).collect()
}

fn collisions<'s>(
    services: &'s [ServiceDecl],
    addresses: &[PerFamily<IpAddr>],
) -> Vec<Collision<'s>> {
    // Two services of one address of their own are another fault (`allocate::services`).
    let mut holders: BTreeMap<Portal, (&ServiceDecl, Span)> = BTreeMap::new();
    for (service, addresses) in services.iter().zip(addresses) {
        for (portal, span) in within(service, addresses) {
            holders.entry(portal).or_insert((service, span));
        }
    }
    let mut collisions = Vec::new();
    for service in services {
        let mut own = BTreeMap::new();
        for (portal, span) in portals(service) {
            own.entry(portal).or_insert(span);
        }
        for (portal, span) in own {
            let second = (service, span);
            match holders.get(&portal) {
                Some((first, _)) if first.name == service.name => {}
                Some(first) => collisions.push(Collision { portal, first: *first, second }),
                None => {
                    holders.insert(portal, second);
                }
            }
        }
    }
    collisions
}

/// Where clients within the cluster reach a service.
fn within(
    service: &ServiceDecl,
    addresses: &PerFamily<IpAddr>,
) -> impl Iterator<Item = (Portal, Span)> {
    addresses.iter().flat_map(move |(family, address)| {
        let stated = service.addresses.get(family);
        let span = stated.map_or(service.span, |stated| stated.span);
        let ports = service.ports.iter().map(|port| port.port);
        ports.map(move |port| ((Some(*address), port.protocol, port.number), span))
    })
}

fn portals(service: &ServiceDecl) -> impl Iterator<Item = (Portal, Span)> {
    let balancers = service.load_balancer_ips.iter().filter(|one| !one.proxy);
    let external: Vec<_> =
        service.external_ips.iter().copied().chain(balancers.map(|one| one.address)).collect();
    let health = service.health_check_node_port.into_iter();
    let health = health.map(|number| ((None, Protocol::Tcp, number.value), number.span));
    let ports = service.ports.iter().flat_map(move |port| {
        let protocol = port.port.protocol;
        let node = port.node_port.map(|number| ((None, protocol, number.value), number.span));
        let number = port.port.number;
        let outside: Vec<_> = external
            .iter()
            .map(|address| ((Some(address.value), protocol, number), address.span))
            .collect();
        node.into_iter().chain(outside)
    });
    ports.chain(health)
}
