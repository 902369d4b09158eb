//! What pod networks and host ports cannot be, or not together.

use super::mtu::{MIN_V6, choose};
use crate::model::bind::{BoundPod, Nodes};
use crate::model::declare::{AttachmentDecl, ClusterDecl};
use crate::model::{AttachmentKind, Family, OverlayKind, PodMasquerade, fault};
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
        mtu(cluster, nodes, stated, faults);
        let bridge = match &stated.kind {
            Some(AttachmentKind::Bridge(bridge)) => Some(bridge),
            _ => None,
        };
        let in_vlan = bridge.is_some_and(|bridge| bridge.vlan.is_some());
        if let Some(proxy) = cluster.proxy.as_ref().filter(|own| in_vlan && !own.masquerade_all) {
            faults.push(fault::services_astray(stated.span, proxy.span));
        }
        let carried = cluster.overlay.kind != OverlayKind::None;
        if carried && stated.masquerade != PodMasquerade::None {
            faults.push(fault::pods_hidden(stated.span, cluster.overlay.span));
        }
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

/// Reports an MTU of pods that does not fit through the overlay, or is too small for IPv6.
fn mtu(
    cluster: &ClusterDecl,
    nodes: &Nodes,
    stated: &AttachmentDecl,
    faults: &mut Vec<Diagnostic>,
) {
    let Some(mtu) = stated.mtu else { return };
    let overlay = &cluster.overlay;
    let fits = choose(cluster, nodes);
    if overlay.kind != OverlayKind::None && mtu.value > fits {
        faults.push(fault::pod_mtu_too_large(mtu, overlay.kind.word(), fits, overlay.span));
    }
    if cluster.pod_networks.get(Family::V6).is_some() && mtu.value < MIN_V6 {
        faults.push(fault::mtu_too_small_for_v6(mtu.value, MIN_V6, mtu.span));
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
