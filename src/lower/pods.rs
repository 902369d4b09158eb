//! The pods of a node: a namespace each, joined to the bridge by a veth pair, as CNI's bridge
//! plugin and flannel's make them (netspec 2.2, 2.8).

use super::Context;
use super::bridge::mac;
use super::joint::{self, Joint};
use crate::model::{Bridge, Pod, gateway};
use crate::object::Text;
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

pub(super) fn lower(cx: &mut Context, bridge: &Bridge, names: &mut BTreeSet<Text>) {
    for pod in cx.pods() {
        let joint = Joint {
            span: pod.span,
            netns: namespace(pod).into(),
            host: joint::host_end(&pod.name.to_string(), names),
            alias: format!("netc pod {}", pod.name).into(),
            mac: mac(&pod.addresses).unwrap_or_default(),
            mtu: cx.cluster.mtu,
            bridge: bridge.name.as_str().into(),
            hairpin: bridge.hairpin,
            v6: joint::has_v6(&pod.addresses),
        };
        joint::join(cx, &joint);
        addresses(cx, pod, &joint);
    }
}

/// The namespace of a pod, named after it. It is a file's name, which has at most 255 bytes: a
/// longer one ends in a hash of the whole.
fn namespace(pod: &Pod) -> String {
    const LIMIT: usize = 255;
    let name = format!("pod-{}.{}", pod.name.namespace, pod.name.name);
    if name.len() <= LIMIT {
        return name;
    }
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&name));
    let kept = name.get(..LIMIT - hash.len() - 1).unwrap_or_default();
    format!("{kept}-{hash}")
}

/// The addresses, and the routes by the gateway: the default route, and with a flannel overlay
/// the pod network's own, as flannel's CNI plugin asks for it.
fn addresses(cx: &mut Context, pod: &Pod, joint: &Joint) {
    let cluster = cx.cluster;
    for (family, address) in pod.addresses.iter() {
        let Some(block) = cx.node.blocks.get(family) else { continue };
        let Ok(address) = IpNet::new(*address, block.prefix_len()) else { continue };
        let network = cluster.pod_networks.get(family).map(|pods| pods.network);
        let network = network.filter(|_| cluster.overlay.kind.is_flannel());
        let destinations = network.into_iter().chain([family.default_route()]);
        joint::address(cx, joint, address, gateway(*block), destinations);
    }
}
