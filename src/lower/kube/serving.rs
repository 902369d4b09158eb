//! To whom a node hands connections to a service port: what all modes program, each in its own way.

use super::backends::Backends;
use super::categories::Here;
use super::exposure::Exposure;
use super::{iptables, nftables, node_ports, userspace};
use crate::model::{Family, Node, NodeId, Policy, Proxy, ProxyMode, Service, ServicePort};
use crate::object::ChainName;
use std::net::{IpAddr, SocketAddr};

/// The endpoints of a service port for connections that a node is asked for.
pub(crate) struct Serving {
    cluster: Vec<SocketAddr>,
    local: Vec<SocketAddr>,
    /// There is a usable endpoint on some node.
    any: bool,
    /// Where the node has no endpoint of its own, those of all nodes serve.
    lenient: bool,
}

/// What becomes of a connection.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Answer {
    /// One of these gets it.
    To(Vec<SocketAddr>),
    /// It is dropped: endpoints are on other nodes alone.
    Dropped,
    /// It is refused: there are no endpoints.
    Refused,
}

impl Serving {
    /// As one node sees it.
    pub(crate) fn new(
        proxy: &Proxy,
        (id, node): (NodeId, &Node),
        (service, port): (&Service, &ServicePort),
        family: Family,
    ) -> Serving {
        if matches!(proxy.mode, ProxyMode::Userspace(_)) {
            // No policy is heeded there.
            let all = userspace::servers(port, family);
            return Serving {
                any: !all.is_empty(),
                local: all.clone(),
                cluster: all,
                lenient: true,
            };
        }
        let exposure = Exposure::new(service, port, family);
        let here = Here { node, id };
        let backends = Backends::new((here, family), service, port, &exposure, |_, _| ());
        let under = |policy| backends.under(policy).map(|one| one.address).collect();
        let lenient = matches!(&proxy.mode, ProxyMode::Ipvs(ipvs) if !ipvs.strict);
        let (cluster, local) = (under(Policy::Cluster), under(Policy::Local));
        Serving { cluster, local, any: backends.any(), lenient }
    }

    /// What becomes of connections under a policy.
    pub(crate) fn under(&self, policy: Policy) -> Answer {
        let own = match policy {
            Policy::Cluster => &self.cluster,
            Policy::Local if self.local.is_empty() && self.lenient => &self.cluster,
            Policy::Local => &self.local,
        };
        match (own.is_empty(), self.any) {
            (false, _) => Answer::To(own.clone()),
            (true, true) if !self.lenient => Answer::Dropped,
            (true, _) => Answer::Refused,
        }
    }
}

/// The addresses of a node on which node ports answer; all of them if `None`.
pub(crate) fn node_port_addresses(
    proxy: &Proxy,
    node: &Node,
    family: Family,
) -> Option<Vec<IpAddr>> {
    node_ports::NodePorts::new(proxy, node, family).addresses
}

/// The chains that a service port may have to itself in iptables mode, each with what is sent there.
pub(crate) fn own_chains(
    proxy: &Proxy,
    service: &Service,
    port: &ServicePort,
) -> [(ChainName, &'static str); 4] {
    let names = iptables::PortName::new(service, port, proxy.legacy_names);
    [
        (names.cluster, "to any endpoint"),
        (names.local, "to endpoints of the node"),
        (names.external, "from outside"),
        (names.firewall, "to the load balancer, by source"),
    ]
}

/// The chain of an endpoint of a service port in iptables mode.
pub(crate) fn endpoint_chain(
    proxy: &Proxy,
    service: &Service,
    port: &ServicePort,
    endpoint: SocketAddr,
) -> ChainName {
    let names = iptables::PortName::new(service, port, proxy.legacy_names);
    iptables::endpoint(&format!("{}{endpoint}", names.key))
}

/// What the names of the chains of a service port end with in nftables mode.
pub(crate) fn table_name(service: &Service, port: &ServicePort) -> String {
    nftables::PortName::new(service, port).base
}
