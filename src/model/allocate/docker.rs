//! An address of its network for every container.

use super::{Ledger, host_numbers, only};
use crate::model::bind::BoundDocker;
use crate::model::declare::{ContainerDecl, NetworkDecl};
use crate::model::pool::Pool;
use crate::model::{ContainerPlace, Family, PerFamily, fault};
use ipnet::IpNet;
use netc_lang::Span;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The addresses of the containers of every Docker, in the order of the containers.
pub(crate) fn allocate(
    dockers: &[BoundDocker],
    ledger: &mut Ledger,
) -> Vec<Vec<PerFamily<IpAddr>>> {
    dockers.iter().map(|docker| on_node(docker, ledger)).collect()
}

fn on_node(docker: &BoundDocker, ledger: &mut Ledger) -> Vec<PerFamily<IpAddr>> {
    let containers = &docker.stated.containers;
    let mut addresses: Vec<PerFamily<IpAddr>> =
        containers.iter().map(|_| PerFamily::default()).collect();
    for (place, network) in docker.stated.networks.iter().enumerate() {
        let within = ContainerPlace::Network(place);
        let own = containers.iter().zip(&mut addresses).zip(&docker.places);
        let mut own: Vec<Member> = own
            .filter(|(_, place)| **place == within)
            .map(|((container, addresses), _)| (container, addresses))
            .collect();
        for (family, gateway) in network.gateways.iter() {
            let gateway = gateway.value;
            let mut pool = Pool::new(host_numbers(gateway.trunc()));
            pool.take(&only(gateway.addr()));
            let node = &docker.stated.node.value;
            let mut round = Round { family, node, network, gateway, pool, ledger };
            round.stated(&mut own);
            round.locked(&mut own);
            round.lowest(&mut own);
        }
        for (container, _) in &own {
            for (family, address) in container.addresses.iter() {
                if network.gateways.get(family).is_none() {
                    let fault = fault::network_without_family(network, family, address.span);
                    ledger.faults.push(fault);
                }
            }
        }
    }
    addresses
}

/// A container of a network, and its addresses so far.
type Member<'m> = (&'m ContainerDecl, &'m mut PerFamily<IpAddr>);

/// The allocation of one family of a network.
struct Round<'a, 'l> {
    family: Family,
    node: &'a str,
    network: &'a NetworkDecl,
    gateway: IpNet,
    pool: Pool,
    ledger: &'a mut Ledger<'l>,
}

impl Round<'_, '_> {
    fn stated(&mut self, own: &mut [Member]) {
        let mut holders: BTreeMap<IpAddr, (&str, Span)> = BTreeMap::new();
        for (container, addresses) in own {
            let Some(stated) = container.addresses.get(self.family) else { continue };
            let (address, span) = (stated.value, stated.span);
            let inside = self.pool.contains(&only(address));
            let taken = self.pool.take(&only(address));
            let fault = if address == self.gateway.addr() {
                Some(fault::container_on_gateway(address, &self.network.name.value, span))
            } else if !inside {
                Some(fault::container_outside(address, self.gateway, self.network, span))
            } else if !taken {
                holders.get(&address).map(|(other, earlier)| {
                    fault::duplicate_address(address, "container", other, span, *earlier)
                })
            } else {
                holders.insert(address, (&container.name.value, span));
                None
            };
            self.ledger.faults.extend(fault);
            addresses.insert(self.family, address);
        }
    }

    fn locked(&mut self, own: &mut [Member]) {
        for (container, addresses) in own {
            let name = &container.name.value;
            let locked = self.ledger.old.container(self.node, name, self.family);
            let (Some(locked), None) = (locked, addresses.get(self.family)) else { continue };
            if self.pool.contains(&only(locked)) && self.pool.take(&only(locked)) {
                addresses.insert(self.family, locked);
                self.ledger.new.record_container(self.node, name, locked);
            } else {
                let what = format!("container {name} of {}", self.node);
                self.ledger.faults.push(fault::stale_lock(&what, locked, container.span));
            }
        }
    }

    fn lowest(&mut self, own: &mut [Member]) {
        for (container, addresses) in own {
            if addresses.get(self.family).is_some() {
                continue;
            }
            let Some(range) = self.pool.take_lowest(1) else {
                let fault = fault::docker_network_full(self.gateway, self.network, container.span);
                self.ledger.faults.push(fault);
                return;
            };
            let address = self.family.address(*range.start());
            addresses.insert(self.family, address);
            self.ledger.new.record_container(self.node, &container.name.value, address);
        }
    }
}
