//! A port on every node for each port of a node-port service.

use super::Ledger;
use crate::model::declare::{ClusterDecl, PortDecl, ServiceDecl};
use crate::model::pool::Pool;
use crate::model::{ServiceKind, fault};
use netc_lang::{Protocol, Span};
use std::collections::BTreeMap;

/// The node ports of every service, in the order of the services and of their ports.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    services: &[ServiceDecl],
    ledger: &mut Ledger,
) -> Vec<Vec<Option<u16>>> {
    let range = &cluster.node_ports.value;
    let new = || Pool::new(u128::from(*range.start())..=u128::from(*range.end()));
    // One number may serve TCP and UDP: each protocol has ports of its own.
    let mut pools: BTreeMap<Protocol, Pool> = BTreeMap::new();
    let mut numbers: Vec<Vec<Option<u16>>> = stated(cluster, services, &mut pools, new, ledger);
    for from_lock in [true, false] {
        for (service, own) in services.iter().zip(&mut numbers) {
            if service.kind != ServiceKind::NodePort {
                continue;
            }
            for (port, number) in service.ports.iter().zip(own) {
                if number.is_none() {
                    let pool = pools.entry(port.port.protocol).or_insert_with(new);
                    *number = if from_lock {
                        locked(service, port, pool, ledger)
                    } else {
                        lowest(cluster, service, port, pool, ledger)
                    };
                }
            }
        }
    }
    numbers
}

/// The key of a port in the lock: its name, or its number and protocol.
fn key(port: &PortDecl) -> String {
    port.name.clone().unwrap_or_else(|| port.port.to_string())
}

fn stated(
    cluster: &ClusterDecl,
    services: &[ServiceDecl],
    pools: &mut BTreeMap<Protocol, Pool>,
    new: impl Fn() -> Pool,
    ledger: &mut Ledger,
) -> Vec<Vec<Option<u16>>> {
    let mut holders: BTreeMap<(Protocol, u16), (usize, Span)> = BTreeMap::new();
    let mut all = Vec::new();
    for (index, service) in services.iter().enumerate() {
        let mut own = Vec::new();
        for port in &service.ports {
            own.push(port.node_port.map(|number| number.value));
            let Some(number) = port.node_port else { continue };
            if !cluster.node_ports.value.contains(&number.value) {
                let fault =
                    fault::node_port_outside(number.value, number.span, &cluster.node_ports);
                ledger.faults.push(fault);
            }
            let held = holders.insert((port.port.protocol, number.value), (index, number.span));
            if let Some((_, earlier)) = held.filter(|(holder, _)| *holder != index) {
                let fault = fault::duplicate_node_port(number.value, number.span, earlier);
                ledger.faults.push(fault);
            }
            let pool = pools.entry(port.port.protocol).or_insert_with(&new);
            pool.take(&(u128::from(number.value)..=u128::from(number.value)));
        }
        all.push(own);
    }
    all
}

fn locked(
    service: &ServiceDecl,
    port: &PortDecl,
    pool: &mut Pool,
    ledger: &mut Ledger,
) -> Option<u16> {
    let locked = ledger.old.node_port(&service.name, &key(port))?;
    let range = u128::from(locked)..=u128::from(locked);
    if pool.contains(&range) && pool.take(&range) {
        ledger.new.record_node_port(&service.name, &key(port), locked);
        return Some(locked);
    }
    let what = format!("service {}, port {}", service.name, key(port));
    ledger.faults.push(fault::stale_lock(&what, locked, port.span));
    None
}

fn lowest(
    cluster: &ClusterDecl,
    service: &ServiceDecl,
    port: &PortDecl,
    pool: &mut Pool,
    ledger: &mut Ledger,
) -> Option<u16> {
    let number = pool.take_lowest(1).and_then(|range| u16::try_from(*range.start()).ok());
    match number {
        Some(number) => ledger.new.record_node_port(&service.name, &key(port), number),
        None => ledger.faults.push(fault::no_node_port_left(&cluster.node_ports, port.span)),
    }
    number
}
