//! The endpoints of slices, put with the service ports they belong to, as kube-proxy's cache of
//! endpoint slices does (`pkg/proxy/endpointslicecache.go`).

use crate::model::stated::{EndpointDecl, PortDecl, SliceDecl, Stated};
use netc_lang::{QualifiedName, Spanned};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// Moves the endpoints of all slices to their services, and returns the slices of services that
/// are not there. A service with slices has just the endpoints they list, whatever it selects.
pub(super) fn join(stated: &mut Stated) -> Vec<SliceDecl> {
    let mut slices = std::mem::take(&mut stated.slices);
    slices.sort_by(|a, b| (&a.service, a.legacy, &a.name).cmp(&(&b.service, b.legacy, &b.name)));
    let names = stated.services.iter().map(|service| service.name.clone());
    let places: BTreeMap<QualifiedName, usize> = names.zip(0..).collect();
    for group in slices.chunk_by(|a, b| a.service == b.service) {
        let Some(first) = group.first() else { continue };
        let place = places.get(&first.service);
        let Some(service) = place.and_then(|place| stated.services.get_mut(*place)) else {
            continue;
        };
        service.has_endpoints = true;
        // A legacy object counts only where there is nothing else: it sorts behind.
        let group = group.iter().filter(|slice| slice.legacy == first.legacy);
        let group: Vec<&SliceDecl> = group.collect();
        for port in &mut service.ports {
            endpoints(port, &group);
        }
    }
    slices.retain(|slice| !places.contains_key(&slice.service));
    slices
}

/// Adds the endpoints of one port. Of two with the same address the later one counts, unless it
/// is being shut down.
fn endpoints(port: &mut PortDecl, slices: &[&SliceDecl]) {
    let name = port.name.as_deref().unwrap_or_default();
    let mut places: BTreeMap<SocketAddr, usize> = BTreeMap::new();
    port.endpoints.reserve_exact(slices.iter().map(|slice| slice.endpoints.len()).sum());
    for slice in slices {
        let own = slice.ports.iter().filter(|own| {
            own.name == name && own.protocol == port.port.protocol && own.number != 0
        });
        for number in own.map(|own| own.number) {
            for endpoint in &slice.endpoints {
                let address = SocketAddr::new(endpoint.address, number);
                let new = EndpointDecl {
                    address,
                    node: endpoint
                        .node
                        .as_ref()
                        .map(|node| Spanned::new(Arc::clone(node), endpoint.span)),
                    conditions: endpoint.conditions,
                    hints: endpoint.hints.clone(),
                    weight: None,
                    span: endpoint.span,
                };
                let place = *places.entry(address).or_insert(port.endpoints.len());
                match port.endpoints.get_mut(place) {
                    None => port.endpoints.push(new),
                    Some(_) if new.conditions.terminating => {}
                    Some(earlier) => *earlier = new,
                }
            }
        }
    }
}
