//! The marks of packets that systems on one node use, each with a meaning of its own (netspec 0.4).

use crate::model::{Cluster, FlannelRules, NodeId, Proxy, fault};
use netc_lang::{Diagnostic, Span};
use std::collections::BTreeSet;

/// With this one kubelets up to 1.26 ask for packets to be dropped (`KUBE-MARK-DROP`).
const DROP: u32 = 1 << 15;

/// What flannel takes for kube-proxy's mark; it cannot be told another one.
const FLANNEL: u32 = 1 << 14;

/// Reports marks that two systems use, and one that flannel waits for in vain.
pub(crate) fn check(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    let proxy = cluster.proxy.as_ref();
    if let Some(proxy) = proxy {
        if proxy.masquerade_mark == DROP {
            faults.push(fault::mark_of_the_kubelet("the proxy", DROP, proxy.span));
        }
        flannel(cluster, proxy, faults);
    }
    primitives(cluster, faults);
    for (mark, span) in host_ports(cluster) {
        let shared = proxy.filter(|proxy| proxy.masquerade_mark == mark);
        match shared {
            Some(proxy) => faults.push(fault::mark_of_two(mark, span, proxy.span)),
            None if mark == DROP => {
                faults.push(fault::mark_of_the_kubelet("`port-map`", DROP, span));
            }
            // Packets to host ports would be left out of flannel's own masquerading.
            None if mark == FLANNEL && cluster.overlay.masquerade => {
                faults.push(fault::mark_of_two(mark, span, cluster.overlay.span));
            }
            None => {}
        }
    }
}

/// Reports rules of primitives that change the bits of others' marks: those would lose packets, or
/// get ones that are not theirs.
fn primitives(cluster: &Cluster, faults: &mut Vec<Diagnostic>) {
    for (id, node) in (0..).map(NodeId).zip(&cluster.nodes) {
        let Some(own) = &node.primitives else { continue };
        let proxy = cluster.proxy.as_ref().map(|proxy| (proxy.masquerade_mark, proxy.span));
        let flannel = proxy.is_none() && cluster.overlay.masquerade;
        let flannel = flannel.then_some((FLANNEL, cluster.overlay.span));
        let mut mapped = cluster.pods.iter().filter(|pod| !pod.template.mappings.is_empty());
        let used = mapped.any(|pod| pod.node == Some(id));
        let ports = node.attachment.as_ref().filter(|own| used && own.port_map.snat);
        let ports = ports.map(|own| (own.port_map.mark, own.port_map.span.unwrap_or(own.span)));
        let held = [proxy, flannel, ports].into_iter().flatten();
        for (mark, span) in held {
            let changes = own.marks_set().filter(|set| set.value.mask & mark != 0);
            faults.extend(changes.map(|set| fault::mark_overwritten(set, mark, span)));
        }
    }
}

/// The marks with which host ports ask for masquerading.
fn host_ports(cluster: &Cluster) -> BTreeSet<(u32, Span)> {
    let mapped = cluster.pods.iter().filter(|pod| !pod.template.mappings.is_empty());
    let nodes = mapped.filter_map(|pod| cluster.nodes.get(pod.node?.0 as usize));
    let attachments = nodes.filter_map(|node| node.attachment.as_ref());
    let marks = attachments.filter(|own| own.port_map.snat);
    marks.map(|own| (own.port_map.mark, own.port_map.span.unwrap_or(own.span))).collect()
}

/// Warns where flannel's rules are to be as flannel writes them, which know one mark alone.
fn flannel(cluster: &Cluster, proxy: &Proxy, faults: &mut Vec<Diagnostic>) {
    let overlay = &cluster.overlay;
    let fixed = overlay.rules == FlannelRules::Nftables && overlay.emulate;
    if overlay.masquerade && fixed && proxy.masquerade_mark != FLANNEL {
        faults.push(fault::mark_unknown_to_flannel(FLANNEL, proxy.span, overlay.span));
    }
}
