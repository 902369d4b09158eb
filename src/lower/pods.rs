//! The pods of a node: a namespace each, joined to the bridge by a veth pair, as CNI's bridge
//! plugin and flannel's make them (netspec 2.2, 2.8), or to the node itself, as its ptp plugin does
//! (netspec 2.9).

use super::Context;
use super::bridge::mac;
use super::joint::{self, Joint, Membership};
use super::point_to_point;
use crate::model::{Attachment, Family, Pod};
use crate::object::Text;
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A pod's place on its node.
pub(super) struct Placed<'c> {
    pub(super) pod: &'c Pod,
    /// The node's end of its veth pair.
    pub(super) host: Text,
}

pub(super) fn lower<'c>(
    cx: &mut Context<'c>,
    attachment: &Attachment,
    names: &mut BTreeSet<Text>,
) -> Vec<Placed<'c>> {
    let mut all = Vec::new();
    for pod in cx.pods() {
        let port = attachment.bridge().map(|bridge| Membership {
            bridge: bridge.name.as_str().into(),
            hairpin: bridge.hairpin,
            isolated: bridge.isolate,
            vlan: bridge.vlan,
        });
        let joint = Joint {
            span: pod.span,
            netns: namespace(pod).into(),
            host: joint::host_end(&pod.name.to_string(), names),
            alias: format!("netc pod {}", pod.name).into(),
            mac: mac(&pod.addresses).unwrap_or_default(),
            mtu: attachment.mtu,
            port,
            v6: joint::has_v6(&pod.addresses),
        };
        joint::join(cx, &joint);
        addresses(cx, attachment, pod, &joint);
        all.push(Placed { pod, host: joint.host });
    }
    all
}

/// The namespace of a pod, named after it. It is a file's name, which has at most 255 bytes: a
/// longer one ends in a hash of the whole.
pub(crate) fn namespace(pod: &Pod) -> String {
    const LIMIT: usize = 255;
    let name = format!("pod-{}.{}", pod.name.namespace, pod.name.name);
    if name.len() <= LIMIT {
        return name;
    }
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&name));
    let kept = name.get(..LIMIT - hash.len() - 1).unwrap_or_default();
    format!("{kept}-{hash}")
}

/// The addresses, and the routes.
fn addresses(cx: &mut Context, attachment: &Attachment, pod: &Pod, joint: &Joint) {
    for (family, address) in pod.addresses.iter() {
        let node = cx.node;
        let (Some(block), Some(gateway)) = (node.blocks.get(family), node.gateways.get(family))
        else {
            continue;
        };
        let Ok(address) = IpNet::new(*address, block.prefix_len()) else { continue };
        let routes = routes(attachment, family, *gateway);
        if attachment.bridge().is_none() {
            point_to_point::lower(cx, joint, address, *gateway);
        }
        joint::address(cx, joint, address, routes);
    }
}

/// Those that are stated, and the default route.
fn routes(attachment: &Attachment, family: Family, gateway: IpAddr) -> Vec<(IpNet, IpAddr)> {
    let stated = attachment.routes.iter().map(|route| (route.destination, route.gateway));
    let stated = stated.filter(|(destination, _)| Family::of_net(*destination) == family);
    let mut all: Vec<(IpNet, IpAddr)> =
        stated.map(|(destination, hop)| (destination, hop.unwrap_or(gateway))).collect();
    let default = family.default_route();
    if attachment.default_gateway && all.iter().all(|(other, _)| *other != default) {
        all.push((default, gateway));
    }
    all
}
