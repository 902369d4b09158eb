//! A container of Docker.

use super::Card;
use super::space::{Space, published};
use crate::graph::Ordered;
use crate::lower::container_namespace;
use crate::model::{Cluster, Container, ContainerPlace, Docker, Node, NodeId};
use serde_json::json;

/// Where a container is.
#[derive(Clone, Copy, Debug)]
pub struct Found<'c> {
    /// The node.
    pub node: &'c Node,
    /// Its number.
    pub id: NodeId,
    /// The Docker of the node.
    docker: &'c Docker,
    container: &'c Container,
}

/// The containers of this name, on one node or on any.
pub fn find<'c>(
    cluster: &'c Cluster,
    node: Option<&str>,
    name: &str,
) -> impl Iterator<Item = Found<'c>> {
    let nodes = (0..).map(NodeId).zip(&cluster.nodes);
    let nodes = nodes.filter(move |(_, own)| node.is_none_or(|node| own.name == node));
    nodes.filter_map(move |(id, node)| {
        let docker = node.docker.as_ref()?;
        let container = docker.containers.iter().find(|one| one.name == name)?;
        Some(Found { node, id, docker, container })
    })
}

/// What is shown of a container.
#[must_use]
pub fn container(found: &Found<'_>, ordered: &Ordered) -> Card {
    let Found { node, docker, container, .. } = *found;
    let name = &container.name;
    let mut card = Card::new(format!("container {name} on node {}", node.name), "container", name);
    card.field("node", json!(node.name));
    let owner = owner(docker, container);
    card.row("network", mode(docker, container, owner));
    card.field("network", json!(mode(docker, container, owner)));
    let place = docker.containers.iter().position(|one| one.name == owner.name);
    let shares = |one: &&Container| match one.place {
        ContainerPlace::Shared(at) => Some(at) == place,
        // Whoever is in the node's namespace is in one with all others that are.
        ContainerPlace::Host => owner.place == ContainerPlace::Host,
        _ => false,
    };
    let members = docker.containers.iter().filter(shares).map(|one| one.name.as_str()).collect();
    let own = owner.name == *name;
    let (label, means) = match owner.place {
        ContainerPlace::Host => ("the node", "the container has no namespace of its own"),
        _ if own => (name.as_str(), "the namespace is this container's own"),
        _ => (owner.name.as_str(), "this container is in the namespace of that one"),
    };
    let space = match owner.place {
        ContainerPlace::Host => None,
        _ => Some(container_namespace(owner)),
    };
    Space { name: space, owner: (label, means), members }.show(node, ordered, &mut card);
    // The ports of whoever owns the namespace lead to whoever listens in it.
    published(owner.published.iter(), &mut card);
    card
}

/// The container whose namespace it is in.
fn owner<'d>(docker: &'d Docker, container: &'d Container) -> &'d Container {
    match container.place {
        ContainerPlace::Shared(place) => docker.containers.get(place).unwrap_or(container),
        _ => container,
    }
}

/// The mode in Docker's words.
fn mode(docker: &Docker, container: &Container, owner: &Container) -> String {
    match container.place {
        ContainerPlace::Host => "host".to_owned(),
        ContainerPlace::Isolated => "none".to_owned(),
        ContainerPlace::Shared(_) => format!("container:{}", owner.name),
        ContainerPlace::Network(place) => {
            docker.networks.get(place).map_or_else(String::new, |network| network.name.clone())
        }
    }
}
