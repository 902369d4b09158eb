//! Pods.

use super::{NodeId, PerFamily, Published};
use netc_lang::{Pair, Port, QualifiedName, Span, Spanned};
use std::net::IpAddr;
use std::sync::Arc;

/// A pod on a node.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its namespace and name.
    pub name: QualifiedName,
    /// The `pod` or `pods` statement.
    pub span: Span,
    /// The node it is on; `None` if that is not a node of the cluster.
    pub node: Option<NodeId>,
    /// How it is doing.
    pub state: PodState,
    /// What it has in common with its replicas.
    pub template: Arc<PodTemplate>,
    /// Its addresses.
    pub addresses: PerFamily<IpAddr>,
    /// The id of its sandbox.
    pub sandbox: String,
}

/// How a pod is doing, as the endpoint-slice controller sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodState {
    /// Its `Ready` condition.
    pub ready: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// It uses its node's network: it has the node's addresses and no namespace of its own.
    pub host_network: bool,
}

impl Default for PodState {
    fn default() -> PodState {
        PodState { ready: true, terminating: false, host_network: false }
    }
}

/// Labels and ports of a pod.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PodTemplate {
    /// Its labels, sorted.
    pub labels: Vec<Pair>,
    /// The names of its containers, as they are stated.
    pub containers: Vec<String>,
    /// The ports of all its containers.
    pub ports: Vec<PodPort>,
    /// The weight of the endpoints made of it, if stated.
    pub weight: Option<u16>,
    /// The ports of its node that lead to it.
    pub mappings: Vec<Published>,
}

/// A port on which a pod listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodPort {
    /// Its name.
    pub name: Option<String>,
    /// The port, and where it is stated.
    pub port: Spanned<Port>,
}
