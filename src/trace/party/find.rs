//! Names to what they stand for.

use super::fault::{Fault, Part, ambiguous, nodes, unknown};
use crate::model::{Cluster, NodeId, Service};
use netc_lang::{LooseName, PartyName, QualifiedName};
use std::net::IpAddr;

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Found {
    /// The pod at this place of [`Cluster::pods`].
    Pod(usize),
    /// The service at this place of [`Cluster::services`].
    Service(usize),
    /// A node.
    Node(NodeId),
    /// The container at this place of the Docker of a node.
    Container(NodeId, usize),
    /// An address that nobody has of whom the cluster knows.
    Address(IpAddr),
}

impl Found {
    /// What it is, for people: `pod shop/web-0`.
    #[must_use]
    pub fn name(self, cluster: &Cluster) -> String {
        let found = match self {
            Found::Pod(place) => cluster.pods.get(place).map(|pod| format!("pod {}", pod.name)),
            Found::Service(place) => {
                cluster.services.get(place).map(|service| format!("service {}", service.name))
            }
            Found::Node(id) => {
                cluster.nodes.get(id.0 as usize).map(|node| format!("node {}", node.name))
            }
            Found::Container(id, place) => cluster.nodes.get(id.0 as usize).and_then(|node| {
                let container = node.docker.as_ref()?.containers.get(place)?;
                Some(format!("container {}/{}", node.name, container.name))
            }),
            Found::Address(address) => Some(address.to_string()),
        };
        found.unwrap_or_default()
    }
}

/// What a name stands for.
pub(super) fn find(cluster: &Cluster, name: &PartyName, part: Part) -> Result<Found, Fault> {
    match name {
        PartyName::Pod(name) => {
            let all = cluster.pods.iter().map(|pod| &pod.name);
            within(all, "pod", name, part).map(Found::Pod)
        }
        PartyName::Service(name) => {
            let all = cluster.services.iter().map(|service| &service.name);
            within(all, "service", name, part).map(Found::Service)
        }
        PartyName::Node(name) => node(cluster, name, part).map(Found::Node),
        PartyName::Container { node, name } => container(cluster, node.as_deref(), name, part),
        PartyName::Outside(address) => Ok(Found::Address(*address)),
        PartyName::Address(address) => {
            Ok(holder(cluster, *address).unwrap_or(Found::Address(*address)))
        }
    }
}

/// The node of a name.
pub(super) fn node(cluster: &Cluster, name: &str, part: Part) -> Result<NodeId, Fault> {
    let mut all = (0..).map(NodeId).zip(&cluster.nodes);
    let found = all.find(|(_, node)| node.name == name).map(|(id, _)| id);
    found.ok_or_else(|| unknown(part, "node", name, &nodes(cluster)))
}

/// A name without a namespace is that of `default`, or the only one there is.
fn within<'c>(
    all: impl Iterator<Item = &'c QualifiedName> + Clone,
    kind: &str,
    wanted: &LooseName,
    part: Part,
) -> Result<usize, Fault> {
    let same = all.clone().enumerate().filter(|(_, own)| own.name == wanted.name);
    let fits = |own: &QualifiedName| {
        wanted.namespace.as_ref().is_none_or(|namespace| own.namespace == *namespace)
    };
    let fitting: Vec<(usize, &QualifiedName)> = same.clone().filter(|(_, own)| fits(own)).collect();
    let of_default = fitting.iter().find(|(_, own)| own.namespace == "default");
    match (of_default, fitting.as_slice()) {
        (Some((place, _)), _) | (None, [(place, _)]) => Ok(*place),
        (None, []) => {
            // The right name in another namespace is nearer than any other one.
            let other: Vec<String> = same.map(|(_, own)| own.to_string()).collect();
            let known: Vec<String> = match (other.is_empty(), &wanted.namespace) {
                (false, _) => other,
                (true, Some(_)) => all.map(ToString::to_string).collect(),
                (true, None) => all.map(|own| own.name.clone()).collect(),
            };
            Err(unknown(part, kind, &wanted.to_string(), &known))
        }
        (None, several) => {
            let known = several.iter().map(|(_, own)| own.to_string()).collect();
            Err(ambiguous(part, kind, &wanted.to_string(), known))
        }
    }
}

fn container(
    cluster: &Cluster,
    on: Option<&str>,
    wanted: &str,
    part: Part,
) -> Result<Found, Fault> {
    if let Some(name) = on {
        node(cluster, name, part)?;
    }
    let nodes = (0..).map(NodeId).zip(&cluster.nodes);
    let nodes = nodes.filter(|(_, node)| on.is_none_or(|on| node.name == on));
    let all: Vec<_> = nodes
        .flat_map(|(id, node)| {
            let containers = node.docker.iter().flat_map(|docker| docker.containers.iter());
            containers.enumerate().map(move |(place, one)| (id, place, node, one))
        })
        .collect();
    let fitting: Vec<_> = all.iter().filter(|(.., one)| one.name == wanted).collect();
    match fitting.as_slice() {
        [(id, place, ..)] => Ok(Found::Container(*id, *place)),
        [] => {
            let known: Vec<String> = all.iter().map(|(.., one)| one.name.clone()).collect();
            Err(unknown(part, "container", wanted, &known))
        }
        several => {
            let known = several.iter().map(|(.., node, one)| format!("{}/{}", node.name, one.name));
            Err(ambiguous(part, "container", wanted, known.collect()))
        }
    }
}

/// Who has an address. Containers are left out: each node may have one of that address.
pub(super) fn holder(cluster: &Cluster, address: IpAddr) -> Option<Found> {
    let is = |own: &IpAddr| *own == address;
    let pods = cluster.pods.iter().enumerate();
    let mut pods = pods.filter(|(_, pod)| !pod.state.host_network);
    if let Some((place, _)) = pods.find(|(_, pod)| pod.addresses.values().any(is)) {
        return Some(Found::Pod(place));
    }
    let mut nodes = (0..).map(NodeId).zip(&cluster.nodes);
    if let Some((id, _)) = nodes.find(|(_, node)| node.addresses.iter().any(|own| is(&own.address)))
    {
        return Some(Found::Node(id));
    }
    let mut services = cluster.services.iter().enumerate();
    let place = services.find(|(_, service)| service_addresses(service).any(|own| is(&own)));
    place.map(|(place, _)| Found::Service(place))
}

/// All addresses at which a service answers, node ports aside.
pub(super) fn service_addresses(service: &Service) -> impl Iterator<Item = IpAddr> {
    let own = service.addresses.values().copied();
    own.chain(service.load_balancer_ips.iter().copied()).chain(service.external_ips.iter().copied())
}
