//! Items to the resolved cluster: names bound, addresses allocated, endpoints selected,
//! everything validated.
//!
//! Three steps, each reporting all its faults: `declare` reads what is stated into types;
//! `allocate` gives out what is not; `check` and `select` look at the whole.

mod allocate;
mod build;
mod check;
mod cluster;
mod declare;
mod family;
mod fault;
mod lock;
mod natural;
mod node;
mod pod;
mod pool;
mod select;
mod service;

pub use build::{Built, build};
pub use cluster::{
    Bridge, Cluster, DetectLocal, NodePortAddresses, Overlay, OverlayKind, PodNetwork, Proxy,
};
pub use family::{Family, PerFamily, number};
pub use lock::Lock;
pub use node::{Node, NodeAddress, NodeId, gateway};
pub use pod::{Pod, PodPort, PodTemplate};
pub use service::{Endpoint, Policy, Service, ServiceKind, ServicePort};
