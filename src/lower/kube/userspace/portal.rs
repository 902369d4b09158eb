//! The rules of one service port.

use super::Output;
use crate::lower::kube::exposure::Exposure;
use crate::lower::kube::iptables::PortName;
use crate::model::{Family, Proxy, Service, ServicePort};
use crate::object::text::push_socket;
use crate::object::{Chains, Match, Side, Target};
use ipnet::IpNet;
use netc_lang::{Protocol, Span};
use std::net::{IpAddr, SocketAddr};

/// Lowers one port of a service that has an address of the family. `host` is the node's.
pub(super) fn lower(
    (proxy, family, host): (&Proxy, Family, Option<IpAddr>),
    service: &Service,
    port: &ServicePort,
    out: &mut Output,
) {
    let (Some(address), Some(number)) = (service.addresses.get(family), port.proxy_port) else {
        return;
    };
    let name = PortName::new(service, port, proxy.legacy_names);
    let mut to_host = String::new();
    if let Some(host) = host {
        push_socket(&mut to_host, SocketAddr::new(host, number));
    }
    let lowering = Lowering {
        id: &name.id,
        protocol: port.port.protocol,
        number,
        // A redirected packet of the node itself would be answered from another address than it
        // was sent to (`iptablesHostPortalArgs`).
        host: if host.is_some() { Target::Dnat(&to_host) } else { Target::Redirect(number) },
        origin: port.span,
    };
    let exposure = Exposure::new(service, port, family);
    lowering.portal(*address, port.port.number, out);
    for address in exposure.external_ips {
        lowering.external(address, port.port.number, out);
    }
    for address in exposure.load_balancer_ips {
        lowering.portal(address, port.port.number, out);
    }
    if let Some(node_port) = exposure.node_port {
        lowering.node_port(node_port, out);
    }
}

struct Lowering<'a> {
    /// The name as it stands in comments.
    id: &'a str,
    protocol: Protocol,
    /// The port of the proxy.
    number: u16,
    /// What is done with packets of the node itself.
    host: Target<'a>,
    origin: Span,
}

impl Lowering<'_> {
    /// Traffic to an address and port (`openOnePortal`).
    fn portal(&self, address: IpAddr, port: u16, out: &mut Output) {
        self.rule(Some(address), port, Match::Any, self.redirect(), &mut out.portals);
        self.rule(Some(address), port, Match::Any, self.host, &mut out.portals_host);
    }

    /// The same for an address that comes from outside: it is taken from whoever is no pod on a
    /// bridge, and, where the node has it itself, from everybody.
    fn external(&self, address: IpAddr, port: u16, out: &mut Output) {
        let (address, local) = (Some(address), Match::local(Side::Destination));
        self.rule(address, port, Match::NotByBridgePort, self.redirect(), &mut out.portals);
        self.rule(address, port, local, self.redirect(), &mut out.portals);
        self.rule(address, port, local, self.host, &mut out.portals_host);
    }

    /// Traffic to a port of the node (`openNodePort`).
    fn node_port(&self, port: u16, out: &mut Output) {
        self.rule(None, port, Match::Any, self.redirect(), &mut out.node_ports);
        self.rule(None, port, Match::Any, self.host, &mut out.node_ports_host);
        let chain = &mut out.from_outside;
        self.rule(None, self.number, Match::NewState, Target::Accept, chain);
    }

    fn redirect(&self) -> Target<'static> {
        Target::Redirect(self.number)
    }

    fn rule(
        &self,
        address: Option<IpAddr>,
        port: u16,
        condition: Match,
        target: Target,
        chain: &mut Chains,
    ) {
        let to = |address| Match::Destination { not: false, net: IpNet::from(address) };
        let matches = [
            address.map_or(Match::Any, to),
            Match::Protocol(self.protocol),
            Match::Comment(&[self.id]),
            Match::DestinationPort(self.protocol, port),
            condition,
        ];
        chain.rule(&matches, target, self.origin);
    }
}
