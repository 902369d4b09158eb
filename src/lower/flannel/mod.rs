//! Flannel's rules: pod traffic that leaves the cluster takes the node's address, and traffic of
//! the pod network is forwarded (netspec 1.10, 1.11).

mod iptables;
mod nftables;

use super::Context;
use crate::model::{Family, FlannelRules};
use ipnet::IpNet;

/// The mark with which kube-proxy asks for masquerading; flannel only reads it.
const MARK: u32 = 0x4000;

pub(super) fn lower(cx: &mut Context) {
    match cx.cluster.overlay.rules {
        FlannelRules::Iptables => iptables::lower(cx),
        FlannelRules::Nftables => nftables::lower(cx, cx.cluster.overlay.emulate),
    }
}

/// The networks of pods in one family.
#[derive(Clone, Copy)]
struct Networks {
    family: Family,
    /// Of this node.
    block: IpNet,
    /// Of all nodes.
    pods: IpNet,
}

/// Of every family in which this node has a block.
fn networks<'c>(cx: &Context<'c>) -> impl Iterator<Item = Networks> + use<'c> {
    let pods = &cx.cluster.pod_networks;
    cx.node.blocks.iter().filter_map(move |(family, block)| {
        Some(Networks { family, block: *block, pods: pods.get(family)?.network })
    })
}
