//! A port on every node for each port of a service that wants one, and for the health checks of
//! load balancers.

use super::{Ledger, proxy_ports};
use crate::model::declare::ClusterDecl;
use crate::model::pool::Pool;
use crate::model::stated::{PortDecl, ServiceDecl};
use crate::model::{Policy, ServiceKind, fault};
use netc_lang::{Protocol, QualifiedName, Span, Spanned};
use std::collections::BTreeMap;

/// The node ports of one service.
#[derive(Default)]
pub(crate) struct NodePorts {
    /// In the order of its ports.
    pub(crate) ports: Vec<Option<u16>>,
    /// The ports of the proxy in userspace mode, likewise.
    pub(crate) proxy: Vec<Option<u16>>,
    pub(crate) health_check: Option<u16>,
}

/// The node ports of every service, in the order of the services and of their ports.
pub(crate) fn allocate(
    cluster: &ClusterDecl,
    services: &[ServiceDecl],
    ledger: &mut Ledger,
) -> Vec<NodePorts> {
    let wishes: Vec<Vec<Wish>> = services.iter().map(wishes).collect();
    let mut round = Round { cluster, pools: BTreeMap::new(), ledger: &mut *ledger };
    let mut numbers: Vec<Vec<Option<u16>>> =
        wishes.iter().map(|own| own.iter().map(|wish| round.stated(wish)).collect()).collect();
    for find in [Round::locked, Round::lowest] {
        for (wish, number) in wishes.iter().flatten().zip(numbers.iter_mut().flatten()) {
            if wish.wanted && number.is_none() {
                *number = find(&mut round, wish);
            }
        }
    }
    let proxy = proxy_ports::allocate(cluster, services, ledger);
    numbers
        .into_iter()
        .zip(proxy)
        // The health check is the last wish.
        .map(|(mut ports, proxy)| NodePorts { health_check: ports.pop().flatten(), ports, proxy })
        .collect()
}

/// A port that a service may have on every node.
struct Wish<'s> {
    service: &'s QualifiedName,
    /// Its key in the lock.
    key: String,
    protocol: Protocol,
    stated: Option<Spanned<u16>>,
    /// Whether it is to have one if none is stated.
    wanted: bool,
    span: Span,
}

fn wishes(service: &ServiceDecl) -> Vec<Wish<'_>> {
    let wanted = match service.kind {
        ServiceKind::LoadBalancer => service.allocate_node_ports,
        kind => kind.has_node_ports(),
    };
    let name = &service.name;
    let port = |port: &PortDecl| Wish {
        service: name,
        key: port.name.clone().unwrap_or_else(|| port.port.to_string()),
        protocol: port.port.protocol,
        stated: port.node_port,
        wanted,
        span: port.span,
    };
    let local = service.external_traffic == Policy::Local;
    let health_check = Wish {
        service: name,
        // No port can be named so: a port's name has no blank.
        key: "health check".into(),
        protocol: Protocol::Tcp,
        stated: service.health_check_node_port,
        wanted: service.kind == ServiceKind::LoadBalancer && local,
        span: service.span,
    };
    service.ports.iter().map(port).chain([health_check]).collect()
}

struct Round<'a, 'l> {
    cluster: &'a ClusterDecl,
    /// One number may serve TCP and UDP: each protocol has ports of its own.
    pools: BTreeMap<Protocol, Pool>,
    ledger: &'a mut Ledger<'l>,
}

impl Round<'_, '_> {
    fn pool(&mut self, protocol: Protocol) -> &mut Pool {
        let range = &self.cluster.node_ports.value;
        let new = || Pool::new(u128::from(*range.start())..=u128::from(*range.end()));
        self.pools.entry(protocol).or_insert_with(new)
    }

    /// Whether a port is free in its pool; then it is taken.
    fn take(&mut self, protocol: Protocol, number: u16) -> bool {
        let range = u128::from(number)..=u128::from(number);
        let pool = self.pool(protocol);
        pool.contains(&range) && pool.take(&range)
    }

    fn stated(&mut self, wish: &Wish) -> Option<u16> {
        let stated = wish.stated?;
        let range = &self.cluster.node_ports;
        if !range.value.contains(&stated.value) {
            let fault = fault::node_port_outside(stated.value, stated.span, range);
            self.ledger.faults.push(fault);
        }
        self.take(wish.protocol, stated.value);
        Some(stated.value)
    }

    fn locked(&mut self, wish: &Wish) -> Option<u16> {
        let locked = self.ledger.old.node_port(wish.service, &wish.key)?;
        if self.take(wish.protocol, locked) {
            self.ledger.new.record_node_port(wish.service, &wish.key, locked);
            return Some(locked);
        }
        let what = format!("service {}, port {}", wish.service, wish.key);
        self.ledger.faults.push(fault::stale_lock(&what, locked, wish.span));
        None
    }

    fn lowest(&mut self, wish: &Wish) -> Option<u16> {
        let range = self.pool(wish.protocol).take_lowest(1);
        let number = range.and_then(|range| u16::try_from(*range.start()).ok());
        match number {
            Some(number) => {
                self.ledger.new.record_node_port(wish.service, &wish.key, number);
            }
            None => {
                let fault = fault::no_node_port_left(&self.cluster.node_ports, wish.span);
                self.ledger.faults.push(fault);
            }
        }
        number
    }
}
