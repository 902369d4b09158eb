//! How pods are joined to their node: what a CNI configuration says.

use ipnet::IpNet;
use netc_lang::Span;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// How the pods of a node are joined to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// What joins them.
    pub kind: AttachmentKind,
    /// The name of the CNI configuration.
    pub network: String,
    /// The MTU of the pods, and of the bridge, in bytes.
    pub mtu: u32,
    /// Whether pods have a default route by the gateway.
    pub default_gateway: bool,
    /// What becomes of packets that leave the block.
    pub masquerade: PodMasquerade,
    /// The routes of pods beside the default one, that to the pod network of a flannel overlay among
    /// them.
    pub routes: Vec<PodRoute>,
    /// The ranges that pods get their addresses from; their whole block in a family without one.
    pub ranges: Vec<RangeInclusive<IpAddr>>,
    /// How host ports are brought about.
    pub port_map: PortMap,
    /// A build writes the CNI configuration too.
    pub emit: bool,
    /// The `pod-network` statement, or `cluster` if there is none.
    pub span: Span,
}

/// What joins pods to their node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttachmentKind {
    /// A bridge.
    Bridge(Bridge),
    /// A veth pair for each pod, and a route of the node to it.
    PointToPoint,
}

/// The bridge that joins the pods of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bridge {
    /// Its name on every node.
    pub name: String,
    /// Whether it has the gateway's address.
    pub gateway: bool,
    /// Whether its ports send packets back where they came from.
    pub hairpin: bool,
    /// Whether it takes every frame, whoever it is for.
    pub promiscuous: bool,
    /// Whether it keeps its ports apart from one another.
    pub isolate: bool,
    /// The vlan of its ports, if it heeds vlans.
    pub vlan: Option<u16>,
}

/// What becomes of packets that a pod sends to where its block does not reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PodMasquerade {
    /// Nothing, as far as the pod network is concerned.
    None,
    /// They take the node's address, by a chain of the pod's own.
    Chain {
        /// The rule that leads there asks for the whole block instead of the pod's address.
        legacy: bool,
    },
}

/// A route that pods have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodRoute {
    /// Where it leads.
    pub destination: IpNet,
    /// The next hop, if it is not the gateway.
    pub gateway: Option<IpAddr>,
    /// The `route` statement.
    pub span: Span,
}

/// How host ports are brought about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortMap {
    /// What comes from the node or from a pod of the same block takes the node's address.
    pub snat: bool,
    /// Everything that comes takes the node's address.
    pub masquerade_all: bool,
    /// The mark that asks for it.
    pub mark: u32,
    /// The `port-map` statement, if there is one.
    pub span: Option<Span>,
}

impl Bridge {
    /// The device by which pods reach their node: the bridge itself, or where there is a vlan one that
    /// is joined to it, `cni0.10`.
    #[must_use]
    pub fn gateway_device(&self) -> String {
        match self.vlan {
            None => self.name.clone(),
            Some(vlan) => format!("{}.{vlan}", self.name),
        }
    }
}

impl Attachment {
    /// The bridge, if there is one.
    #[must_use]
    pub fn bridge(&self) -> Option<&Bridge> {
        match &self.kind {
            AttachmentKind::Bridge(bridge) => Some(bridge),
            AttachmentKind::PointToPoint => None,
        }
    }
}
