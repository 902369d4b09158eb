//! What all nodes share.

use super::{
    Assert, Bgp, Check, Engine, Family, Ingress, IngressController, LoadBalancers, Node, NodeId,
    Overlay, PerFamily, Pod, Service,
};
use ipnet::IpNet;
use netc_lang::Span;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The resolved cluster: every name bound, every address allocated, everything validated.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// The `cluster` statement.
    pub span: Span,
    /// The pod network of each family.
    pub pod_networks: PerFamily<PodNetwork>,
    /// The network of service addresses of each family.
    pub service_networks: PerFamily<IpNet>,
    /// The ports that node-port services may use.
    pub node_ports: RangeInclusive<u16>,
    /// How packets get from node to node.
    pub overlay: Overlay,
    /// The MTU of the overlay device, and of bridges and pods unless a pod network has one of its
    /// own, in bytes.
    pub mtu: u32,
    /// How services are programmed, if they are.
    pub proxy: Option<Proxy>,
    /// The nodes, in natural order of their names.
    pub nodes: Vec<Node>,
    /// The pods, by namespace and in natural order of their names.
    pub pods: Vec<Pod>,
    /// The services, by namespace and name.
    pub services: Vec<Service>,
    /// Addresses for load balancers, if netc gives them out.
    pub load_balancers: Option<LoadBalancers>,
    /// What nodes tell routers.
    pub bgp: Option<Bgp>,
    /// What serves ingresses, if something does.
    pub ingress_controller: Option<IngressController>,
    /// The ingresses, by namespace and name.
    pub ingresses: Vec<Ingress>,
    /// What is claimed of it.
    pub asserts: Vec<Assert>,
    /// What is not to be checked.
    pub checks_off: BTreeSet<Check>,
}

impl Cluster {
    /// The families in which the cluster has pods or services.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(|family| {
            self.pod_networks.get(*family).is_some() || self.service_networks.get(*family).is_some()
        })
    }

    /// The ingresses that what serves them is for: those of another class are not.
    pub fn served_ingresses(&self) -> impl Iterator<Item = &Ingress> + Clone {
        self.ingresses.iter().filter(|ingress| ingress.served)
    }

    /// What serves ingresses on a node, if something does.
    #[must_use]
    pub fn ingress_on(&self, node: NodeId) -> Option<&IngressController> {
        self.ingress_controller.as_ref().filter(|own| own.nodes.contains(&node))
    }
}

/// The pod network of one family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodNetwork {
    /// The whole network.
    pub network: IpNet,
    /// The prefix length of a node's block.
    pub per_node: u8,
    /// Where it is stated.
    pub span: Span,
}

/// kube-proxy's settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proxy {
    /// What programs the services.
    pub mode: ProxyMode,
    /// Masquerade all traffic to service addresses.
    pub masquerade_all: bool,
    /// The node's addresses on which node ports answer.
    pub node_port_addresses: NodePortAddresses,
    /// Node ports answer on 127.0.0.1.
    pub localhost_node_ports: bool,
    /// How traffic of pods is told from other traffic.
    pub detect_local: DetectLocal,
    /// The mark that asks for masquerading.
    pub masquerade_mark: u32,
    /// Masquerading picks source ports at random.
    pub random_fully: bool,
    /// Chain names are formed as up to Kubernetes 1.17.
    pub legacy_names: bool,
    /// The `proxy` statement, or `cluster` if there is none.
    pub span: Span,
}

/// What programs the services.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProxyMode {
    /// Rules of iptables.
    Iptables,
    /// Virtual servers of IPVS.
    Ipvs(Ipvs),
    /// A table of nf_tables.
    Nftables(Nftables),
    /// Rules of iptables that lead to a program.
    Userspace(Userspace),
    /// Load balancers of Windows: every node runs that.
    Kernelspace,
}

impl ProxyMode {
    /// The word of the language.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            ProxyMode::Iptables => "iptables",
            ProxyMode::Ipvs(_) => "ipvs",
            ProxyMode::Nftables(_) => "nftables",
            ProxyMode::Userspace(_) => "userspace",
            ProxyMode::Kernelspace => "kernelspace",
        }
    }

    /// The program that takes connections to services, if one does.
    #[must_use]
    pub fn engine(&self) -> Option<Engine> {
        match self {
            ProxyMode::Userspace(userspace) => Some(userspace.engine),
            _ => None,
        }
    }
}

/// kube-proxy's settings in userspace mode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Userspace {
    /// The ports on which connections to services are taken.
    pub ports: RangeInclusive<u16>,
    /// Where they are stated, if they are.
    pub stated: Option<Span>,
    /// The program that passes connections on.
    pub engine: Engine,
}

/// kube-proxy's settings in nftables mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nftables {
    /// How the table is laid out.
    pub layout: Layout,
}

/// How the table for services is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// As kube-proxy 1.36 has it: a rule with its endpoints for each service.
    Current,
    /// As kube-proxy 1.31 to 1.35 have it: a chain for each endpoint.
    Older,
    /// netc's own: all endpoints are elements of one map.
    Flat,
}

/// kube-proxy's settings in IPVS mode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ipvs {
    /// How all virtual servers pick a real server: `rr`.
    pub scheduler: String,
    /// The scheduler looks for another real server if the one that it picks has weight 0.
    pub scheduler_fallback: bool,
    /// The scheduler heeds the source port too.
    pub scheduler_port: bool,
    /// The node answers ARP for service addresses on no device.
    pub strict_arp: bool,
    /// Where the kernel has no IPVS, iptables stands in for it.
    pub fallback: bool,
    /// What the Service API promises is compiled, also where kube-proxy does otherwise.
    pub strict: bool,
    /// For how long connections may go on after their endpoint has gone.
    pub drain: Duration,
}

/// The node's addresses on which node ports answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NodePortAddresses {
    /// Every local address.
    All,
    /// The first address of each family.
    Primary,
    /// The addresses within these networks.
    Within(Vec<IpNet>),
}

/// How traffic of pods is told from other traffic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DetectLocal {
    /// By the cluster's pod network.
    ClusterCidr,
    /// By this node's block.
    NodeCidr,
    /// By the bridge it comes in from.
    Bridge(String),
    /// By the beginning of the name of the device it comes in from.
    InterfacePrefix(String),
    /// Not at all.
    None,
}
