//! Addresses and ports from outside the cluster that two services want.
//!
//! kube-proxy programs both and leaves it to the order of its rules which one is reached.

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

/// Reports node ports, external addresses and load balancers that two services share.
pub(crate) fn check(services: &[ServiceDecl], faults: &mut Vec<Diagnostic>) {
    for Collision { portal, first, second } in collisions(services) {
        let both = [first.0, second.0];
        let known = both.iter().any(|one| one.form == Form::Kubernetes || one.shared_portals);
        faults.push(fault::shared_portal(portal, known, second.1, first.1));
    }
}

/// The services that share a portal with another one.
pub(crate) fn shared(services: &[ServiceDecl]) -> BTreeSet<&QualifiedName> {
    let collisions = collisions(services).into_iter();
    collisions.flat_map(|collision| [&collision.first.0.name, &collision.second.0.name]).collect()
}

fn collisions(services: &[ServiceDecl]) -> Vec<Collision<'_>> {
    let mut holders: BTreeMap<Portal, (&ServiceDecl, Span)> = BTreeMap::new();
    let mut collisions = Vec::new();
    for service in services {
        let mut own = BTreeMap::new();
        for (portal, span) in portals(service) {
            own.entry(portal).or_insert(span);
        }
        for (portal, span) in own {
            let second = (service, span);
            match holders.get(&portal) {
                Some(first) => collisions.push(Collision { portal, first: *first, second }),
                None => {
                    holders.insert(portal, second);
                }
            }
        }
    }
    collisions
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
