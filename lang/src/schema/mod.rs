//! The schema: every statement of the language in one table.
//!
//! Checking, `netc explain`, the reference page and did-you-mean all read this table, so a
//! statement exists when it stands here and nowhere else.

mod anywhere;
mod assert;
mod bgp;
mod chain;
mod cluster;
mod describe;
mod docker;
mod endpoint;
mod file;
mod ingress;
mod load_balancers;
mod node;
mod overlay;
mod pod;
mod pod_network;
mod primitives;
mod proxy;
mod reference;
mod service;
mod usage;

pub use describe::{choices, describe, describe_choice};
pub use reference::reference;
pub use usage::usage;

pub use crate::shape::{Choice, Shape};

/// Where a statement may stand: at the top of a file or in the block of another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// Anywhere.
    Anywhere,
    /// At the top level of a file.
    File,
    /// In `cluster NAME { … }`.
    Cluster,
    /// In `overlay KIND { … }`.
    Overlay,
    /// In `pod-network KIND { … }`.
    PodNetwork,
    /// In `host-local { … }` of a pod network.
    HostLocal,
    /// In `port-map { … }` of a pod network.
    PortMap,
    /// In `proxy KIND { … }`.
    Proxy,
    /// In `load-balancers … { … }`.
    LoadBalancers,
    /// In `bgp { … }`.
    Bgp,
    /// In `peer … { … }` of `bgp`.
    BgpPeer,
    /// In `node NAME { … }`.
    Node,
    /// In `wireguard { … }` of a node.
    NodeWireguard,
    /// In `kernelspace { … }` of a node.
    NodeKernelspace,
    /// In `pod NAME { … }`.
    Pod,
    /// In `pods NAME { … }`.
    Pods,
    /// In `container NAME { … }`.
    Container,
    /// In `service NAME { … }`.
    Service,
    /// In `endpoint … { … }`.
    Endpoint,
    /// In `ingress KIND { … }` of the cluster.
    Controller,
    /// In `ingress NAME { … }`.
    Ingress,
    /// In `host NAME { … }` of an ingress.
    IngressHost,
    /// In `secret NAME { … }`.
    Secret,
    /// In `docker NODE { … }`.
    Docker,
    /// In `network NAME { … }` of Docker.
    DockerNetwork,
    /// In `container NAME { … }` of Docker.
    DockerContainer,
    /// In `primitives NODE { … }`.
    Primitives,
    /// In `bridge DEVICE { … }` of primitives.
    PrimitiveBridge,
    /// In `veth DEVICE <-> DEVICE { … }`.
    PrimitiveVeth,
    /// In `route … { … }`.
    PrimitiveRoute,
    /// In `chain TABLE NAME { … }`.
    Chain,
    /// In `rule { … }` of a chain.
    ChainRule,
    /// In `assert … { … }`.
    Assert,
    /// In `checks { … }`.
    Checks,
}

impl Place {
    /// Every place, in the order of the reference page.
    pub const ALL: [Place; 34] = [
        Place::File,
        Place::Cluster,
        Place::Overlay,
        Place::PodNetwork,
        Place::HostLocal,
        Place::PortMap,
        Place::Proxy,
        Place::LoadBalancers,
        Place::Bgp,
        Place::BgpPeer,
        Place::Node,
        Place::NodeWireguard,
        Place::NodeKernelspace,
        Place::Pod,
        Place::Pods,
        Place::Container,
        Place::Service,
        Place::Endpoint,
        Place::Controller,
        Place::Ingress,
        Place::IngressHost,
        Place::Secret,
        Place::Docker,
        Place::DockerNetwork,
        Place::DockerContainer,
        Place::Primitives,
        Place::PrimitiveBridge,
        Place::PrimitiveVeth,
        Place::PrimitiveRoute,
        Place::Chain,
        Place::ChainRule,
        Place::Assert,
        Place::Checks,
        Place::Anywhere,
    ];

