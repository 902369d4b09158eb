//! Telling the traffic of this node's pods from other traffic.

use crate::lower::Context;
use crate::model::{DetectLocal, Family, Proxy};
use crate::object::Match;
use ipnet::IpNet;

/// How local traffic is recognised in one family.
pub(super) enum Detector {
    /// By its source network.
    Source(IpNet),
    /// By the device it comes in from.
    Device(String),
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
            DetectLocal::Bridge(name) => Some(Detector::Device(name.clone())),
            DetectLocal::InterfacePrefix(prefix) => Some(Detector::Device(format!("{prefix}+"))),
            DetectLocal::None => None,
        }
    }

    /// Matches local traffic, or all other traffic.
    pub(super) fn is_local(&self, local: bool) -> Match<'_> {
        match self {
            Detector::Source(net) => Match::Source { not: !local, net: *net },
            Detector::Device(name) => Match::InInterface { not: !local, name },
        }
    }
}
