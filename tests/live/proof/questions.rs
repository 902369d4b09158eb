//! What is asked: of everybody, everything that has an address, and some that has none.

use super::clients::Request;
use super::site::{ENTRY, OUTSIDE, Site, Spot, VISITOR};
use crate::random::Dice;
use netc::model::{Cluster, Service};
use netc::object::Netns;
use netc::trace::{Payload, Place, Question};
use netc_lang::Protocol;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A port on which nobody serves.
const UNUSED: u16 = 4444;

/// How often a service is asked that has several endpoints.
const OFTEN: usize = 24;

/// A question to both, the walk and the kernel.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Who asks.
    pub(super) client: Spot,
    /// Its address, if it picks one.
    source: Option<IpAddr>,
    /// The destination.
    pub(super) target: Target,
}

/// Where a question goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// The address and the port.
    pub(super) to: SocketAddr,
    /// TCP or UDP.
    pub(super) protocol: Protocol,
    /// How often it is to be asked: it is a service's, and the answers are not all the same.
    pub(super) times: usize,
    /// Clients stay with their endpoints.
    pub(super) affinity: bool,
}

impl Target {
    /// Something that is asked once.
    pub(super) fn once(protocol: Protocol, to: SocketAddr) -> Target {
        Target { to, protocol, times: 1, affinity: false }
    }
}

impl Asked {
    /// A question of somebody.
    pub(super) fn new(client: &Spot, target: Target) -> Option<Asked> {
        let family = |own: &&IpAddr| own.is_ipv6() == target.to.is_ipv6();
        let own = client.addresses.iter().find(family)?;
        let source = (client.place == Place::Outside).then_some(*own);
        Some(Asked { client: client.clone(), source, target })
    }

    /// For the walk.
    pub(super) fn question(&self, cluster: &Cluster) -> Question {
        let to = self.target.to;
        let mut nodes = cluster.nodes.iter().flat_map(|node| &node.addresses);
        let direct = nodes.any(|own| own.address == to.ip());
        let outside = self.client.place == Place::Outside;
        Question {
            place: self.client.place.clone(),
            source: self.source.map(Into::into),
            destination: to.ip().into(),
            payload: Payload::Ports {
                protocol: self.target.protocol,
                source: None,
                destination: Some(to.port()),
            },
            through: (outside && !direct).then_some(ENTRY),
        }
    }

    /// For the kernel.
    pub(super) fn request(&self, may_be_silent: bool) -> Request {
        Request {
            netns: self.client.netns.clone(),
            source: self.source,
            to: self.target.to,
            protocol: self.target.protocol,
            may_be_silent,
        }
    }
}

impl Site {
    /// Some of all questions that there are.
    pub(super) fn questions(&self, seed: u64, count: usize) -> Vec<Asked> {
        let mut dice = Dice::new(seed);
        let (services, others) = (self.services(), self.others());
        let mut all: Vec<Asked> = Vec::new();
        // Services are few, and what is most to be asked for.
        for (targets, share) in [(services, count * 3 / 5), (others, count)] {
            let mut pairs: Vec<Asked> = self
                .spots
                .iter()
                .flat_map(|client| targets.iter().map(move |target| (client, *target)))
                .filter(|(client, target)| self.makes_sense(client, target))
                .filter_map(|(client, target)| Asked::new(client, target))
                .collect();
            (1..pairs.len()).for_each(|place| pairs.swap(place, dice.below(place + 1)));
            pairs.truncate(share.min(count - all.len()));
            all.extend(pairs);
        }
        all
    }

