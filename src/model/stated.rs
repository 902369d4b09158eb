//! What the sources state, in whatever form: names not bound yet, nothing allocated.
//!
//! Two front ends fill these types: [`declare`](super::declare) from `.netc` statements and
//! [`import`](crate::import) from Kubernetes objects. From here on both go the same way.

use super::declare::{AttachmentDecl, ClusterDecl, DockerDecl, KernelspaceDecl, PrimitivesDecl};
pub(crate) use super::declare::{ContainerDecl, Mode, NetworkDecl};
use super::node::first_of;
use super::{
    Assert, Check, Conditions, Engine, Family, Hints, NodeAddress, NodeKeys, PathKind, PerFamily,
    PodState, PodTemplate, Policy, ServiceKind, System, Uplink,
};
use ipnet::IpNet;
use netc_lang::{Mac, Pair, Port, PortName, Protocol, QualifiedName, Span, Spanned};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Everything that the sources state.
#[derive(Default)]
pub(crate) struct Stated {
    /// The `cluster` statement; only `.netc` sources have one.
    pub(crate) cluster: Option<ClusterDecl>,
    pub(crate) nodes: Vec<NodeDecl>,
    pub(crate) pods: Vec<PodDecl>,
    pub(crate) services: Vec<ServiceDecl>,
    /// Endpoints that are stated apart from their service.
    pub(crate) slices: Vec<SliceDecl>,
    pub(crate) ingresses: Vec<IngressDecl>,
    /// Where certificates are; only `.netc` sources say it.
    pub(crate) secrets: Vec<SecretDecl>,
    /// Classes of ingresses; only Kubernetes objects are.
    pub(crate) classes: Vec<ClassDecl>,
    /// Docker on nodes; only `.netc` sources have it.
    pub(crate) dockers: Vec<DockerDecl>,
    /// What no system looks after; only `.netc` sources have it.
    pub(crate) primitives: Vec<PrimitivesDecl>,
    /// What is claimed; only `.netc` sources do.
    pub(crate) asserts: Vec<Assert>,
    /// What is not to be checked.
    pub(crate) checks_off: BTreeSet<Check>,
}

/// In which form something is stated. What a Kubernetes cluster holds is a fact: what netc would
/// rather not have written there is a warning, not an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Netc,
    Kubernetes,
}

/// A node, or a part of what is said about it: what several declarations say is joined.
pub(crate) struct NodeDecl {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) form: Form,
    /// The first of each family is the one by which the other nodes know it.
    pub(crate) addresses: Vec<NodeAddress>,
    pub(crate) mtu: Option<Spanned<u32>>,
    pub(crate) zone: Option<Spanned<String>>,
    pub(crate) cores: Option<Spanned<u32>>,
    pub(crate) kernel: Option<Spanned<(u16, u16)>>,
    pub(crate) os: Option<Spanned<System>>,
    pub(crate) kernelspace: Option<KernelspaceDecl>,
    pub(crate) uplink: Uplink,
    pub(crate) blocks: PerFamily<Spanned<IpNet>>,
    pub(crate) vteps: Vec<Spanned<Mac>>,
    pub(crate) keys: Option<NodeKeys>,
    /// How its pods are joined to it, if not as the cluster says.
    pub(crate) attachment: Option<AttachmentDecl>,
}

impl NodeDecl {
    /// How its pods are joined to it.
    pub(crate) fn attachment<'d>(&'d self, cluster: &'d ClusterDecl) -> &'d AttachmentDecl {
        self.attachment.as_ref().unwrap_or(&cluster.attachment)
    }

    /// The first address of a family.
    pub(crate) fn address(&self, family: Family) -> Option<&NodeAddress> {
        first_of(&self.addresses, family)
    }
}

/// A pod, or several equal ones.
pub(crate) struct PodDecl {
    pub(crate) name: QualifiedName,
    pub(crate) span: Span,
    pub(crate) form: Form,
    pub(crate) placement: Placement,
    pub(crate) template: Arc<PodTemplate>,
    pub(crate) addresses: PerFamily<Spanned<IpAddr>>,
    pub(crate) state: PodState,
    /// The id of its sandbox, if stated.
    pub(crate) sandbox: Option<String>,
}

/// Where a pod runs.
pub(crate) enum Placement {
    /// On this node.
    On(Spanned<String>),
    /// So many, named `NAME-0`, `NAME-1`, …, dealt out to these nodes in turn; to all of them if
    /// none is named.
    Replicas { count: u32, nodes: Vec<Spanned<String>> },
}

/// A service.
pub(crate) struct ServiceDecl {
    pub(crate) name: QualifiedName,
    pub(crate) span: Span,
    pub(crate) form: Form,
    pub(crate) kind: ServiceKind,
    pub(crate) select: Option<Spanned<Vec<Pair>>>,
    pub(crate) addresses: PerFamily<Spanned<IpAddr>>,
    pub(crate) families: Vec<Spanned<Family>>,
    pub(crate) family_policy: Option<Spanned<FamilyPolicy>>,
    pub(crate) ports: Vec<PortDecl>,
    /// For how many seconds a silent client stays with its endpoint.
    pub(crate) affinity: Option<u32>,
    pub(crate) external_traffic: Policy,
    pub(crate) internal_traffic: Policy,
    pub(crate) load_balancer_ips: Vec<LoadBalancerIp>,
    /// Which load balancer looks after it, if it is not netc.
    pub(crate) load_balancer_class: Option<Spanned<String>>,
    /// The address that it asks of whoever gives them out (Kubernetes' `loadBalancerIP`).
    pub(crate) requested_ip: Option<Spanned<IpAddr>>,
    pub(crate) source_ranges: Vec<Spanned<IpNet>>,
    pub(crate) external_ips: Vec<Spanned<IpAddr>>,
    pub(crate) health_check_node_port: Option<Spanned<u16>>,
    /// Whether a load balancer's ports get node ports when none is stated.
    pub(crate) allocate_node_ports: bool,
    pub(crate) distribution: Option<Distribution>,
    pub(crate) publish_not_ready: bool,
    /// Its endpoints are stated, perhaps that there are none: it selects no pods then.
    pub(crate) has_endpoints: bool,
    /// It may answer to an address and port from outside that another service has.
    pub(crate) shared_portals: bool,
    /// The name that an external-name service stands for.
    pub(crate) host: Option<Spanned<String>>,
}

