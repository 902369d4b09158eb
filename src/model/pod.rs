//! Pods.

use super::{NodeId, PerFamily};
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
    /// The node it is on.
    pub node: NodeId,
    /// What it has in common with its replicas.
    pub template: Arc<PodTemplate>,
    /// Its addresses.
    pub addresses: PerFamily<IpAddr>,
}

/// Labels and ports of a pod.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PodTemplate {
    /// Its labels, sorted.
    pub labels: Vec<Pair>,
    /// The ports of all its containers.
    pub ports: Vec<PodPort>,
}

/// A port on which a pod listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodPort {
    /// Its name.
    pub name: Option<String>,
    /// The port, and where it is stated.
    pub port: Spanned<Port>,
}
