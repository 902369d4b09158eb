//! Docker on a node: its networks and containers, as `docker network ls` and `docker ps` show them.

use super::Card;
use super::space::at;
use super::table::Table;
use crate::model::{
    Container, ContainerPlace, Docker, DockerLayout, DockerNetwork, DockerRules, GatewayMode, Node,
};
use netc_lang::Sources;
use serde_json::json;

/// What is shown of Docker.
#[must_use]
pub fn docker(node: &Node, docker: &Docker, sources: &Sources) -> Card {
    let mut card = Card::new(format!("docker on node {}", node.name), "docker", &node.name);
    let stated = sources.locate(docker.span);
    card.row("stated", stated.as_str());
    card.field("stated", json!(stated));
    let rules = match docker.rules {
        DockerRules::Iptables(DockerLayout::Current) => "iptables, as of Docker 28",
        DockerRules::Iptables(DockerLayout::Classic) => "iptables, as up to Docker 27",
        DockerRules::Nftables => "nftables",
    };
    card.row("rules", rules);
    card.field("rules", json!(rules));
    let proxy = if docker.userland_proxy { "a process for each published port" } else { "none" };
    card.row("proxy", proxy);
    card.field("userland-proxy", json!(docker.userland_proxy));
    card.table("networks", "networks", networks(docker));
    card.table("containers", "containers", containers(docker));
    card
}

fn networks(docker: &Docker) -> Table {
    let mut table = Table::new(&[
        "network",
        "bridge",
        "gateways",
        "mode",
        "internal",
        "icc",
        "masquerade",
        "mtu",
        "containers",
    ]);
    for (place, network) in docker.networks.iter().enumerate() {
        table.row([
            (&network.name).into(),
            (&network.device).into(),
            network.gateways.values().map(ToString::to_string).collect::<Vec<_>>().into(),
            modes(network).into(),
            network.internal.into(),
            network.icc.into(),
            network.masquerade.into(),
            network.mtu.into(),
            docker.within(place).count().into(),
        ]);
    }
    table
}

/// How a network is connected with what lies outside: the mode of each family, once if they are the same.
fn modes(network: &DockerNetwork) -> Vec<String> {
    let families = network.gateways.families();
    let modes: Vec<GatewayMode> = families.map(|family| network.mode(family)).collect();
    let mut words: Vec<String> = modes.iter().map(|mode| mode.word().to_owned()).collect();
    words.dedup();
    words
}

fn containers(docker: &Docker) -> Table {
    let mut table = Table::new(&["container", "network", "addresses", "published"]);
    for container in &docker.containers {
        table.row([
            (&container.name).into(),
            place(docker, container).into(),
            container.addresses.values().map(ToString::to_string).collect::<Vec<_>>().into(),
            container.published.iter().map(at).collect::<Vec<_>>().into(),
        ]);
    }
    table
}

/// Where a container is, in Docker's words.
fn place(docker: &Docker, container: &Container) -> String {
    match container.place {
        ContainerPlace::Host => "host".to_owned(),
        ContainerPlace::Isolated => "none".to_owned(),
        ContainerPlace::Network(place) => {
            docker.networks.get(place).map_or_else(String::new, |one| one.name.clone())
        }
        ContainerPlace::Shared(place) => {
            let other = docker.containers.get(place);
            other.map_or_else(String::new, |one| format!("container:{}", one.name))
        }
    }
}
