//! The cluster to what HNS of one node is to hold (`syncProxyRules` of `pkg/proxy/winkernel/proxier.go`).

use super::{Balancer, Front, Hns, Local, Remote};
use crate::model::{
    Cluster, Endpoint, Family, HnsNetwork, Kernelspace, Node, NodeId, Policy, Service, ServicePort,
    usable,
};
use netc_lang::Protocol;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What HNS of a node is to hold; `None` if it runs no Windows, or nothing programs services.
#[must_use]
pub fn compile(cluster: &Cluster, node: &Node) -> Option<Hns> {
    let own = node.kernelspace()?;
    cluster.proxy.as_ref()?;
    let place = cluster.nodes.iter().position(|other| other.name == node.name)?;
    let id = NodeId(u32::try_from(place).ok()?);
    let pods = cluster.pods.iter().flat_map(|pod| {
        let name = pod.name.to_string();
        let own = (!pod.state.host_network).then_some(pod);
        own.into_iter().flat_map(|pod| pod.addresses.values()).map(move |ip| (*ip, name.clone()))
    });
    let mut here = Here {
        cluster,
        node,
        id,
        own,
        pods: pods.collect(),
        local: BTreeMap::new(),
        remote: BTreeMap::new(),
        balancers: Vec::new(),
    };
    for service in cluster.services.iter().filter(|service| service.is_programmed()) {
        for port in service.ports.iter().filter(|port| port.port.protocol != Protocol::Sctp) {
            for family in families(own.kind) {
                here.port(service, port, *family);
            }
        }
    }
    Some(Hns {
        node: node.name.clone(),
        network: own.network.clone(),
        kind: own.kind,
        local: here.local.into_values().collect(),
        remote: here.remote.into_values().collect(),
        balancers: here.balancers,
    })
}

/// An overlay of HNS carries IPv4 alone.
fn families(kind: HnsNetwork) -> &'static [Family] {
    match kind {
        HnsNetwork::Overlay => &[Family::V4],
        HnsNetwork::L2Bridge => &Family::ALL,
    }
}

/// The node, and what it is to hold so far.
struct Here<'c> {
    cluster: &'c Cluster,
    node: &'c Node,
    id: NodeId,
    own: &'c Kernelspace,
    pods: BTreeMap<IpAddr, String>,
    local: BTreeMap<IpAddr, Local>,
    remote: BTreeMap<IpAddr, Remote>,
    balancers: Vec<Balancer>,
}

/// What the load balancers of a service port have in common.
struct Port<'p> {
    service: &'p Service,
    port: &'p ServicePort,
    family: Family,
    /// The endpoints of all nodes, and those of this one.
    all: Vec<&'p Endpoint>,
    local: Vec<&'p Endpoint>,
}

impl Here<'_> {
    fn port(&mut self, service: &Service, port: &ServicePort, family: Family) {
        let all = self.usable(port, family);
        let local = all.iter().copied().filter(|one| one.node == Some(self.id)).collect();
        let port = Port { service, port, family, all, local };
        let number = port.port.port.number;
        let is_of = |address: &&IpAddr| Family::of(**address) == family;
        if let Some(address) = service.addresses.get(family) {
            self.balancer(&port, Front::ClusterIp, Some(*address), number);
        }
        // A family that the service does not have is no family of its node ports.
        let answers = service.addresses.get(family).is_some();
        if let Some(own) = port.port.node_port.filter(|_| answers) {
            self.balancer(&port, Front::NodePort, None, own);
        }
        for address in service.external_ips.iter().filter(is_of) {
            self.balancer(&port, Front::ExternalIp, Some(*address), number);
        }
        for address in service.load_balancer_ips.iter().filter(is_of) {
            self.balancer(&port, Front::LoadBalancer, Some(*address), number);
        }
    }

    /// The endpoints that connections may go to, in the string order of their addresses: those that are ready,
    /// or, if none is, those that are being shut down and still serve. Hints are not heeded.
    fn usable<'p>(&self, port: &'p ServicePort, family: Family) -> Vec<&'p Endpoint> {
        let own = port.endpoints.iter();
        let own = own.filter(|one| Family::of(one.address.ip()) == family && self.is_found(one));
        let mut chosen = usable(own);
        chosen.sort_by_key(|one| one.address.to_string());
        chosen.dedup_by_key(|one| one.address);
        chosen
    }

    /// Whether HNS can have an endpoint there. The node's own address is none of its network; in an overlay
    /// it must know the node that has it.
    fn is_found(&self, endpoint: &Endpoint) -> bool {
        let address = endpoint.address.ip();
        let own = self.node.addresses.iter().any(|own| own.address == address);
        let elsewhere = endpoint.node != Some(self.id);
        !own && (!elsewhere || self.own.kind == HnsNetwork::L2Bridge || endpoint.node.is_some())
    }

    /// A load balancer, if it has endpoints: without, there is none.
    fn balancer(&mut self, port: &Port<'_>, kind: Front, vip: Option<IpAddr>, number: u16) {
        let Port { service, port: own, family, .. } = port;
        let policy = match kind {
            Front::ClusterIp => service.internal_traffic,
            Front::NodePort | Front::ExternalIp | Front::LoadBalancer => service.external_traffic,
        };
        let endpoints = match policy {
            Policy::Cluster => &port.all,
            Policy::Local => &port.local,
        };
        let Some(first) = endpoints.first() else { return };
        let mut of: Vec<IpAddr> = endpoints.iter().map(|one| one.address.ip()).collect();
        of.dedup();
        self.balancers.push(Balancer {
            service: match &own.name {
                Some(name) => format!("{}:{name}", service.name),
                None => service.name.to_string(),
            },
            kind,
            vip,
            port: number,
            protocol: own.port.protocol,
            endpoints: of,
            target: first.address.port(),
            source_vip: self.own.source_vip.filter(|_| self.own.kind == HnsNetwork::Overlay),
            sticky: service.affinity.is_some(),
            // What comes from outside is answered so where it must stay on its node.
            dsr: match kind {
                Front::ClusterIp => self.own.dsr,
                _ => policy == Policy::Local,
            },
            v6: *family == Family::V6,
            span: own.span,
        });
        endpoints.iter().for_each(|one| self.endpoint(one));
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        let address = endpoint.address.ip();
        let pod = self.pods.get(&address).cloned();
        let span = endpoint.span;
        if endpoint.node == Some(self.id) {
            self.local.entry(address).or_insert(Local { address, pod, span });
            return;
        }
        let node = endpoint.node.and_then(|id| self.cluster.nodes.get(id.0 as usize));
        let known = node.and_then(|node| node.address(Family::V4)).map(|own| own.address);
        let provider = known.filter(|_| self.own.kind == HnsNetwork::Overlay);
        self.remote.entry(address).or_insert(Remote { address, provider, pod, span });
    }
}
