//! An address of the pool for every load balancer that states none.

use super::{Ledger, only};
use crate::model::declare::{ClusterDecl, LoadBalancersDecl};
use crate::model::pool::Pool;
use crate::model::stated::{LoadBalancerIp, NodeDecl, ServiceDecl};
use crate::model::{Family, PerFamily, ServiceKind, Uplink, fault, number};
use netc_lang::Spanned;
use std::net::IpAddr;

/// Gives services of type load-balancer their addresses, one for each family that they have.
/// `addresses` are the services' own.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    nodes: &[NodeDecl],
    services: &mut [ServiceDecl],
    addresses: &[PerFamily<IpAddr>],
    ledger: &mut Ledger,
) {
    let Some(own) = &cluster.load_balancers else { return };
    let wants: Vec<bool> = services.iter().map(wants_any).collect();
    requested(own, services, &wants, ledger);
    for family in Family::ALL {
        let mut pools = Pools::new(own, family);
        pools.keep(nodes, services);
        let wants = |place: usize, service: &ServiceDecl| {
            let asks = wants.get(place).is_some_and(|wants| *wants);
            let has = addresses.get(place).is_some_and(|own| own.get(family).is_some());
            asks && has
                && service.load_balancer_ips.iter().all(|one| !is(one, family))
                && service.requested_ip.is_none()
        };
        for (place, service) in services.iter_mut().enumerate() {
            let locked = ledger.old.load_balancer(&service.name, family);
            let Some(locked) = locked.filter(|_| wants(place, service)) else { continue };
            if pools.take(locked) {
                give(service, locked, ledger);
            } else {
                let what = format!("load balancer {}", service.name);
                ledger.faults.push(fault::stale_lock(&what, locked, service.span));
            }
        }
        for (place, service) in services.iter_mut().enumerate() {
            if !wants(place, service) || pools.all.is_empty() {
                continue;
            }
            match pools.lowest() {
                Some(address) => give(service, address, ledger),
                None => {
                    let fault = fault::no_load_balancer_left(family, own.span, service.span);
                    ledger.faults.push(fault);
                }
            }
        }
    }
    for ((service, wants), own_addresses) in services.iter().zip(wants).zip(addresses) {
        let mut families = own_addresses.families();
        let served = families.any(|family| !Pools::new(own, family).all.is_empty());
        if wants && service.requested_ip.is_none() && !own_addresses.is_empty() && !served {
            let fault = fault::no_load_balancer_of_family(&service.name, service.span, own.span);
            ledger.faults.push(fault);
        }
    }
}

/// Whether a service gets addresses of the pool: it states none, and nobody else looks after it.
fn wants_any(service: &ServiceDecl) -> bool {
    service.kind == ServiceKind::LoadBalancer
        && service.load_balancer_class.is_none()
        && service.load_balancer_ips.is_empty()
}

/// Addresses that services ask for, but that are no facts yet (`spec.loadBalancerIP`).
fn requested(
    own: &LoadBalancersDecl,
    services: &mut [ServiceDecl],
    wants: &[bool],
    ledger: &mut Ledger,
) {
    for (service, _) in services.iter_mut().zip(wants).filter(|(_, wants)| **wants) {
        let Some(address) = service.requested_ip else { continue };
        if own.ranges.iter().any(|range| range.value.contains(&address.value)) {
            service.load_balancer_ips.push(LoadBalancerIp { address, proxy: false });
        } else {
            ledger.faults.push(fault::requested_outside(&service.name, &address, own.span));
        }
    }
}

fn give(service: &mut ServiceDecl, address: IpAddr, ledger: &mut Ledger) {
    let stated = Spanned::new(address, service.span);
    service.load_balancer_ips.push(LoadBalancerIp { address: stated, proxy: false });
    ledger.new.record_load_balancer(&service.name, address);
}

fn is(one: &LoadBalancerIp, family: Family) -> bool {
    Family::of(one.address.value) == family
}

/// The ranges of one family, in order.
struct Pools {
    family: Family,
    all: Vec<Pool>,
}

impl Pools {
    fn new(own: &LoadBalancersDecl, family: Family) -> Pools {
        let ranges = own.ranges.iter().map(|range| &range.value);
        let ranges = ranges.filter(|range| Family::of(*range.start()) == family);
        let pool = |range: &std::ops::RangeInclusive<IpAddr>| {
            Pool::new(number(*range.start())..=number(*range.end()))
        };
        Pools { family, all: ranges.map(pool).collect() }
    }

    /// Keeps what services state, and what nodes and their networks need: their own addresses, the
    /// first one and in IPv4 the last one of a network, and routers.
    fn keep(&mut self, nodes: &[NodeDecl], services: &[ServiceDecl]) {
        for service in services {
            let balancers = service.load_balancer_ips.iter().map(|one| one.address.value);
            let external = service.external_ips.iter().map(|one| one.value);
            for address in balancers.chain(external) {
                self.take(address);
            }
        }
        for node in nodes {
            for own in &node.addresses {
                self.take(own.address);
                if let Some(net) = own.network() {
                    self.take(net.network());
                    if self.family == Family::V4 {
                        self.take(net.broadcast());
                    }
                }
            }
            if let Uplink::Via(gateways) = &node.uplink {
                for gateway in gateways.values() {
                    self.take(gateway.value);
                }
            }
        }
    }

    /// Whether an address is one of them and was free; then it is taken.
    fn take(&mut self, address: IpAddr) -> bool {
        let range = only(address);
        let own = Family::of(address) == self.family;
        let mut all = self.all.iter_mut().filter(|pool| own && pool.contains(&range));
        all.next().is_some_and(|pool| pool.take(&range))
    }

    fn lowest(&mut self) -> Option<IpAddr> {
        let found = self.all.iter_mut().find_map(|pool| pool.take_lowest(1))?;
        Some(self.family.address(*found.start()))
    }
}
