//! What is claimed of the network, and what is checked of every network.

use super::Family;
use netc_lang::{Party, Protocol, Span, Spanned};
use std::fmt;

/// A claim of what reaches what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assert {
    /// The `assert` statement.
    pub span: Span,
    /// Who asks.
    pub from: Spanned<Party>,
    /// Whether every packet must get its answer; if not, none may get to anybody.
    pub reaches: bool,
    /// Who is asked.
    pub to: Spanned<Party>,
    /// What is sent, if that is stated.
    pub carried: Option<Spanned<Carried>>,
    /// The family, if one is stated.
    pub family: Option<Spanned<Family>>,
    /// The node that packets from outside come in by, if one is stated.
    pub through: Option<Spanned<String>>,
    /// What they must pass.
    pub via: Vec<Spanned<Via>>,
    /// The source must not be translated.
    pub keeps_source: Option<Span>,
    /// Whoever answers must be on the same node.
    pub same_node: Option<Span>,
}

/// What is sent to ask somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    /// A protocol with ports.
    Ports(Protocol),
    /// An echo request of ICMP or ICMPv6.
    Echo,
}

/// What packets must pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Via {
    /// A node.
    Node(String),
    /// A device, of this node if one is stated.
    Device {
        /// The device.
        name: String,
        /// The node.
        node: Option<String>,
    },
}

impl Via {
    /// The node that is named.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        match self {
            Via::Node(name) => Some(name),
            Via::Device { node, .. } => node.as_deref(),
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Via::Node(name) => write!(f, "node {name}"),
            Via::Device { name, node: None } => write!(f, "device {name}"),
            Via::Device { name, node: Some(node) } => write!(f, "device {name} on {node}"),
        }
    }
}

/// What is checked of every network unless it is switched off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Check {
    /// Every pod reaches every pod, without translation.
    PodsReachPods,
    /// Every pod reaches every node, without translation, and nodes reach their pods.
    PodsReachNodes,
    /// Every service port leads to each usable endpoint with its share.
    ServicesReachEndpoints,
    /// Gateways, and addresses of services that others bring to the nodes, do not keep silent.
    NoBlackHole,
    /// Nothing goes in circles.
    NoLoop,
    /// There is no stated rule that no packet gets to.
    NoIdleRule,
    /// No stated rule is hidden by an earlier one.
    NothingShadowed,
}

impl Check {
    /// Every check, in the order in which they are made.
    pub const ALL: [Check; 7] = [
        Check::PodsReachPods,
        Check::PodsReachNodes,
        Check::ServicesReachEndpoints,
        Check::NoBlackHole,
        Check::NoLoop,
        Check::NoIdleRule,
        Check::NothingShadowed,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Check::PodsReachPods => "pods-reach-pods",
            Check::PodsReachNodes => "pods-reach-nodes",
            Check::ServicesReachEndpoints => "services-reach-endpoints",
            Check::NoBlackHole => "no-black-hole",
            Check::NoLoop => "no-loop",
            Check::NoIdleRule => "no-idle-rule",
            Check::NothingShadowed => "nothing-shadowed",
        }
    }

    /// The check of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<Check> {
        Check::ALL.into_iter().find(|check| check.name() == name)
    }
}
