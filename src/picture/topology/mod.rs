//! What a picture of a cluster shows.

mod members;
mod names;
mod nodes;
mod services;

use super::Detail;
use crate::model::Cluster;
use netc_lang::Sources;

/// More arrows from services to endpoints than these are no longer read: numbers take their place.
const ARROWS: usize = 60;

/// A picture of a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topology {
    /// The cluster's name.
    pub name: String,
    /// What all nodes share, each with its label: `pods`, `10.244.0.0/16`.
    pub facts: Vec<(&'static str, String)>,
    /// How packets of pods get from node to node.
    pub overlay: Overlay,
    /// The networks that the nodes are in.
    pub segments: Vec<Segment>,
    /// Pods that are on no node of the cluster, and endpoints that are no pods.
    pub outside: Vec<Chip>,
    /// The services, each with a number: its place, counted from 1.
    pub services: Vec<ServiceBox>,
    /// There are too many endpoints for arrows: services and endpoints bear numbers instead.
    pub numbered: bool,
}

/// How packets of pods get from node to node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overlay {
    /// In words: `vxlan, VNI 1, UDP port 8472, MTU 1450`.
    pub text: String,
    /// Between which nodes there are tunnels, if there are.
    pub tunnels: Option<String>,
    /// `file:line` of the statement.
    pub origin: String,
}

/// A network of the underlay, with the nodes whose first address is in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Its network, as far as the sources tell.
    pub name: String,
    /// Whether the sources tell that the nodes are joined by it.
    pub joined: bool,
    /// The nodes, by their zones.
    pub zones: Vec<Zone>,
}

/// Nodes of one zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Its name; none if the nodes state no zone.
    pub name: Option<String>,
    /// The nodes.
    pub nodes: Vec<NodeBox>,
}

/// A node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeBox {
    /// Its name.
    pub name: String,
    /// Its addresses and blocks, one a line.
    pub lines: Vec<String>,
    /// What is on it.
    pub groups: Vec<Group>,
    /// `file:line` of the statement.
    pub origin: String,
}

/// What hangs on one device of a node: pods on their bridge, containers on theirs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The device, or what else the members have in common.
    pub name: String,
    /// The device's addresses.
    pub detail: String,
    /// The members.
    pub chips: Vec<Chip>,
    /// `file:line` of the statement.
    pub origin: String,
}

/// A pod, container or namespace, or several that differ in nothing but their numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chip {
    /// The name, or what the names begin with.
    pub name: String,
    /// Addresses and published ports.
    pub detail: String,
    /// How many it stands for.
    pub count: usize,
    /// It takes no new connections.
    pub idle: bool,
    /// The numbers of the services whose endpoint it is.
    pub services: Vec<usize>,
    /// All of it, for whoever asks: names, addresses, `file:line`.
    pub note: String,
}

/// A service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceBox {
    /// Its name.
    pub name: String,
    /// Type, addresses and ports, one a line.
    pub lines: Vec<String>,
    /// What may well be a mistake: `no endpoints`.
    pub warning: Option<String>,
    /// `file:line` of the statement.
    pub origin: String,
}

impl Topology {
    /// The picture of a cluster.
    #[must_use]
    pub fn new(cluster: &Cluster, sources: &Sources, detail: Detail) -> Topology {
        let mut members = members::all(cluster, sources);
        let services = services::boxes(cluster, &mut members, sources);
        let (mut chips, mut outside) = members::chips(members, detail);
        for chip in chips.values_mut().flatten().chain(&mut outside) {
            services::name(chip, &services);
        }
        let segments = nodes::segments(cluster, &mut chips, sources);
        let mut topology = Topology {
            name: cluster.name.clone(),
            facts: nodes::facts(cluster),
            overlay: nodes::overlay(cluster, sources),
            segments,
            outside,
            services,
            numbered: false,
        };
        topology.numbered =
            topology.chips().map(|chip| chip.services.len()).sum::<usize>() > ARROWS;
        topology
    }

    /// The nodes, in the order in which they are drawn.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeBox> {
        self.segments.iter().flat_map(|segment| &segment.zones).flat_map(|zone| &zone.nodes)
    }

    /// All pods, containers and endpoints.
    pub(in crate::picture) fn chips(&self) -> impl Iterator<Item = &Chip> {
        let own = self.nodes().flat_map(|node| &node.groups).flat_map(|group| &group.chips);
        own.chain(&self.outside)
    }
}