    /// The place for people: `in a `cluster` block`.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Place::Anywhere => "anywhere",
            Place::File => "at the top level",
            Place::Cluster => "in a `cluster` block",
            Place::Overlay => "in an `overlay` block",
            Place::PodNetwork => "in a `pod-network` block",
            Place::HostLocal => "in a `host-local` block",
            Place::PortMap => "in a `port-map` block",
            Place::Proxy => "in a `proxy` block",
            Place::LoadBalancers => "in a `load-balancers` block",
            Place::Bgp => "in a `bgp` block",
            Place::BgpPeer => "in a `peer` block of `bgp`",
            Place::Node => "in a `node` block",
            Place::NodeWireguard => "in a `wireguard` block of `node`",
            Place::NodeKernelspace => "in a `kernelspace` block of `node`",
            Place::Pod => "in a `pod` block",
            Place::Pods => "in a `pods` block",
            Place::Container => "in a `container` block",
            Place::Service => "in a `service` block",
            Place::Endpoint => "in an `endpoint` block",
            Place::Controller => "in an `ingress` block of `cluster`",
            Place::Ingress => "in an `ingress` block",
            Place::IngressHost => "in a `host` block of `ingress`",
            Place::Secret => "in a `secret` block",
            Place::Docker => "in a `docker` block",
            Place::DockerNetwork => "in a `network` block of `docker`",
            Place::DockerContainer => "in a `container` block of `docker`",
            Place::Primitives => "in a `primitives` block",
            Place::PrimitiveBridge => "in a `bridge` block of `primitives`",
            Place::PrimitiveVeth => "in a `veth` block",
            Place::PrimitiveRoute => "in a `route` block",
            Place::Chain => "in a `chain` block",
            Place::ChainRule => "in a `rule` block of `chain`",
            Place::Assert => "in an `assert` block",
            Place::Checks => "in a `checks` block",
        }
    }
}

/// A named argument.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name under which [`Item`](crate::Item) hands out its values.
    pub name: &'static str,
    /// What it must look like.
    pub shape: Shape,
}

/// What arguments a statement takes. Positional ones come first, groups introduced by a word
/// last, in any order.
#[derive(Clone, Copy, Debug)]
pub enum Pattern {
    /// One argument.
    One(Field),
    /// One argument that may be missing; it is taken if the word has the shape.
    Maybe(Field),
    /// One or more arguments, separated by blanks.
    Many(Field),
    /// Somebody who sends packets or gets them, under this name: a word for the kind and a name, or
    /// an address.
    Party(&'static str),
    /// Groups, separated by commas.
    List(&'static [Pattern]),
    /// `word` and a group; may be missing.
    Tagged(&'static str, &'static [Pattern]),
    /// `word` and a group; must be there.
    Required(&'static str, &'static [Pattern]),
}

/// Whether a statement has a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Braces {
    /// Never.
    None,
    /// It may.
    Optional(Place),
    /// It must.
    Required(Place),
}

/// One statement of the language.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The keyword.
    pub keyword: &'static str,
    /// Where it may stand.
    pub place: Place,
    /// Its arguments.
    pub arguments: &'static [Pattern],
    /// Its block.
    pub braces: Braces,
    /// It may stand more than once in a block.
    pub repeats: bool,
    /// What holds when it is missing.
    pub default: Option<&'static str>,
    /// Whether this release compiles it; the word is reserved all the same.
    pub compiled: bool,
    /// What it means, with units.
    pub doc: &'static str,
    /// How it looks in use.
    pub example: &'static str,
}

/// A definition with the commonest properties, to be changed by `..`.
const PLAIN: Definition = Definition {
    keyword: "",
    place: Place::File,
    arguments: &[],
    braces: Braces::None,
    repeats: false,
    default: None,
    compiled: true,
    doc: "",
    example: "",
};

