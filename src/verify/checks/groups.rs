//! Pods that can be asked for at once.

use crate::lower::pod_namespace;
use crate::model::{Cluster, Family, Node, NodeId, Pod};
use crate::object::Netns;
use crate::trace::{Payload, Place, Question, Who};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The pods of a node in one family: on a bridge all of them, else one.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) node: NodeId,
    pub(super) family: Family,
    pub(super) who: Who,
    /// The namespace of each, in the order of their addresses.
    places: Vec<(IpAddr, Place)>,
    /// Its name.
    pub(super) name: String,
}

impl Group {
    /// The namespace of the first of some of them.
    pub(super) fn place(&self, who: &Who) -> Place {
        let first = who.first();
        let found = self.places.iter().find(|(address, _)| *address == first);
        found.map_or(Place::Outside, |(_, place)| place.clone())
    }

    /// What some of them send.
    pub(super) fn question(&self, who: Who, destination: Who, payload: Payload) -> Question {
        let place = self.place(&who);
        Question { place, source: Some(who), destination, payload, through: None }
    }

    /// For people: `pod shop/web-0`, `the pods of node1`.
    pub(super) fn name(&self, cluster: &Cluster) -> String {
        match self.who {
            Who::One(_) => format!("pod {}", self.name),
            Who::Any(_) => {
                let node = cluster.nodes.get(self.node.0 as usize);
                format!("pods of {}", node.map_or("?", |node| node.name.as_str()))
            }
        }
    }
}

/// The groups, by node and family.
pub(super) fn groups(cluster: &Cluster) -> Vec<Group> {
    let mut pods: BTreeMap<(NodeId, Family), Vec<(IpAddr, &Pod)>> = BTreeMap::new();
    for pod in cluster.pods.iter().filter(|pod| !pod.state.host_network) {
        let Some(id) = pod.node else { continue };
        for (family, address) in pod.addresses.iter() {
            if node_of(cluster, id).is_some_and(|node| joins(node, family)) {
                pods.entry((id, family)).or_default().push((*address, pod));
            }
        }
    }
    let mut all = Vec::new();
    for ((id, family), mut own) in pods {
        own.sort_by_key(|(address, _)| *address);
        let bridged = node_of(cluster, id)
            .and_then(|node| node.attachment.as_ref())
            .is_some_and(|attachment| attachment.bridge().is_some());
        let parts: Vec<&[(IpAddr, &Pod)]> =
            if bridged { vec![&own] } else { own.chunks(1).collect() };
        all.extend(parts.into_iter().filter_map(|part| group(id, family, part)));
    }
    all
}

fn group(node: NodeId, family: Family, pods: &[(IpAddr, &Pod)]) -> Option<Group> {
    let who = Who::any(pods.iter().map(|(address, _)| *address).collect())?;
    let (_, first) = pods.first()?;
    let place = |pod: &Pod| Place::Node(node, Netns::Named(pod_namespace(pod).into()));
    let places = pods.iter().map(|(address, pod)| (*address, place(pod))).collect();
    Some(Group { node, family, who, places, name: first.name.to_string() })
}

/// Whether netc joins pods to a node in a family.
fn joins(node: &Node, family: Family) -> bool {
    // A Windows node has none: what it does with packets is not known.
    node.attachment.is_some()
        && node.blocks.get(family).is_some()
        && node.gateways.get(family).is_some()
}

fn node_of(cluster: &Cluster, id: NodeId) -> Option<&Node> {
    cluster.nodes.get(id.0 as usize)
}
