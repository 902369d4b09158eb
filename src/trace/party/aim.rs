//! Who is asked, at which address and port.

use super::fault::{Fault, Part, no_family, senseless};
use super::find::service_addresses;
use super::ports::{Ports, payloads};
use super::sender::{Sender, nobody, outside};
use super::{Carried, Families, Found};
use crate::model::{
    Cluster, Container, ContainerPlace, Docker, Family, Node, NodeId, Service, ServiceKind,
    ServicePort,
};
use crate::trace::{Payload, Place};
use netc_lang::{Party, PartyName, Port, Protocol};
use std::net::IpAddr;

/// A packet to somebody.
pub(super) struct Aim {
    pub(super) destination: IpAddr,
    pub(super) payload: Payload,
    /// The place of the port among those of the service.
    pub(super) port: Option<usize>,
    pub(super) through: Option<NodeId>,
}

/// Somebody who asks, and how.
pub(super) struct Asker<'c> {
    pub(super) cluster: &'c Cluster,
    pub(super) sender: &'c Sender,
    pub(super) through: Option<NodeId>,
    pub(super) carried: Option<Carried>,
}

impl Asker<'_> {
    /// The families in which it is asked.
    pub(super) fn families(
        &self,
        to: &Party,
        found: Found,
        wanted: Families,
    ) -> Result<Vec<Family>, Fault> {
        let (cluster, sender) = (self.cluster, self.sender);
        let own = match &to.name {
            PartyName::Address(address) | PartyName::Outside(address) => vec![Family::of(*address)],
            _ => self.families_of(found)?,
        };
        let whose = || found.name(cluster);
        let both: Vec<Family> =
            own.iter().copied().filter(|family| sender.families.contains(family)).collect();
        match wanted {
            Families::One(family) if !sender.families.contains(&family) => {
                Err(no_family(&sender.found.name(cluster), Some(family)))
            }
            Families::One(family) if !own.contains(&family) => {
                Err(no_family(&whose(), Some(family)))
            }
            Families::One(family) => Ok(vec![family]),
            _ if both.is_empty() => Err(no_family(&whose(), None)),
            Families::First => Ok(both.into_iter().take(1).collect()),
            Families::All => Ok(both),
        }
    }

    /// The families in which somebody has an address at which the sender would ask.
    fn families_of(&self, found: Found) -> Result<Vec<Family>, Fault> {
        let cluster = self.cluster;
        let has = |family: &Family| match found {
            Found::Address(address) => Family::of(address) == *family,
            Found::Pod(place) => {
                cluster.pods.get(place).is_some_and(|pod| pod.addresses.get(*family).is_some())
            }
            Found::Node(id) => self.node(id).is_some_and(|node| node.address(*family).is_some()),
            Found::Container(id, place) => self.container(id, place, *family).is_some(),
            Found::Service(place) => cluster.services.get(place).is_some_and(|service| {
                service_addresses(service).any(|address| Family::of(address) == *family)
            }),
        };
        let all: Vec<Family> = Family::ALL.into_iter().filter(has).collect();
        match found {
            Found::Service(place) => match cluster.services.get(place) {
                Some(service) => without_address(service).map_or(Ok(all), Err),
                None => Err(nobody(Part::To)),
            },
            _ if all.is_empty() => {
                let message = format!("{} has no address", found.name(cluster));
                Err(senseless(Part::To, message, "nothing can be sent to it"))
            }
            _ => Ok(all),
        }
    }

    /// Where packets go in a family.
    pub(super) fn aims(&self, to: &Party, found: Found, family: Family) -> Result<Vec<Aim>, Fault> {
        let stated = match &to.name {
            PartyName::Address(address) => Some(*address),
            PartyName::Outside(address) => {
                outside(self.cluster, *address, Part::To)?;
                Some(*address)
            }
            _ => None,
        };
        match found {
            Found::Service(place) => match self.cluster.services.get(place) {
                Some(service) => self.service(to, service, stated, family),
                None => Err(nobody(Part::To)),
            },
            _ => self.host(to, found, stated, family),
        }
    }

    /// To who has an address of its own.
    fn host(
        &self,
        to: &Party,
        found: Found,
        stated: Option<IpAddr>,
        family: Family,
    ) -> Result<Vec<Aim>, Fault> {
        let known = self.known(found);
        let all = matches!(found, Found::Pod(_) | Found::Container(..));
        let ports = Ports { whose: found.name(self.cluster), known, complete: false, all };
        let payloads = payloads(&ports, to.port.as_ref(), self.carried)?;
        let own = match found {
            Found::Pod(place) => {
                self.cluster.pods.get(place).and_then(|pod| pod.addresses.get(family)).copied()
            }
            Found::Node(id) => {
                self.node(id).and_then(|node| node.address(family)).map(|own| own.address)
            }
            Found::Container(id, place) => self.container(id, place, family),
            _ => None,
        };
        let Some(destination) = stated.or(own) else { return Err(nobody(Part::To)) };
        let ways = self.ways(found, destination)?;
        let aims = payloads.into_iter().flat_map(|payload| {
            ways.iter().map(move |through| Aim {
                destination,
                payload,
                port: None,
                through: *through,
            })
        });
        Ok(aims.collect())
    }

    /// To a service, at its address or the stated one, or from outside at where it is known there.
    fn service(
        &self,
        to: &Party,
        service: &Service,
        stated: Option<IpAddr>,
        family: Family,
    ) -> Result<Vec<Aim>, Fault> {
        let known = service.ports.iter().map(|port| (port.name.as_deref(), port.port)).collect();
        let whose = format!("service {}", service.name);
        let ports = Ports { whose, known, complete: true, all: true };
        let mut aims = Vec::new();
        for payload in payloads(&ports, to.port.as_ref(), self.carried)? {
            let is = |port: &ServicePort| {
                (payload.protocol(), payload.destination())
                    == (Some(port.port.protocol), Some(port.port.number))
            };
            let Some(place) = service.ports.iter().position(is) else { continue };
            let Some(port) = service.ports.get(place) else { continue };
            let new = match stated {
                Some(address) => self.at(address, payload)?,
                None if self.sender.place == Place::Outside => {
                    self.asked_from_outside(service, port, payload, family)?
                }
                None => match service.addresses.get(family) {
                    Some(address) => self.at(*address, payload)?,
                    None => continue,
                },
            };
            aims.extend(new.into_iter().map(|aim| Aim { port: Some(place), ..aim }));
        }
        if aims.is_empty() {
            return Err(no_family(&format!("service {}", service.name), Some(family)));
        }
        Ok(aims)
    }

    fn asked_from_outside(
        &self,
        service: &Service,
        port: &ServicePort,
        payload: Payload,
        family: Family,
    ) -> Result<Vec<Aim>, Fault> {
        let fronts = service.load_balancer_ips.iter().chain(&service.external_ips);
        let fronts: Vec<IpAddr> =
            fronts.copied().filter(|address| Family::of(*address) == family).collect();
        match (fronts.is_empty(), port.node_port) {
            (false, _) => {
                let all: Result<Vec<Vec<Aim>>, Fault> =
                    fronts.into_iter().map(|address| self.at(address, payload)).collect();
                Ok(all?.into_iter().flatten().collect())
            }
            (true, Some(node_port)) => Ok(self.node_port(port.port.protocol, node_port, family)),
            (true, None) => match service.addresses.get(family) {
                Some(address) => self.at(*address, payload),
                None => Ok(Vec::new()),
            },
        }
    }

    /// To a port of each node, or of the one that is stated.
    fn node_port(&self, protocol: Protocol, port: u16, family: Family) -> Vec<Aim> {
        let nodes = (0..).map(NodeId).zip(&self.cluster.nodes);
        let nodes = nodes.filter(|(id, _)| self.through.is_none_or(|through| through == *id));
        let payload = Payload::Ports { protocol, source: None, destination: Some(port) };
        let aim = |(_, node): (NodeId, &Node)| {
            let destination = node.address(family)?.address;
            Some(Aim { destination, payload, port: None, through: None })
        };
        nodes.filter_map(aim).collect()
    }

    /// To an address of a service.
    fn at(&self, destination: IpAddr, payload: Payload) -> Result<Vec<Aim>, Fault> {
        let ways = self.ways(Found::Address(destination), destination)?;
        let aim = |through| Aim { destination, payload, port: None, through };
        Ok(ways.into_iter().map(aim).collect())
    }

    /// By which nodes a packet comes in: `None` if that does not depend on anything.
    fn ways(&self, to: Found, destination: IpAddr) -> Result<Vec<Option<NodeId>>, Fault> {
        if self.sender.place != Place::Outside {
            return Ok(vec![None]);
        }
        let mut own = (0..).map(NodeId).zip(&self.cluster.nodes);
        let own = own
            .find(|(_, node)| node.addresses.iter().any(|own| own.address == destination))
            .map(|(_, node)| node);
        match (own, self.through) {
            (Some(node), Some(_)) => {
                let message = format!("{destination} is an address of node {}", node.name);
                return Err(senseless(Part::Through, message, "leave `through` out"));
            }
            (Some(_), None) => return Ok(vec![None]),
            (None, Some(through)) => return Ok(vec![Some(through)]),
            (None, None) => {}
        }
        if let Some(ways) = self.announced(destination) {
            return Ok(ways);
        }
        Ok(match to {
            Found::Pod(place) => vec![self.cluster.pods.get(place).and_then(|pod| pod.node)],
            Found::Container(id, _) => vec![Some(id)],
            Found::Address(address) if !self.is_of_cluster(address) => {
                let message = "neither of them is of the cluster";
                let help = "one of the two must be a pod, node, container or service";
                return Err(senseless(Part::To, message, help));
            }
            _ => (0..).map(NodeId).take(self.cluster.nodes.len()).map(Some).collect(),
        })
    }

    /// The nodes that bring an address of a load balancer about, if netc knows: the one that has it,
    /// or all that tell their routers of it.
    fn announced(&self, address: IpAddr) -> Option<Vec<Option<NodeId>>> {
        let held = self.cluster.load_balancers.as_ref()?.held(address)?;
        let nodes = match held.holder {
            Some(holder) => vec![holder],
            None => held.nodes.clone(),
        };
        (!nodes.is_empty()).then(|| nodes.into_iter().map(Some).collect())
    }

    /// Whether packets to an address come to the nodes.
    fn is_of_cluster(&self, address: IpAddr) -> bool {
        let pods = self.cluster.pod_networks.values().map(|network| network.network);
        let mut all = pods.chain(self.cluster.service_networks.values().copied());
        let services = || self.cluster.services.iter().flat_map(service_addresses);
        all.any(|network| network.contains(&address)) || services().any(|own| own == address)
    }

    /// The ports that are known of somebody.
    fn known(&self, found: Found) -> Vec<(Option<&str>, Port)> {
        match found {
            Found::Pod(place) => {
                let pod = self.cluster.pods.get(place);
                let ports = pod.into_iter().flat_map(|pod| &pod.template.ports);
                ports.map(|port| (port.name.as_deref(), port.port.value)).collect()
            }
            Found::Container(id, place) => {
                let own =
                    self.node(id).and_then(|node| node.docker.as_ref()?.containers.get(place));
                let published = own.into_iter().flat_map(|one| &one.published);
                published.map(|one| (None, one.target)).collect()
            }
            Found::Node(id) => {
                let services = self.cluster.services.iter().flat_map(|service| &service.ports);
                let node_ports = services.filter_map(|port| Some((port.node_port?, port.port)));
                let pods = self.cluster.pods.iter().filter(|pod| pod.node == Some(id));
                let mapped = pods.flat_map(|pod| &pod.template.mappings);
                let docker = self.node(id).and_then(|node| node.docker.as_ref());
                let held = docker.into_iter().flat_map(Docker::held);
                let published = mapped.chain(held).map(|one| (one.port, one.target));
                let all = node_ports.chain(published).map(|(number, to)| (number, to.protocol));
                let ingress = self.cluster.ingress_on(id).map(|own| (own.http, Protocol::Tcp));
                let all = ingress.into_iter().chain(all);
                all.map(|(number, protocol)| (None, Port { number, protocol })).collect()
            }
            _ => Vec::new(),
        }
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.cluster.nodes.get(id.0 as usize)
    }

    /// The address at which a container is asked.
    fn container(&self, id: NodeId, place: usize, family: Family) -> Option<IpAddr> {
        let node = self.node(id)?;
        let containers = &node.docker.as_ref()?.containers;
        let own = containers.get(place)?;
        let owner: &Container = match own.place {
            ContainerPlace::Shared(other) => containers.get(other)?,
            _ => own,
        };
        match owner.place {
            ContainerPlace::Host => node.address(family).map(|own| own.address),
            _ => owner.addresses.get(family).copied(),
        }
    }
}

/// Why nothing can be sent to a service, if it has no address.
fn without_address(service: &Service) -> Option<Fault> {
    let name = &service.name;
    match service.kind {
        ServiceKind::Headless => {
            let message = format!("service {name} is headless: it has no address");
            Some(senseless(Part::To, message, "ask for its pods one by one"))
        }
        ServiceKind::ExternalName => {
            let message = format!("service {name} stands for another name: it has no address");
            Some(senseless(Part::To, message, "ask for the address that the name leads to"))
        }
        _ => None,
    }
}
