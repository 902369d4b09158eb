//! Statements of one service that cannot both hold.

use crate::model::stated::ServiceDecl;
use crate::model::{Policy, ServiceKind, fault};
use netc_lang::{Diagnostic, Item};

pub(super) fn report(item: &Item, service: &ServiceDecl, faults: &mut Vec<Diagnostic>) {
    addresses(item, service, faults);
    endpoints(item, service, faults);
    outside(item, service, faults);
}

/// What the type has to say about addresses, ports and host.
fn addresses(item: &Item, service: &ServiceDecl, faults: &mut Vec<Diagnostic>) {
    let name = &service.name;
    let without = match service.kind {
        ServiceKind::Headless => Some("headless"),
        ServiceKind::ExternalName => Some("of type external-name"),
        _ => None,
    };
    if without.is_none() && item.child("port").is_none() {
        faults.push(fault::service_without_port(name, service.span));
    }
    if let Some(what) = without {
        for keyword in ["ip", "load-balancer-ip", "external-ips"] {
            faults.extend(
                item.child(keyword).map(|item| fault::no_address_here(name, what, item.span)),
            );
        }
    }
    match (service.kind == ServiceKind::ExternalName, item.child("host")) {
        (true, None) => faults.push(fault::external_name_without_host(name, service.span)),
        (false, Some(host)) => faults.push(fault::needs_type("host", "external-name", host.span)),
        _ => {}
    }
    for (family, address) in service.addresses.iter() {
        let stated = &service.families;
        if !stated.is_empty() && stated.iter().all(|one| one.value != family) {
            let at = stated.first().map_or(service.span, |first| first.span);
            faults.push(fault::address_outside_families(family, address.span, at));
        }
    }
    for address in &service.external_ips {
        faults.extend(fault::unusable_external_ip(address.value, address.span));
    }
}

/// Endpoints are selected, or stated, or there are none.
fn endpoints(item: &Item, service: &ServiceDecl, faults: &mut Vec<Diagnostic>) {
    let (endpoint, none) = (item.child("endpoint"), item.child("no-endpoints"));
    if let (Some(select), Some(stated)) = (&service.select, endpoint.or(none)) {
        faults.push(fault::select_and_endpoints(&service.name, stated.span, select.span));
    }
    if let (Some(endpoint), Some(none)) = (endpoint, none) {
        faults.push(fault::endpoints_and_none(endpoint.span, none.span));
    }
    if endpoint.is_some() {
        let targets = item.children("port").filter_map(|item| item.given("target"));
        faults.extend(targets.map(|target| fault::target_with_endpoints(target.span)));
    }
}

/// What only services that can be reached from outside have.
fn outside(item: &Item, service: &ServiceDecl, faults: &mut Vec<Diagnostic>) {
    if !service.kind.has_node_ports() {
        for number in service.ports.iter().filter_map(|port| port.node_port) {
            faults.push(fault::needs_type("node-port", "node-port or load-balancer", number.span));
        }
        if let (Some(item), true) =
            (item.child("external-traffic"), service.external_ips.is_empty())
        {
            let types = "node-port or load-balancer, or `external-ips`";
            faults.push(fault::needs_type("external-traffic", types, item.span));
        }
    }
    let balancer = service.kind == ServiceKind::LoadBalancer;
    for keyword in
        ["load-balancer-ip", "load-balancer-class", "source-ranges", "allocate-node-ports"]
    {
        if let (Some(item), false) = (item.child(keyword), balancer) {
            faults.push(fault::needs_type(keyword, "load-balancer", item.span));
        }
    }
    let local = service.external_traffic == Policy::Local;
    if let (Some(item), false) = (item.child("health-check-node-port"), balancer && local) {
        let types = "load-balancer with `external-traffic local`";
        faults.push(fault::needs_type("health-check-node-port", types, item.span));
    }
}
