//! One service port: the virtual servers of its addresses and ports, and what of them is in sets
//! (`syncProxyRules` of kube-proxy's `pkg/proxy/ipvs/proxier.go`).

use super::reals::Policies;
use super::sets::Which;
use super::{Output, View};
use crate::lower::kube::exposure::Exposure;
use crate::model::{Endpoint, Family, Policy, Service, ServicePort};
use crate::object::{Member, VirtualAddress};
use netc_lang::Protocol;
use std::net::{IpAddr, SocketAddr};

/// Lowers one port of a service that has an address of the family.
pub(super) fn lower(ipvs: &View, service: &Service, port: &ServicePort, out: &mut Output) {
    let Some(address) = service.addresses.get(ipvs.family) else { return };
    let own = port.endpoints.iter().filter(|one| Family::of(one.address.ip()) == ipvs.family);
    let endpoints: Vec<&Endpoint> = own.collect();
    let exposure = Exposure::new(service, port, ipvs.family);
    let reals = Policies::new(ipvs, service, &exposure, &endpoints);
    let lowering = Lowering { ipvs, service, port, exposure: &exposure, reals: &reals };
    lowering.hairpin(&endpoints, out);
    lowering.cluster_ip(*address, out);
    lowering.external_ips(out);
    lowering.load_balancer(out);
    lowering.node_port(out);
    lowering.health_check(out);
}

struct Lowering<'a> {
    ipvs: &'a View<'a>,
    service: &'a Service,
    port: &'a ServicePort,
    exposure: &'a Exposure,
    reals: &'a Policies,
}

impl Lowering<'_> {
    fn protocol(&self) -> Protocol {
        self.port.port.protocol
    }

    /// The service port at an address.
    fn at(&self, address: IpAddr) -> VirtualAddress {
        let socket = SocketAddr::new(address, self.port.port.number);
        VirtualAddress { socket, protocol: self.protocol() }
    }

    fn is_local(&self) -> bool {
        self.service.external_traffic == Policy::Local
    }

    fn serve(&self, address: VirtualAddress, policy: Policy, out: &mut Output) {
        let reals = self.reals.under(policy);
        out.servers.add(self.ipvs, self.service, address, reals, self.port.span);
    }

    /// Traffic to an address from outside. It is put on kube-ipvs0 unless the node has it already.
    fn serve_outside(&self, address: VirtualAddress, out: &mut Output) {
        self.serve(address, self.service.external_traffic, out);
        if !self.ipvs.own.contains(&address.socket.ip()) {
            out.servers.bind(address, self.port.span);
        }
    }

    /// Endpoints on this node that reach themselves by the service: the kernel would drop the
    /// packet that comes back from the address it went to. Whether they are ready does not matter.
    fn hairpin(&self, endpoints: &[&Endpoint], out: &mut Output) {
        for endpoint in endpoints.iter().filter(|one| one.node == Some(self.ipvs.here.id)) {
            let (address, number) = (endpoint.address.ip(), endpoint.address.port());
            let member = Member::AddressPortAddress(address, self.protocol(), number, address);
            out.sets.insert(Which::LoopBack, member);
        }
    }

    fn cluster_ip(&self, address: IpAddr, out: &mut Output) {
        let at = self.at(address);
        out.sets.insert(Which::ClusterIp, portal(at));
        self.serve(at, self.service.internal_traffic, out);
        out.servers.bind(at, self.port.span);
    }

    fn external_ips(&self, out: &mut Output) {
        let set = if self.is_local() { Which::ExternalIpLocal } else { Which::ExternalIp };
        for address in &self.exposure.external_ips {
            let at = self.at(*address);
            out.sets.insert(set, portal(at));
            self.serve_outside(at, out);
        }
    }

    fn load_balancer(&self, out: &mut Output) {
        for address in &self.exposure.load_balancer_ips {
            let at = self.at(*address);
            out.sets.insert(Which::LoadBalancer, portal(at));
            if self.is_local() {
                out.sets.insert(Which::LoadBalancerLocal, portal(at));
            }
            if !self.exposure.source_ranges.is_empty() {
                self.restrict(at, out);
            }
            self.serve_outside(at, out);
        }
    }

    /// A load balancer that only some may reach. A node that is among them connects to it from the
    /// balancer's own address, which is its own too; one that is not is kept away.
    fn restrict(&self, at: VirtualAddress, out: &mut Output) {
        let (address, protocol, number) = (at.socket.ip(), at.protocol, at.socket.port());
        out.sets.insert(Which::Firewalled, portal(at));
        for range in &self.exposure.source_ranges {
            let member = Member::AddressPortNetwork(address, protocol, number, *range);
            out.sets.insert(Which::SourceCidr, member);
        }
        let node = self.ipvs.here.node.address(self.ipvs.family);
        let among = |range: &ipnet::IpNet| node.is_some_and(|node| range.contains(&node.address));
        if self.exposure.source_ranges.iter().any(among) {
            let member = Member::AddressPortAddress(address, protocol, number, address);
            out.sets.insert(Which::SourceIp, member);
        } else {
            out.barred.push((at, self.port.span));
        }
    }

    fn node_port(&self, out: &mut Output) {
        let Some(number) = self.exposure.node_port else { return };
        let protocol = self.protocol();
        let local = self.is_local().then_some(Which::NodePortLocal(protocol));
        let sets = [Some(Which::NodePort(protocol)), local];
        for address in &self.ipvs.node_ports {
            let member = match protocol {
                Protocol::Tcp | Protocol::Udp => Member::Port(number),
                Protocol::Sctp => Member::AddressPort(*address, protocol, number),
            };
            sets.into_iter().flatten().for_each(|set| out.sets.insert(set, member));
            let socket = SocketAddr::new(*address, number);
            let at = VirtualAddress { socket, protocol };
            self.serve(at, self.service.external_traffic, out);
        }
    }

    /// The port on which the node says whether it has local endpoints. kube-proxy passes over it if
    /// there are node ports and no address to answer on.
    fn health_check(&self, out: &mut Output) {
        let passed_over = self.exposure.node_port.is_some() && self.ipvs.node_ports.is_empty();
        if let (Some(number), false) = (self.service.health_check_node_port, passed_over) {
            out.sets.insert(Which::HealthCheck, Member::Port(number));
        }
    }
}

fn portal(at: VirtualAddress) -> Member {
    Member::AddressPort(at.socket.ip(), at.protocol, at.socket.port())
}