    /// What can be asked from there so that the kernel's answer says something of the cluster.
    fn makes_sense(&self, client: &Spot, target: &Target) -> bool {
        let to = target.to.ip();
        let node = self.cluster.nodes.iter().flat_map(|node| &node.addresses);
        let mut nodes = node.map(|own| own.address);
        let outside = self.spots.iter().filter(|spot| spot.place == Place::Outside);
        let mut outside = outside.flat_map(|spot| &spot.addresses);
        match &client.netns {
            _ if to.is_loopback() => matches!(client.place, Place::Node(_, Netns::Node)),
            netns if netns == OUTSIDE => nodes.any(|own| own == to),
            netns if netns == VISITOR => {
                // Pods and other nodes answer not by the way in. The node there sees TCP's third
                // packet, but not the second one, and takes it for none of any connection.
                let pods = self.cluster.pod_networks.values().map(|pods| pods.network);
                let pods = pods.filter(|_| target.protocol == Protocol::Udp);
                let networks = pods.chain(self.cluster.service_networks.values().copied());
                let open = self.cluster.services.iter().flat_map(open);
                let mut ways = networks.chain(open.map(Into::into));
                outside.all(|own| *own != to)
                    && (nodes.any(|own| own == to) || ways.any(|net| net.contains(&to)))
            }
            _ => true,
        }
    }

    /// The ways into services.
    fn services(&self) -> Vec<Target> {
        let mut all = Vec::new();
        for service in self.cluster.services.iter().filter(|service| service.is_programmed()) {
            for port in service.ports.iter().filter(|port| port.port.protocol != Protocol::Sctp) {
                let times = if port.endpoints.len() > 1 { OFTEN } else { 2 };
                let (protocol, affinity) = (port.port.protocol, service.affinity.is_some());
                let mut add = |to: IpAddr, number| {
                    let to = SocketAddr::new(to, number);
                    all.push(Target { to, protocol, times, affinity });
                };
                let own = service.addresses.values().copied().chain(open(service));
                own.for_each(|address| add(address, port.port.number));
                let Some(number) = port.node_port else { continue };
                self.node_addresses().for_each(|address| add(address, number));
                add(Ipv4Addr::LOCALHOST.into(), number);
            }
        }
        all
    }

    /// Everything else that has an address, and some addresses that nobody has.
    fn others(&self) -> Vec<Target> {
        let mut all = Vec::new();
        let mut add = |to: IpAddr, port| {
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                all.push(Target::once(protocol, SocketAddr::new(to, port)));
            }
        };
        for spot in self.spots.iter().filter(|spot| spot.netns != VISITOR) {
            let ports: BTreeSet<u16> = spot.ports.iter().map(|port| port.number).collect();
            for address in &spot.addresses {
                ports.iter().copied().chain([UNUSED]).for_each(|port| add(*address, port));
            }
        }
        for service in self.cluster.services.iter().filter(|service| service.is_programmed()) {
            let own = service.addresses.values().copied().chain(open(service));
            own.for_each(|address| add(address, UNUSED));
        }
        self.nobodies().for_each(|address| add(address, 80));
        for container in self.dockers().flat_map(|docker| &docker.containers) {
            for published in &container.published {
                self.node_addresses().for_each(|address| add(address, published.port));
            }
        }
        for mapping in self.cluster.pods.iter().flat_map(|pod| &pod.template.mappings) {
            self.node_addresses().for_each(|address| add(address, mapping.port));
        }
        all
    }

    fn dockers(&self) -> impl Iterator<Item = &netc::model::Docker> {
        self.cluster.nodes.iter().filter_map(|node| node.docker.as_ref())
    }

    /// All addresses of nodes.
    fn node_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.cluster.nodes.iter().flat_map(|node| &node.addresses).map(|own| own.address)
    }

    /// Addresses that nobody has: in pod networks and among services. What is on the nodes' own
    /// networks the walk takes for granted.
    fn nobodies(&self) -> impl Iterator<Item = IpAddr> {
        let blocks = self.cluster.nodes.iter().flat_map(|node| node.blocks.values().copied());
        let all = blocks.chain(self.cluster.service_networks.values().copied());
        all.filter(|net| net.max_prefix_len() - net.prefix_len() >= 8).map(|net| {
            match net.network() {
                IpAddr::V4(base) => IpAddr::V4((u32::from(base) + 234).into()),
                IpAddr::V6(base) => IpAddr::V6((u128::from(base) + 234).into()),
            }
        })
    }
}

/// The addresses at which a service is open to others.
fn open(service: &Service) -> impl Iterator<Item = IpAddr> {
    service.external_ips.iter().chain(&service.load_balancer_ips).copied()
}
