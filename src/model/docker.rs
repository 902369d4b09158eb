//! Docker's networks and containers.

use super::{Family, PerFamily};
use ipnet::IpNet;
use netc_lang::{Port, Span};
use std::net::IpAddr;

/// What Docker has made on a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Docker {
    /// The `docker` statement.
    pub span: Span,
    /// What publishes ports and keeps networks apart.
    pub rules: DockerRules,
    /// Each published port has a proxy process. Without them rules do all of it.
    pub userland_proxy: bool,
    /// The networks: `bridge` first, the others in natural order of their names.
    pub networks: Vec<DockerNetwork>,
    /// The containers, in natural order of their names.
    pub containers: Vec<Container>,
}

/// What publishes ports and keeps networks apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DockerRules {
    /// Chains of iptables.
    Iptables(DockerLayout),
    /// A table of nf_tables for each family.
    Nftables,
}

/// How Docker's chains are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DockerLayout {
    /// As Docker 28 and later have it.
    Current,
    /// As Docker up to 27 has it.
    Classic,
}

/// A network of containers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DockerNetwork {
    /// Its name.
    pub name: String,
    /// The `network` statement.
    pub span: Span,
    /// The name of its bridge.
    pub device: String,
    /// The addresses of the bridge, with the length of the network.
    pub gateways: PerFamily<IpNet>,
    /// It has no way out, and none in.
    pub internal: bool,
    /// Its containers reach one another.
    pub icc: bool,
    /// What leaves it takes the node's address.
    pub masquerade: bool,
    /// How each of its families is connected with what lies outside; nothing for [`Nat`].
    ///
    /// [`Nat`]: GatewayMode::Nat
    pub modes: PerFamily<GatewayMode>,
    /// The address that what leaves it takes, if it is not that of the device it leaves by.
    pub snat: PerFamily<IpAddr>,
    /// The MTU of the bridge and of the containers, in bytes.
    pub mtu: u32,
}

/// How a network is connected with what lies outside of the node
/// (`com.docker.network.bridge.gateway_mode_ipv4` and `…_ipv6`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum GatewayMode {
    /// Published ports are translated; containers are not reached by their own addresses.
    #[default]
    Nat,
    /// Published ports are translated; containers are reached by their own addresses, too.
    NatUnprotected,
    /// Nothing is translated; published ports are reached by the containers' own addresses.
    Routed,
}

impl GatewayMode {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            GatewayMode::Nat => "nat",
            GatewayMode::NatUnprotected => "nat-unprotected",
            GatewayMode::Routed => "routed",
        }
    }
}

/// A container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// The `container` statement.
    pub span: Span,
    /// In which namespace it is.
    pub place: ContainerPlace,
    /// Its own addresses.
    pub addresses: PerFamily<IpAddr>,
    /// Its published ports.
    pub published: Vec<Published>,
}

/// In which network namespace a container is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContainerPlace {
    /// In the node's own.
    Host,
    /// In one of its own, without a device.
    Isolated,
    /// In one of its own, in this network of the node.
    Network(usize),
    /// In that of another container of the node, by whatever detours: the one at this place.
    Shared(usize),
}

/// A published port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Published {
    /// The node's address at which it answers; all of them if there is none.
    pub address: Option<IpAddr>,
    /// The node's port.
    pub port: u16,
    /// The container's port.
    pub target: Port,
    /// The `publish` statement.
    pub span: Span,
}

impl Docker {
    /// The families of its networks.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        let has = |family| self.networks.iter().any(|one| one.gateways.get(family).is_some());
        Family::ALL.into_iter().filter(move |family| has(*family))
    }

    /// The published ports that are ports of the node; in routed networks they are none.
    pub fn held(&self) -> impl Iterator<Item = &Published> {
        let networks = self.networks.iter().enumerate();
        networks.flat_map(|(place, network)| {
            let all = self.within(place).flat_map(|container| &container.published);
            all.filter(|one| network.holds(one))
        })
    }

    /// The containers of the network at this place.
    pub fn within(&self, network: usize) -> impl Iterator<Item = &Container> {
        let own = ContainerPlace::Network(network);
        self.containers.iter().filter(move |container| container.place == own)
    }
}

impl DockerNetwork {
    /// How a family of it is connected with what lies outside.
    #[must_use]
    pub fn mode(&self, family: Family) -> GatewayMode {
        self.modes.get(family).copied().unwrap_or_default()
    }

    /// Whether a published port of one of its containers is a port of the node: in a routed network
    /// it is none.
    fn holds(&self, published: &Published) -> bool {
        let own = self.gateways.families().filter(|family| published.is_of(*family));
        own.map(|family| self.mode(family)).any(|mode| mode != GatewayMode::Routed)
    }
}

impl Published {
    /// Whether it answers at addresses of a family.
    #[must_use]
    pub fn is_of(&self, family: Family) -> bool {
        self.address.is_none_or(|address| Family::of(address) == family)
    }

    /// Whether one address and port would be of both.
    #[must_use]
    pub fn meets(&self, other: &Published) -> bool {
        let same = (self.port, self.target.protocol) == (other.port, other.target.protocol);
        let apart = match (self.address, other.address) {
            (Some(own), Some(other)) => own != other && !wild(own, other) && !wild(other, own),
            _ => false,
        };
        same && !apart
    }
}

/// Whether the first stands for all addresses of the other's family.
fn wild(own: IpAddr, other: IpAddr) -> bool {
    own.is_unspecified() && own.is_ipv4() == other.is_ipv4()
}
