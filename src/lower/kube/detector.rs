//! Telling the traffic of this node's pods from other traffic.

use crate::lower::Context;
use crate::model::{Bridge, DetectLocal, Family, Proxy};
use crate::object::{Condition, Match};
use ipnet::IpNet;

/// How local traffic is recognised in one family.
pub(super) enum Detector {
    /// By its source network.
    Source(IpNet),
    /// By the device it comes in from.
    Device {
        /// As iptables writes it: `+` at the end stands for any other end.
        iptables: String,
        /// As nft does: `*`.
        nft: String,
    },
}

impl Detector {
    /// `None` if nothing is known to be local.
    pub(super) fn new(cx: &Context, proxy: &Proxy, family: Family) -> Option<Detector> {
        match &proxy.detect_local {
            DetectLocal::ClusterCidr => {
                cx.cluster.pod_networks.get(family).map(|pods| Detector::Source(pods.network))
            }
            DetectLocal::NodeCidr => {
                let block = cx.node.blocks.get(family).or(cx.node.foreign_blocks.get(family));
                block.copied().map(Detector::Source)
            }
            DetectLocal::Bridge(name) => {
                // Where there is a vlan packets of pods come by the device beside the bridge.
                let bridge = cx.node.attachment.as_ref().and_then(|own| own.bridge());
                let own = bridge.filter(|bridge| bridge.name == *name);
                let device = own.map_or_else(|| name.clone(), Bridge::gateway_device);
                Some(Detector::device(&device, ["", ""]))
            }
            DetectLocal::InterfacePrefix(prefix) => Some(Detector::device(prefix, ["+", "*"])),
            DetectLocal::None => None,
        }
    }

    /// Matches local traffic, or all other traffic.
    pub(super) fn is_local(&self, local: bool) -> Match<'_> {
        match self {
            Detector::Source(net) => Match::Source { not: !local, net: *net },
            Detector::Device { iptables: name, .. } => Match::InInterface { not: !local, name },
        }
    }

    /// The same in a table of nf_tables.
    pub(super) fn condition(&self, local: bool) -> Condition<'_> {
        match self {
            Detector::Source(net) => {
                Condition::Source { not: !local, nets: std::slice::from_ref(net) }
            }
            Detector::Device { nft: name, .. } => Condition::InDevice { not: !local, name },
        }
    }

    fn device(name: &str, ends: [&str; 2]) -> Detector {
        let [iptables, nft] = ends.map(|end| [name, end].concat());
        Detector::Device { iptables, nft }
    }
}
