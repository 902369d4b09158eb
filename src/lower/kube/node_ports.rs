//! On which addresses of a node its node ports answer (`NodePortAddresses` of kube-proxy's
//! `pkg/proxy/util/nodeport_addresses.go`).

use crate::model::{Family, Node, NodePortAddresses, Proxy};
use ipnet::IpNet;
use std::net::IpAddr;

/// The addresses of one family on which node ports answer.
pub(super) struct NodePorts {
    /// All of them if `None`.
    pub(super) addresses: Option<Vec<IpAddr>>,
    /// Node ports answer on 127.0.0.1 too.
    pub(super) localhost: bool,
}

impl NodePorts {
    pub(super) fn new(proxy: &Proxy, node: &Node, family: Family) -> NodePorts {
        let on = proxy.localhost_node_ports && family == Family::V4;
        let nets = match &proxy.node_port_addresses {
            NodePortAddresses::All => Vec::new(),
            NodePortAddresses::Primary => {
                let own = node.address(family).map(|own| own.address);
                return NodePorts { addresses: Some(own.into_iter().collect()), localhost: false };
            }
            NodePortAddresses::Within(nets) => {
                nets.iter().filter(|net| Family::of_net(**net) == family).copied().collect()
            }
        };
        // Networks of the other family alone restrict nothing, nor does one that holds everything.
        if nets.is_empty() || nets.iter().any(|net| net.prefix_len() == 0) {
            return NodePorts { addresses: None, localhost: on };
        }
        let among = |net: &IpNet| net.contains(&loopback()) || loopback().contains(net);
        let localhost = on && nets.iter().any(among);
        let own = node.addresses.iter().map(|own| own.address);
        let own = own.chain(localhost.then(|| family.address(0x7f00_0001)));
        let within = own.filter(|own| nets.iter().any(|net| net.contains(own)));
        let mut addresses: Vec<IpAddr> = within.collect();
        addresses.sort_unstable();
        addresses.dedup();
        NodePorts { addresses: Some(addresses), localhost }
    }
}

/// 127.0.0.0/8
pub(super) fn loopback() -> IpNet {
    IpNet::new(Family::V4.address(0x7f00_0000), 8).unwrap_or(Family::V4.default_route())
}