/// How many families a service wants when it does not name them (Kubernetes' `ipFamilyPolicy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FamilyPolicy {
    Single,
    PreferDual,
    RequireDual,
}

/// Which endpoints clients are to prefer (Kubernetes' `trafficDistribution`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Distribution {
    /// Those in the client's zone.
    SameZone,
    /// Those on the client's node, else those in its zone.
    SameNode,
}

/// An address of a service's load balancer.
#[derive(Clone, Copy)]
pub(crate) struct LoadBalancerIp {
    pub(crate) address: Spanned<IpAddr>,
    /// The load balancer delivers to node ports itself: nodes do not answer to the address
    /// (Kubernetes' `ipMode: Proxy`).
    pub(crate) proxy: bool,
}

/// A port of a service.
pub(crate) struct PortDecl {
    pub(crate) name: Option<String>,
    pub(crate) port: Port,
    pub(crate) target: Target,
    pub(crate) node_port: Option<Spanned<u16>>,
    /// The port of the proxy in userspace mode.
    pub(crate) proxy_port: Option<Spanned<u16>>,
    pub(crate) span: Span,
    /// Endpoints stated for it.
    pub(crate) endpoints: Vec<EndpointDecl>,
}

/// The port of the endpoints behind a service port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Number(u16),
    Name(Spanned<String>),
}

/// A stated endpoint of one service port.
pub(crate) struct EndpointDecl {
    pub(crate) address: SocketAddr,
    pub(crate) node: Option<Spanned<Arc<str>>>,
    pub(crate) conditions: Conditions,
    pub(crate) hints: Option<Arc<Hints>>,
    pub(crate) weight: Option<u16>,
    pub(crate) span: Span,
}

/// Endpoints of one family, for all the ports listed: an EndpointSlice, or a subset of a legacy
/// Endpoints object.
pub(crate) struct SliceDecl {
    /// Slices of one service are read in the order of their names.
    pub(crate) name: String,
    pub(crate) service: QualifiedName,
    pub(crate) span: Span,
    /// From an Endpoints object: counts only if the service has no EndpointSlice.
    pub(crate) legacy: bool,
    pub(crate) ports: Vec<SlicePort>,
    pub(crate) endpoints: Vec<SliceEndpoint>,
}

/// A port of a slice. It belongs to the service port of the same name (empty for one without a
/// name) and protocol.
pub(crate) struct SlicePort {
    pub(crate) name: String,
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
}

/// An endpoint of a slice.
pub(crate) struct SliceEndpoint {
    pub(crate) address: IpAddr,
    /// The node it is on; there need not be a declaration of that node.
    pub(crate) node: Option<Arc<str>>,
    pub(crate) conditions: Conditions,
    pub(crate) hints: Option<Arc<Hints>>,
    pub(crate) span: Span,
}

/// An ingress.
pub(crate) struct IngressDecl {
    pub(crate) name: QualifiedName,
    pub(crate) span: Span,
    pub(crate) form: Form,
    pub(crate) class: Option<Spanned<String>>,
    /// Every host that it names for requests.
    pub(crate) hosts: Vec<Spanned<String>>,
    pub(crate) rules: Vec<RuleDecl>,
    pub(crate) default: Option<BackendDecl>,
    pub(crate) tls: Vec<TlsDecl>,
}

/// A host and a path.
#[derive(Clone)]
pub(crate) struct RuleDecl {
    pub(crate) host: Option<String>,
    pub(crate) path: Spanned<String>,
    pub(crate) kind: PathKind,
    pub(crate) backend: BackendDecl,
    pub(crate) span: Span,
}

/// A port of a service, by name.
#[derive(Clone)]
pub(crate) struct BackendDecl {
    pub(crate) service: QualifiedName,
    pub(crate) port: PortName,
    pub(crate) span: Span,
}

/// Hosts with a certificate.
pub(crate) struct TlsDecl {
    /// The secret, of the ingress's namespace.
    pub(crate) secret: Spanned<String>,
    /// All hosts of the ingress if none is named.
    pub(crate) hosts: Vec<Spanned<String>>,
    pub(crate) span: Span,
}

/// Where a certificate is.
pub(crate) struct SecretDecl {
    pub(crate) name: QualifiedName,
    pub(crate) span: Span,
    pub(crate) certificate: Spanned<String>,
    pub(crate) key: Spanned<String>,
}

/// A class of ingresses (Kubernetes' IngressClass).
pub(crate) struct ClassDecl {
    pub(crate) name: String,
    /// What serves it, if it is something known.
    pub(crate) engine: Option<Engine>,
    /// It is the class of ingresses without one.
    pub(crate) default: bool,
}
