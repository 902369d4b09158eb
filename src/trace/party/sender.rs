//! Who asks.

use super::Found;
use super::fault::{Fault, Part, senseless};
use super::find::find;
use crate::lower::{container_namespace, pod_namespace};
use crate::model::{Cluster, ContainerPlace, Family, NodeId, Special};
use crate::object::Netns;
use crate::trace::Place;
use netc_lang::{Party, PartyName};
use std::net::IpAddr;

/// Who asks, and from where.
pub(super) struct Sender {
    pub(super) found: Found,
    pub(super) place: Place,
    /// Its address, if it is outside: in the cluster the kernel picks one.
    pub(super) source: Option<IpAddr>,
    /// The families in which it has an address.
    pub(super) families: Vec<Family>,
}

pub(super) fn sender(cluster: &Cluster, party: &Party) -> Result<Sender, Fault> {
    if let Some(port) = &party.port {
        let message = format!("port `{port}` says nothing of who asks");
        return Err(senseless(Part::From, message, "a client has any free port: leave it out"));
    }
    let found = find(cluster, &party.name, Part::From)?;
    match found {
        Found::Pod(place) => pod(cluster, place),
        Found::Node(id) => Ok(node(cluster, id)),
        Found::Container(id, place) => Ok(container(cluster, id, place)),
        Found::Service(place) => Err(service(cluster, place, &party.name)),
        Found::Address(address) => outside(cluster, address, Part::From).map(|()| Sender {
            found,
            place: Place::Outside,
            source: Some(address),
            families: vec![Family::of(address)],
        }),
    }
}

fn pod(cluster: &Cluster, place: usize) -> Result<Sender, Fault> {
    let Some(pod) = cluster.pods.get(place) else { return Err(nobody(Part::From)) };
    let Some(id) = pod.node else {
        let message = format!("pod {} is on no node of the cluster", pod.name);
        return Err(senseless(Part::From, message, "nothing is known of how it is joined to it"));
    };
    let netns = match pod.state.host_network {
        true => Netns::Node,
        false => Netns::Named(pod_namespace(pod).into()),
    };
    let place_of = Place::Node(id, netns);
    let families = pod.addresses.families().collect();
    Ok(Sender { found: Found::Pod(place), place: place_of, source: None, families })
}

fn node(cluster: &Cluster, id: NodeId) -> Sender {
    let own = cluster.nodes.get(id.0 as usize);
    let has = |family| own.is_some_and(|node| node.address(family).is_some());
    let families = Family::ALL.into_iter().filter(|family| has(*family)).collect();
    Sender { found: Found::Node(id), place: Place::Node(id, Netns::Node), source: None, families }
}

/// A container that is in another one's namespace asks from there.
fn container(cluster: &Cluster, id: NodeId, place: usize) -> Sender {
    let found = Found::Container(id, place);
    let docker = cluster.nodes.get(id.0 as usize).and_then(|node| node.docker.as_ref());
    let owner = docker.and_then(|docker| {
        let own = docker.containers.get(place)?;
        match own.place {
            ContainerPlace::Shared(other) => docker.containers.get(other),
            _ => Some(own),
        }
    });
    match owner {
        Some(owner) if owner.place != ContainerPlace::Host => {
            let place = Place::Node(id, Netns::Named(container_namespace(owner).into()));
            Sender { found, place, source: None, families: owner.addresses.families().collect() }
        }
        _ => Sender { found, ..node(cluster, id) },
    }
}

fn service(cluster: &Cluster, place: usize, name: &PartyName) -> Fault {
    let Some(service) = cluster.services.get(place) else { return nobody(Part::From) };
    let asked = match name {
        PartyName::Address(address) => format!("{address} is of service {}, which", service.name),
        _ => format!("service {}", service.name),
    };
    let endpoints = service.ports.iter().flat_map(|port| &port.endpoints);
    let mut addresses = endpoints.map(|endpoint| endpoint.address.ip());
    let behind = addresses.find_map(|address| super::find::holder(cluster, address));
    let help = match behind {
        Some(found) => format!("ask from one of its endpoints: {}", found.name(cluster)),
        None => "ask from a pod".to_owned(),
    };
    senseless(Part::From, format!("{asked} sends nothing"), help)
}

/// Whether an address can be outside of the cluster.
pub(super) fn outside(cluster: &Cluster, address: IpAddr, part: Part) -> Result<(), Fault> {
    if let Some(special) = Special::of(address).filter(|_| part == Part::From) {
        let help = "name an address that others can answer to";
        return Err(senseless(part, format!("{address} is {special}"), help));
    }
    if let Some(found) = super::find::holder(cluster, address) {
        let name = found.name(cluster);
        let help = format!("write `{name}`");
        return Err(senseless(part, format!("{address} is not outside: it is {name}'s"), help));
    }
    let pods = cluster.pod_networks.values().map(|network| network.network);
    let mut all = pods.chain(cluster.service_networks.values().copied());
    match all.find(|network| network.contains(&address)) {
        None => Ok(()),
        Some(network) => {
            let message = format!("{address} is not outside: {network} is the cluster's");
            Err(senseless(part, message, "nobody has it; write the plain address to ask for it"))
        }
    }
}

pub(super) fn nobody(part: Part) -> Fault {
    senseless(part, "there is nobody of this name", "name somebody of the cluster")
}