/// Every definition, grouped by place.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    [
        file::STATEMENTS,
        cluster::STATEMENTS,
        overlay::STATEMENTS,
        pod_network::STATEMENTS,
        pod_network::HOST_LOCAL,
        pod_network::PORT_MAP,
        proxy::STATEMENTS,
        load_balancers::STATEMENTS,
        bgp::STATEMENTS,
        bgp::PEER,
        node::STATEMENTS,
        node::WIREGUARD,
        node::KERNELSPACE,
        pod::POD,
        pod::PODS,
        pod::CONTAINER,
        service::STATEMENTS,
        endpoint::STATEMENTS,
        ingress::CONTROLLER,
        ingress::STATEMENTS,
        ingress::HOST,
        ingress::SECRET,
        docker::STATEMENTS,
        docker::NETWORK,
        docker::CONTAINER,
        primitives::STATEMENTS,
        primitives::BRIDGE,
        primitives::VETH,
        primitives::ROUTE,
        chain::STATEMENTS,
        chain::RULE,
        assert::STATEMENTS,
        assert::CHECKS,
        anywhere::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}

/// The definitions that may stand in one place, those of [`Place::Anywhere`] last.
pub fn within(place: Place) -> impl Iterator<Item = &'static Definition> {
    table(place).iter().chain(anywhere::STATEMENTS)
}

/// The definition of a keyword in one place.
#[must_use]
pub fn find(place: Place, keyword: &str) -> Option<&'static Definition> {
    within(place).find(|definition| definition.keyword == keyword)
}

/// All definitions of a keyword, in every place.
pub fn named(keyword: &str) -> impl Iterator<Item = &'static Definition> {
    all().filter(move |definition| definition.keyword == keyword)
}

fn table(place: Place) -> &'static [Definition] {
    match place {
        Place::Anywhere => &[],
        Place::File => file::STATEMENTS,
        Place::Cluster => cluster::STATEMENTS,
        Place::Overlay => overlay::STATEMENTS,
        Place::PodNetwork => pod_network::STATEMENTS,
        Place::HostLocal => pod_network::HOST_LOCAL,
        Place::PortMap => pod_network::PORT_MAP,
        Place::Proxy => proxy::STATEMENTS,
        Place::LoadBalancers => load_balancers::STATEMENTS,
        Place::Bgp => bgp::STATEMENTS,
        Place::BgpPeer => bgp::PEER,
        Place::Node => node::STATEMENTS,
        Place::NodeWireguard => node::WIREGUARD,
        Place::NodeKernelspace => node::KERNELSPACE,
        Place::Pod => pod::POD,
        Place::Pods => pod::PODS,
        Place::Container => pod::CONTAINER,
        Place::Service => service::STATEMENTS,
        Place::Endpoint => endpoint::STATEMENTS,
        Place::Controller => ingress::CONTROLLER,
        Place::Ingress => ingress::STATEMENTS,
        Place::IngressHost => ingress::HOST,
        Place::Secret => ingress::SECRET,
        Place::Docker => docker::STATEMENTS,
        Place::DockerNetwork => docker::NETWORK,
        Place::DockerContainer => docker::CONTAINER,
        Place::Primitives => primitives::STATEMENTS,
        Place::PrimitiveBridge => primitives::BRIDGE,
        Place::PrimitiveVeth => primitives::VETH,
        Place::PrimitiveRoute => primitives::ROUTE,
        Place::Chain => chain::STATEMENTS,
        Place::ChainRule => chain::RULE,
        Place::Assert => assert::STATEMENTS,
        Place::Checks => assert::CHECKS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_is_documented_and_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for definition in all() {
            assert!(seen.insert((definition.place, definition.keyword)), "{}", definition.keyword);
            assert!(definition.doc.ends_with('.'), "{} has no doc", definition.keyword);
            assert!(!definition.example.is_empty(), "{} has no example", definition.keyword);
        }
    }

    #[test]
    fn every_table_holds_only_its_own_place() {
        for place in Place::ALL {
            assert!(table(place).iter().all(|definition| definition.place == place));
        }
    }
}
