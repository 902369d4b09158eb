//! Endpoints objects, the older form of EndpointSlices: a slice for each subset and family.

use super::object::Object;
use super::shared::Shared;
use super::slice::{node, ports};
use super::tree::Node;
use super::value::plain_address;
use crate::model::stated::{SliceDecl, SliceEndpoint, Stated};
use crate::model::{Conditions, Family};
use netc_lang::QualifiedName;
use std::collections::BTreeSet;

/// Reads an Endpoints object.
pub(super) fn read(object: &mut Object<'_, '_>, shared: &mut Shared) -> Vec<SliceDecl> {
    let subsets = object.list(object.root, "subsets");
    let mut slices = Vec::new();
    for (place, subset) in subsets.iter().enumerate() {
        if !object.is_map(subset) {
            continue;
        }
        let mut endpoints = Vec::new();
        read_addresses(object, subset, "addresses", shared, &mut endpoints);
        read_addresses(object, subset, "notReadyAddresses", shared, &mut endpoints);
        let (v4, v6): (Vec<SliceEndpoint>, Vec<SliceEndpoint>) =
            endpoints.into_iter().partition(|one| Family::of(one.address) == Family::V4);
        for (family, endpoints) in [(Family::V4, v4), (Family::V6, v6)] {
            if !endpoints.is_empty() {
                let name = format!("{}-{place:05}-{family}", object.name);
                slices.push(slice(object, name, subset, endpoints));
            }
        }
    }
    // One without addresses says something too: that there are none.
    if slices.is_empty() {
        slices.push(slice(object, object.name.to_owned(), object.root, Vec::new()));
    }
    slices
}

/// Drops Endpoints objects without addresses and without a service. Programs that elect a leader
/// among themselves used to write their names into such objects.
pub(super) fn drop_elections(stated: &mut Stated) {
    let names = stated.services.iter().map(|service| &service.name);
    let names: BTreeSet<&QualifiedName> = names.collect();
    stated.slices.retain(|slice| {
        !slice.legacy || !slice.endpoints.is_empty() || names.contains(&slice.service)
    });
}

fn slice(
    object: &mut Object<'_, '_>,
    name: String,
    subset: &Node<'_>,
    endpoints: Vec<SliceEndpoint>,
) -> SliceDecl {
    SliceDecl {
        name,
        service: object.qualified(),
        span: object.named_at(),
        legacy: true,
        ports: ports(object, subset),
        endpoints,
    }
}

fn read_addresses(
    object: &mut Object<'_, '_>,
    subset: &Node<'_>,
    key: &str,
    shared: &mut Shared,
    endpoints: &mut Vec<SliceEndpoint>,
) {
    let ready = key == "addresses";
    for entry in object.list(subset, key) {
        if !object.is_map(entry) {
            continue;
        }
        let Some(ip) = entry.get("ip") else {
            object.missing(entry, "ip", "write the endpoint's address, or remove the endpoint");
            continue;
        };
        let Some(address) = object.value(ip, plain_address) else { continue };
        endpoints.push(SliceEndpoint {
            address: address.value,
            node: node(object, entry, shared),
            conditions: Conditions { ready, serving: ready, terminating: false },
            hints: None,
            span: address.span,
        });
    }
}
