//! The network that packets walk through.

use super::listen::Listeners;
use super::machine::Machine;
use crate::model::{Cluster, NodeId};
use netc_lang::Diagnostic;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::net::IpAddr;

/// How a node is made ready: from what is compiled for it, or from what was found on it.
pub type Make<'c> = dyn Fn(NodeId) -> Result<Machine, Vec<Diagnostic>> + 'c;

/// The nodes of a cluster and what joins them. A node is made ready when a question comes to it.
pub struct Network<'c> {
    cluster: &'c Cluster,
    make: Box<Make<'c>>,
    machines: Vec<OnceCell<Result<Machine, Vec<Diagnostic>>>>,
    /// Which node has an address on what joins the nodes.
    nodes: FxHashMap<IpAddr, NodeId>,
    listeners: Listeners,
}

impl<'c> Network<'c> {
    /// The network of a cluster.
    #[must_use]
    pub fn new(
        cluster: &'c Cluster,
        make: impl Fn(NodeId) -> Result<Machine, Vec<Diagnostic>> + 'c,
    ) -> Network<'c> {
        let machines = cluster.nodes.iter().map(|_| OnceCell::new()).collect();
        let ids = (0..).map(NodeId).zip(&cluster.nodes);
        let nodes =
            ids.flat_map(|(id, node)| node.addresses.iter().map(move |own| (own.address, id)));
        Network {
            cluster,
            make: Box::new(make),
            machines,
            nodes: nodes.collect(),
            listeners: Listeners::of(cluster),
        }
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &'c Cluster {
        self.cluster
    }

    pub(super) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// A node, made ready.
    ///
    /// # Errors
    /// It could not be compiled or read.
    pub fn machine(&self, id: NodeId) -> Result<&Machine, Vec<Diagnostic>> {
        let Some(cell) = self.machines.get(id.0 as usize) else { return Err(Vec::new()) };
        cell.get_or_init(|| (self.make)(id)).as_ref().map_err(Clone::clone)
    }

    /// The node that has an address on what joins the nodes.
    #[must_use]
    pub fn node_of(&self, address: IpAddr) -> Option<NodeId> {
        self.nodes.get(&address).copied()
    }
}

impl std::fmt::Debug for Network<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("cluster", &self.cluster.name).finish_non_exhaustive()
    }
}
