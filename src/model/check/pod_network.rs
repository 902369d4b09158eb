//! What pod networks and host ports cannot be, or not together.

use crate::model::bind::{BoundPod, Nodes};
use crate::model::declare::{AttachmentDecl, ClusterDecl};
use crate::model::fault;
use netc_lang::{Diagnostic, Spanned};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// Reports ranges that overlap, and host ports of pods that cannot have any.
pub(crate) fn check(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    pods: &[BoundPod],
    faults: &mut Vec<Diagnostic>,
) {
    let own = nodes.all.iter().filter_map(|node| node.attachment.as_ref());
    for stated in [&cluster.attachment].into_iter().chain(own) {
        overlaps(stated, faults);
    }
    for pod in pods {
        let Some(node) = pod.node.and_then(|node| nodes.get(node)) else { continue };
        let stated = node.attachment(cluster);
        for one in &pod.template.mappings {
            if pod.state.host_network {
                faults.push(fault::host_port_of_host_network(&pod.name, one.span));
            } else if stated.kind.is_none() {
                let (name, at) = (&pod.name, one.span);
                faults.push(fault::host_port_without_network(name, &node.name, at, stated.span));
            }
        }
    }
}

fn overlaps(stated: &AttachmentDecl, faults: &mut Vec<Diagnostic>) {
    for (index, range) in stated.ranges.iter().enumerate() {
        let meets = |other: &&Spanned<RangeInclusive<IpAddr>>| {
            range.value.start() <= other.value.end() && other.value.start() <= range.value.end()
        };
        if let Some(earlier) = stated.ranges.iter().take(index).find(meets) {
            faults.push(fault::ranges_overlap(range, earlier));
        }
    }
}
