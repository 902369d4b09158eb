//! A port of the proxy for each port of a service, the same on every node: `proxy userspace`.

use super::Ledger;
use crate::model::declare::ClusterDecl;
use crate::model::pool::Pool;
use crate::model::stated::{PortDecl, ServiceDecl};
use crate::model::{Proxy, ProxyMode, Userspace, fault};
use netc_lang::{QualifiedName, Span};
use std::collections::BTreeMap;

/// The ports of the proxy for every service, in the order of the services and of their ports.
pub(super) fn allocate(
    cluster: &ClusterDecl,
    services: &[ServiceDecl],
    ledger: &mut Ledger,
) -> Vec<Vec<Option<u16>>> {
    let userspace = match &cluster.proxy {
        Some(Proxy { mode: ProxyMode::Userspace(userspace), .. }) => Some(userspace),
        _ => None,
    };
    let (Some(userspace), Some(proxy)) = (userspace, &cluster.proxy) else {
        let stated = services.iter().flat_map(|service| &service.ports);
        let stated = stated.filter_map(|port| port.proxy_port);
        let mode = cluster.proxy.as_ref().map_or("none", |proxy| proxy.mode.word());
        let faults = stated.map(|number| fault::proxy_port_of_no_use(mode, number.span));
        ledger.faults.extend(faults);
        return services.iter().map(|service| vec![None; service.ports.len()]).collect();
    };
    let (first, last) = (*userspace.ports.start(), *userspace.ports.end());
    let pool = Pool::new(u128::from(first)..=u128::from(last));
    let at = userspace.stated.unwrap_or(proxy.span);
    let mut round = Round { userspace, at, pool, held: BTreeMap::new(), ledger };
    let mut numbers: Vec<Vec<Option<u16>>> = services
        .iter()
        .map(|service| service.ports.iter().map(|port| round.stated(port)).collect())
        .collect();
    for find in [Round::locked, Round::lowest] {
        for (service, numbers) in services.iter().zip(&mut numbers) {
            // A service without an address is not programmed.
            for (port, number) in service.ports.iter().zip(numbers) {
                if number.is_none() && service.kind.has_address() {
                    *number = find(&mut round, &service.name, port);
                }
            }
        }
    }
    numbers
}

struct Round<'a, 'l> {
    userspace: &'a Userspace,
    /// Where the range is stated.
    at: Span,
    /// TCP and UDP share the numbers, as in kube-proxy.
    pool: Pool,
    /// The numbers that are stated, and where.
    held: BTreeMap<u16, Span>,
    ledger: &'a mut Ledger<'l>,
}

impl Round<'_, '_> {
    /// Whether a port is free in the pool; then it is taken.
    fn take(&mut self, number: u16) -> bool {
        let range = u128::from(number)..=u128::from(number);
        self.pool.contains(&range) && self.pool.take(&range)
    }

    fn stated(&mut self, port: &PortDecl) -> Option<u16> {
        let stated = port.proxy_port?;
        if !self.userspace.ports.contains(&stated.value) {
            let fault = fault::proxy_port_outside(stated, &self.userspace.ports, self.at);
            self.ledger.faults.push(fault);
        }
        if let Some(earlier) = self.held.insert(stated.value, stated.span) {
            self.ledger.faults.push(fault::proxy_port_twice(stated, earlier));
        }
        self.take(stated.value);
        Some(stated.value)
    }

    fn locked(&mut self, service: &QualifiedName, port: &PortDecl) -> Option<u16> {
        let key = key(port);
        let locked = self.ledger.old.proxy_port(service, &key)?;
        if self.take(locked) {
            self.ledger.new.record_proxy_port(service, &key, locked);
            return Some(locked);
        }
        let what = format!("the proxy of service {service}, port {key}");
        self.ledger.faults.push(fault::stale_lock(&what, locked, port.span));
        None
    }

    fn lowest(&mut self, service: &QualifiedName, port: &PortDecl) -> Option<u16> {
        let range = self.pool.take_lowest(1);
        let number = range.and_then(|range| u16::try_from(*range.start()).ok());
        match number {
            Some(number) => self.ledger.new.record_proxy_port(service, &key(port), number),
            None => {
                let fault = fault::no_proxy_port_left(&self.userspace.ports, self.at, port.span);
                self.ledger.faults.push(fault);
            }
        }
        number
    }
}

/// The key of a port in the lock.
fn key(port: &PortDecl) -> String {
    port.name.clone().unwrap_or_else(|| port.port.to_string())
}
