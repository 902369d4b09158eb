//! The MTU from the nodes' devices through the overlay to the pods.

use crate::model::bind::Nodes;
use crate::model::declare::ClusterDecl;
use crate::model::stated::NodeDecl;
use crate::model::{Family, Overlay, OverlayKind, fault};
use netc_lang::{Diagnostic, Spanned};

/// IPv6 needs links of at least this MTU (RFC 8200 section 5).
pub(super) const MIN_V6: u32 = 1280;

/// The MTU of a node's devices: Ethernet's if none is stated.
pub(crate) fn of_node(node: &NodeDecl) -> Spanned<u32> {
    node.mtu.unwrap_or(Spanned::new(1500, node.span))
}

/// The MTU of pods: the stated one, or the largest that fits through every node.
pub(crate) fn choose(cluster: &ClusterDecl, nodes: &Nodes) -> u32 {
    let fits = nodes.all.iter().map(|node| of_node(node).value).min().unwrap_or(1500);
    cluster.mtu.map_or(fits.saturating_sub(overhead(cluster)), |mtu| mtu.value)
}

/// Reports an MTU that does not fit.
pub(crate) fn check(cluster: &ClusterDecl, nodes: &Nodes, faults: &mut Vec<Diagnostic>) {
    let overhead = overhead(cluster);
    let smallest: Option<&NodeDecl> = nodes.all.iter().min_by_key(|node| of_node(node).value);
    if let (Some(mtu), Some(node)) = (cluster.mtu, smallest)
        && mtu.value + overhead > of_node(node).value
    {
        let kind = cluster.overlay.kind.word();
        faults.push(fault::mtu_too_large(mtu, kind, overhead, &node.name, of_node(node)));
    }
    let chosen = choose(cluster, nodes);
    let fits = smallest.map_or(1500, |node| of_node(node).value);
    if too_large_for_v6(cluster, chosen, fits) {
        faults.push(fault::vxlan_too_large_for_v6(cluster.overlay.span));
    }
    if cluster.pod_networks.get(Family::V6).is_some() && chosen < MIN_V6 {
        let at = cluster.mtu.map_or(cluster.overlay.span, |mtu| mtu.span);
        faults.push(fault::mtu_too_small_for_v6(chosen, MIN_V6, at));
    }
}

/// Whether flannel's way to compute the MTU lets packets of IPv6 pods become too large (netspec
/// 1.7): it takes the outer header to be one of IPv4.
fn too_large_for_v6(cluster: &ClusterDecl, chosen: u32, fits: u32) -> bool {
    let overlay = &cluster.overlay;
    let right = Overlay { emulate: false, ..overlay.clone() };
    overlay.emulate
        && cluster.pod_networks.get(Family::V6).is_some()
        && chosen + right.overhead(Family::V6) > fits
}

/// The largest encapsulation that a packet between two pods can get.
fn overhead(cluster: &ClusterDecl) -> u32 {
    if cluster.overlay.kind == OverlayKind::None {
        return 0;
    }
    let families = cluster.pod_networks.families();
    families.map(|family| cluster.overlay.overhead(family)).max().unwrap_or(0)
}
