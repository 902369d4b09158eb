//! What flanneld leaves for others: its environment, its lease in etcd, and the options that
//! Docker is started with (netspec 1.3, 1.5).

use crate::model::{Cluster, Family, Node, OverlayKind, Wireguard, WireguardMode, gateway};
use ipnet::IpNet;
use serde_json::{Map, Value, json};

/// The names of the files.
pub(super) const NAMES: [&str; 3] = ["docker-opts.env", "lease.json", "subnet.env"];

/// Where flannel keeps leases in etcd if it is not told otherwise.
const PREFIX: &str = "/coreos.com/network/subnets/";

/// The files of a node, if they are asked for.
pub(super) fn files(cluster: &Cluster, node: &Node) -> Vec<(String, String)> {
    if !cluster.overlay.emit || node.blocks.is_empty() {
        return Vec::new();
    }
    let contents = [docker(cluster, node), lease(cluster, node), subnet(cluster, node)];
    NAMES.into_iter().map(str::to_owned).zip(contents).collect()
}

/// The gateway of the node's block, with the length of that.
fn own(node: &Node, family: Family) -> Option<IpNet> {
    let block = *node.blocks.get(family)?;
    let gateway = node.gateways.get(family).copied().unwrap_or(gateway(block));
    IpNet::new(gateway, block.prefix_len()).ok()
}

/// `subnet.env`, from which CNI's plugin of flannel takes the block, the MTU, and who masquerades.
fn subnet(cluster: &Cluster, node: &Node) -> String {
    let mut out = String::new();
    for (family, infix) in [(Family::V4, ""), (Family::V6, "IPV6_")] {
        if let (Some(pods), Some(own)) = (cluster.pod_networks.get(family), own(node, family)) {
            let network = pods.network;
            out.push_str(&format!("FLANNEL_{infix}NETWORK={network}\n"));
            out.push_str(&format!("FLANNEL_{infix}SUBNET={own}\n"));
        }
    }
    let masquerade = cluster.overlay.masquerade;
    out.push_str(&format!("FLANNEL_MTU={}\nFLANNEL_IPMASQ={masquerade}\n", cluster.mtu));
    out
}

/// What mk-docker-opts makes of `subnet.env`: Docker masquerades if flannel does not.
fn docker(cluster: &Cluster, node: &Node) -> String {
    let bip = own(node, Family::V4).map(|own| ("BIP", format!("--bip={own}")));
    let options: Vec<(&str, String)> = bip
        .into_iter()
        .chain([
            ("IPMASQ", format!("--ip-masq={}", !cluster.overlay.masquerade)),
            ("MTU", format!("--mtu={}", cluster.mtu)),
        ])
        .collect();
    let mut out = String::new();
    let mut all = String::new();
    for (name, option) in options {
        out.push_str(&format!("DOCKER_OPT_{name}=\"{option}\"\n"));
        all.push_str(&format!(" {option}"));
    }
    out.push_str(&format!("DOCKER_OPTS=\"{all}\"\n"));
    out
}

/// The lease: one object with its key in etcd and, behind that, its value.
fn lease(cluster: &Cluster, node: &Node) -> String {
    let parts = |family: Family| {
        let block = node.blocks.get(family)?;
        Some(format!("{}-{}", block.network(), block.prefix_len()))
    };
    let v4 = parts(Family::V4).unwrap_or_else(|| "0.0.0.0-0".to_owned());
    let v6 = parts(Family::V6).map_or_else(String::new, |block| format!("&{block}"));
    let mut all = Map::new();
    all.insert(format!("{PREFIX}{v4}{v6}"), value(cluster, node));
    // Every value of this form can be written.
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

fn value(cluster: &Cluster, node: &Node) -> Value {
    let address = |family: Family| {
        let used = node.blocks.get(family).and_then(|_| node.address(family));
        used.map(|own| own.address.to_string())
    };
    let mut all = Map::new();
    // Flannel has no word for a node without IPv4.
    let public = address(Family::V4).unwrap_or_else(|| "0.0.0.0".to_owned());
    all.insert("PublicIP".to_owned(), public.into());
    all.insert("PublicIPv6".to_owned(), address(Family::V6).into());
    all.insert("BackendType".to_owned(), cluster.overlay.kind.word().into());
    for (family, key) in [(Family::V4, "BackendData"), (Family::V6, "BackendV6Data")] {
        let data = node.blocks.get(family).and_then(|_| data(cluster, node, family));
        all.extend(data.map(|data| (key.to_owned(), data)));
    }
    all.into()
}

/// What other nodes must know to reach the device of a family.
fn data(cluster: &Cluster, node: &Node, family: Family) -> Option<Value> {
    match &cluster.overlay.kind {
        OverlayKind::Vxlan(vxlan) => {
            let mac = node.vteps.get(family)?.to_string();
            Some(json!({ "VNI": vxlan.vni, "VtepMAC": mac }))
        }
        OverlayKind::Wireguard(wireguard) => {
            let key = node.keys.as_ref()?.public?.to_string();
            Some(json!({ "PublicKey": key, "Port": port(wireguard, family) }))
        }
        _ => None,
    }
}

fn port(wireguard: &Wireguard, family: Family) -> u16 {
    match (wireguard.mode, family) {
        (WireguardMode::Separate, Family::V6) => wireguard.port_v6,
        _ => wireguard.port,
    }
}
