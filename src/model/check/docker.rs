//! What Docker cannot do, or not together with what else is on the node.

use super::docker_network;
use crate::model::bind::BoundDocker;
use crate::model::declare::{ContainerDecl, Mode};
use crate::model::{Cluster, ContainerPlace, Docker, Family, Published, Service, fault};
use netc_lang::{Diagnostic, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Reports published ports that lead nowhere, and devices of one name.
pub(crate) fn stated(dockers: &[BoundDocker], faults: &mut Vec<Diagnostic>) {
    for docker in dockers {
        let stated = &docker.stated;
        let mut devices: BTreeMap<&str, Span> = BTreeMap::new();
        for device in stated.networks.iter().filter_map(|network| network.device.as_ref()) {
            if let Some(earlier) = devices.insert(&device.value, device.span) {
                faults.push(fault::duplicate_name("bridge", &device.value, device.span, earlier));
            }
        }
        for network in &stated.networks {
            docker_network::check(stated, network, faults);
        }
        for (container, place) in stated.containers.iter().zip(&docker.places) {
            unpublishable(docker, container, *place, faults);
            if !matches!(place, ContainerPlace::Network(_)) {
                let mode = mode(container);
                let addresses = container.addresses.values();
                faults.extend(addresses.map(|own| fault::address_without_network(&mode, own.span)));
            }
        }
        held_twice(held(docker), faults);
    }
}

/// The published ports that are ports of the node.
fn held(docker: &BoundDocker) -> Vec<&Published> {
    let containers = docker.stated.containers.iter().zip(&docker.places);
    let held = containers.flat_map(|(container, place)| {
        let network = match place {
            ContainerPlace::Network(place) => docker.stated.networks.get(*place),
            _ => None,
        };
        container.published.iter().filter(move |one| {
            network.is_none_or(|network| {
                Family::ALL.iter().any(|family| one.is_of(*family) && network.translates(*family))
            })
        })
    });
    held.collect()
}

/// The words of a container's mode.
fn mode(container: &ContainerDecl) -> String {
    match &container.mode.value {
        Mode::Host => "host".to_owned(),
        Mode::None => "none".to_owned(),
        Mode::Network(name) => name.clone(),
        Mode::Container(name) => format!("container:{name}"),
    }
}

/// Published ports of a container that has no way from outside.
fn unpublishable(
    docker: &BoundDocker,
    container: &ContainerDecl,
    place: ContainerPlace,
    faults: &mut Vec<Diagnostic>,
) {
    let network = match place {
        ContainerPlace::Network(place) => docker.stated.networks.get(place),
        _ => None,
    };
    for published in &container.published {
        let fault = match network {
            // An unknown network has been reported.
            None if matches!(container.mode.value, Mode::Network(_)) => None,
            None => Some(fault::published_without_network(&mode(container), published.span)),
            Some(network) if network.internal => {
                Some(fault::published_internally(&network.name.value, published.span))
            }
            Some(network) => published.address.and_then(|address| {
                let family = Family::of(address);
                if network.gateways.get(family).is_none() {
                    Some(fault::network_without_family(network, family, published.span))
                } else {
                    let name = &network.name.value;
                    let routed = !network.translates(family);
                    routed.then(|| fault::published_where_routed(name, address, published.span))
                }
            }),
        };
        faults.extend(fault);
    }
}

/// Ports of the node that are published twice.
fn held_twice(mut all: Vec<&Published>, faults: &mut Vec<Diagnostic>) {
    all.sort_by_key(|one| (one.port, one.target.protocol, one.span.start));
    let mut held: Vec<&Published> = Vec::new();
    let mut told = BTreeSet::new();
    for one in all {
        held.retain(|other| (other.port, other.target.protocol) == (one.port, one.target.protocol));
        // Ranges may meet in many ports.
        if let Some(other) = held.iter().find(|other| other.meets(one))
            && told.insert((other.span, one.span))
        {
            faults.push(fault::published_twice(one, other.span));
        }
        held.push(one);
    }
}

/// Warns of published ports that are node ports of services too.
pub(crate) fn node_ports(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    if cluster.proxy.is_none() {
        return;
    }
    let ports = |service: &'_ Service| -> Vec<_> {
        let ports = service
            .ports
            .iter()
            .filter_map(|port| Some(((port.node_port?, port.port.protocol), port.span)));
        ports.collect()
    };
    let held = cluster.services.iter().flat_map(|service| {
        ports(service).into_iter().map(move |(port, at)| (port, (&service.name, at)))
    });
    let held: BTreeMap<_, _> = held.collect();
    let dockers = cluster.nodes.iter().filter_map(|node| node.docker.as_ref());
    for one in dockers.flat_map(Docker::held) {
        if let Some((service, at)) = held.get(&(one.port, one.target.protocol)) {
            faults.push(fault::published_node_port(one, service, *at));
        }
    }
}
