//! The `.netc` front end: items read into declarations.

mod assert;
mod bgp;
mod cluster;
mod contradictions;
mod docker;
mod endpoint;
mod ingress;
mod load_balancers;
mod node;
mod overlay;
mod pod;
mod pod_network;
mod primitives;
mod proxy;
mod service;
mod windows;

pub(super) use bgp::{BgpDecl, PeerDecl};
pub(super) use cluster::ClusterDecl;
pub(super) use docker::DockerDecl;
pub(crate) use docker::{ContainerDecl, Mode, NetworkDecl};
pub(crate) use ingress::ControllerDecl;
pub(super) use load_balancers::LoadBalancersDecl;
pub(super) use pod_network::AttachmentDecl;
pub(super) use primitives::PrimitivesDecl;
pub(super) use windows::{KernelspaceDecl, kind as hns_kind, resolve as kernelspace};

use super::stated::Stated;
use super::{Family, PerFamily, fault};
use netc_lang::{Diagnostic, Item, Spanned};

/// Reads the items.
pub(crate) fn read(items: &[Item], faults: &mut Vec<Diagnostic>) -> Stated {
    let keyword = |word| items.iter().filter(move |item| item.keyword == word);
    let pods = items.iter().filter(|item| matches!(item.keyword, "pod" | "pods"));
    Stated {
        cluster: keyword("cluster").next().and_then(|item| cluster::read(item, faults)),
        nodes: keyword("node").filter_map(|item| node::read(item, faults)).collect(),
        pods: pods.filter_map(|item| pod::read(item, faults)).collect(),
        services: keyword("service").filter_map(|item| service::read(item, faults)).collect(),
        slices: Vec::new(),
        ingresses: keyword("ingress").filter_map(|item| ingress::read(item, faults)).collect(),
        secrets: keyword("secret").filter_map(|item| ingress::secret(item, faults)).collect(),
        classes: Vec::new(),
        dockers: keyword("docker").filter_map(|item| docker::read(item, faults)).collect(),
        primitives: keyword("primitives")
            .filter_map(|item| primitives::read(item, faults))
            .collect(),
        asserts: keyword("assert").filter_map(|item| assert::read(item, faults)).collect(),
        checks_off: assert::checks(keyword("checks")),
    }
}

/// At most one value for each family; more are reported.
fn per_family<T: Copy>(
    values: impl Iterator<Item = Spanned<T>>,
    family: fn(T) -> Family,
    what: &str,
    faults: &mut Vec<Diagnostic>,
) -> PerFamily<Spanned<T>> {
    let mut all = PerFamily::default();
    for value in values {
        let family = family(value.value);
        if let Some(earlier) = all.insert(family, value) {
            faults.push(fault::two_of_a_family(what, family, value.span, earlier.span));
        }
    }
    all
}
