//! An address of the service network for every service that has one.

use super::{Ledger, host_numbers, only};
use crate::model::declare::ClusterDecl;
use crate::model::pool::Pool;
use crate::model::stated::{FamilyPolicy, ServiceDecl};
use crate::model::{Family, PerFamily, fault};
use netc_lang::Span;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The addresses of every service, in the order of the services.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    services: &[ServiceDecl],
    ledger: &mut Ledger,
) -> Vec<PerFamily<IpAddr>> {
    let mut addresses: Vec<PerFamily<IpAddr>> =
        services.iter().map(|_| PerFamily::default()).collect();
    for family in Family::ALL {
        let network = cluster.service_networks.get(family);
        let mut pool = network.map(|network| Pool::new(host_numbers(network.value)));
        stated(family, cluster, services, pool.as_mut(), &mut addresses, ledger);
        if let (Some(pool), Some(network)) = (&mut pool, network) {
            // The first address is `default/kubernetes` by convention, and the name server's is
            // kept for the service that states it.
            pool.take(&only(family.address(*host_numbers(network.value).start())));
            if let Some(dns) = cluster.dns.get(family) {
                pool.take(&only(dns.value));
            }
        }
        locked(family, services, pool.as_mut(), &mut addresses, ledger);
        for (service, own) in services.iter().zip(&mut addresses) {
            if !wants(cluster, service, family) || own.get(family).is_some() {
                continue;
            }
            let (Some(pool), Some(network)) = (&mut pool, network) else {
                ledger.faults.push(fault::no_service_network(
                    &service.name,
                    family,
                    service.span,
                    cluster.span,
                ));
                continue;
            };
            match pool.take_lowest(1).map(|range| family.address(*range.start())) {
                Some(address) => {
                    own.insert(family, address);
                    ledger.new.record_service(&service.name, address);
                }
                None => ledger.faults.push(fault::no_service_address_left(network, service.span)),
            }
        }
    }
    addresses
}

/// Whether a service has an address of a family: the stated families, or those of its stated
/// addresses, or the first family of the service network (IPv4 if there is none); and the others
/// if its family policy asks for them.
fn wants(cluster: &ClusterDecl, service: &ServiceDecl, family: Family) -> bool {
    let stated = &service.families;
    let network = &cluster.service_networks;
    match service.family_policy.map(|policy| policy.value) {
        _ if !service.kind.has_address() => return false,
        Some(FamilyPolicy::RequireDual) => return true,
        Some(FamilyPolicy::PreferDual) if network.get(family).is_some() => return true,
        _ => {}
    }
    if !stated.is_empty() {
        return stated.iter().any(|one| one.value == family);
    }
    if !service.addresses.is_empty() {
        return service.addresses.get(family).is_some();
    }
    network.families().next().unwrap_or(Family::V4) == family
}

/// Takes the addresses that services state.
fn stated(
    family: Family,
    cluster: &ClusterDecl,
    services: &[ServiceDecl],
    mut pool: Option<&mut Pool>,
    addresses: &mut [PerFamily<IpAddr>],
    ledger: &mut Ledger,
) {
    let mut holders: BTreeMap<IpAddr, (&ServiceDecl, Span)> = BTreeMap::new();
    for (service, own) in services.iter().zip(addresses) {
        let Some(stated) = service.addresses.get(family) else { continue };
        let (address, span) = (stated.value, stated.span);
        own.insert(family, address);
        if let Some((other, earlier)) = holders.get(&address) {
            let fault = fault::duplicate_address(address, "service", &other.name, span, *earlier);
            ledger.faults.push(fault);
            continue;
        }
        holders.insert(address, (service, span));
        if let (Some(pool), Some(network)) = (&mut pool, cluster.service_networks.get(family)) {
            if !network.value.contains(&address) {
                ledger.faults.push(fault::service_outside(address, span, network));
            } else if !pool.contains(&only(address)) {
                ledger.faults.push(fault::not_a_host(address, network.value, span));
            }
            pool.take(&only(address));
        }
    }
}

/// Takes the addresses that the lock records.
fn locked(
    family: Family,
    services: &[ServiceDecl],
    pool: Option<&mut Pool>,
    addresses: &mut [PerFamily<IpAddr>],
    ledger: &mut Ledger,
) {
    let Some(pool) = pool else { return };
    for (service, own) in services.iter().zip(addresses) {
        let Some(locked) = ledger.old.service(&service.name, family) else { continue };
        if own.get(family).is_some() || !service.kind.has_address() {
            continue;
        }
        if pool.contains(&only(locked)) && pool.take(&only(locked)) {
            own.insert(family, locked);
            ledger.new.record_service(&service.name, locked);
        } else {
            let what = format!("service {}", service.name);
            ledger.faults.push(fault::stale_lock(&what, locked, service.span));
        }
    }
}
