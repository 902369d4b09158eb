//! Items to the resolved cluster: names bound, addresses allocated, endpoints selected,
//! everything validated.
//!
//! Four steps, each reporting all its faults: `declare` reads `.netc` items into what is stated,
//! beside what [`import`](crate::import) read; `bind` joins it and finds what names stand for;
//! `allocate` gives out what is not stated; `check` and `select` look at the whole.

mod allocate;
mod assert;
mod bgp;
mod bind;
mod build;
mod check;
mod cluster;
mod declare;
mod docker;
mod family;
mod fault;
mod ingress;
mod load_balancers;
mod lock;
mod natural;
mod node;
mod overlay;
mod pod;
mod pod_network;
mod pool;
mod primitives;
mod public_key;
mod select;
mod service;
mod special;
pub(crate) mod stated;
mod url_path;
mod windows;

pub use assert::{Assert, Carried, Check, Via};
pub use bgp::{Advertised, Bgp, BgpPeer, RouterId, Speaker};
pub(crate) use bind::join_slices;
pub(crate) use build::resolve;
pub use build::{Built, build};
pub(crate) use check::shared_portals;
pub use cluster::{
    Cluster, DetectLocal, Ipvs, Layout, Nftables, NodePortAddresses, PodNetwork, Proxy, ProxyMode,
    Userspace,
};
pub(crate) use declare::read as declare;
pub use docker::{
    Container, ContainerPlace, Docker, DockerLayout, DockerNetwork, DockerRules, GatewayMode,
    Published,
};
pub use family::{Family, PerFamily, number};
pub use ingress::{Backend, Engine, Ingress, IngressController, IngressRule, PathKind, Tls};
pub use load_balancers::{Announce, HeldAddress, LoadBalancers};
pub use lock::Lock;
pub(crate) use natural::compare as natural_order;
pub use node::{Node, NodeAddress, NodeId, Uplink, gateway};
pub use overlay::{FlannelRules, NodeKeys, Overlay, OverlayKind, Vxlan, Wireguard, WireguardMode};
pub use pod::{Pod, PodPort, PodState, PodTemplate};
pub use pod_network::{Attachment, AttachmentKind, Bridge, PodMasquerade, PodRoute, PortMap};
pub use primitives::{
    Condition, Parameter, PlainAddress, PlainBridge, PlainChain, PlainPort, PlainRoute, PlainRule,
    Policing, Primitives, Spot, Transport, Verdict, VethPair,
};
pub use public_key::{NotAKey, PublicKey};
pub use service::{Conditions, Endpoint, Hints, Policy, Service, ServiceKind, ServicePort, usable};
pub(crate) use special::Special;
pub(crate) use url_path::{decoded, is_below};
pub(crate) use windows::System;
pub use windows::{HnsNetwork, Kernelspace, Os};
