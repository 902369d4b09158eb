//! The wording of what can be wrong with a cluster.

mod address;
mod assert;
mod docker;
mod ingress;
mod network;
mod outside;
mod overlay;
mod pod_network;
mod primitives;
mod project;
mod proxy;
mod service;
mod windows;

pub(super) use address::*;
pub(super) use assert::*;
pub(super) use docker::*;
pub(super) use ingress::*;
pub(super) use network::*;
pub(super) use outside::*;
pub(super) use overlay::*;
pub(super) use pod_network::*;
pub(super) use primitives::*;
pub(super) use project::*;
pub(super) use proxy::*;
pub(super) use service::*;
pub(super) use windows::*;
