//! Published ports in one family.

use super::{Here, Local};
use crate::model::{GatewayMode, Published};
use crate::object::Match;
use crate::object::text::push_socket;
use ipnet::IpNet;
use netc_lang::{Protocol, Span};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// A published port of a container with an address of the family.
pub(super) struct Port<'d> {
    pub(super) local: Local<'d>,
    /// The node's address at which it answers, if it is one of several.
    pub(super) address: Option<IpAddr>,
    /// The node's port.
    pub(super) number: u16,
    pub(super) protocol: Protocol,
    /// The container's address and port.
    pub(super) to: SocketAddr,
    pub(super) span: Span,
}

impl<'d> Here<'d> {
    /// The containers of a network with their addresses.
    pub(super) fn containers(&self, local: Local<'d>) -> Vec<(IpAddr, Span)> {
        let own = self.docker.within(local.place);
        own.filter_map(|one| Some((*one.addresses.get(self.family)?, one.span))).collect()
    }

    /// The ports of the node that are translated to those of a network's containers.
    pub(super) fn ports(&self, local: Local<'d>) -> Vec<Port<'d>> {
        match local.mode {
            GatewayMode::Nat | GatewayMode::NatUnprotected => self.published(local),
            GatewayMode::Routed => Vec::new(),
        }
    }

    /// The published ports of a network. One that is stated twice with different addresses of the
    /// node stands twice.
    fn published(&self, local: Local<'d>) -> Vec<Port<'d>> {
        let own = self.docker.within(local.place);
        let ports = own.flat_map(|container| {
            let address = container.addresses.get(self.family).copied();
            let published = container.published.iter();
            let own = published.filter(|one| one.is_of(self.family));
            own.filter_map(move |one| Some(port(local, one, address?)))
        });
        ports.collect()
    }

    /// The ports of the containers of a network that are published, each once: several ports of
    /// the node can lead to one.
    pub(super) fn inner_ports(&self, local: Local<'d>) -> Vec<Port<'d>> {
        each_once(self.published(local))
    }

    /// Those of them that a container can reach as ports of the node.
    pub(super) fn own_ports(&self, local: Local<'d>) -> Vec<Port<'d>> {
        each_once(self.ports(local))
    }
}

fn each_once(mut ports: Vec<Port>) -> Vec<Port> {
    let mut seen = BTreeSet::new();
    ports.retain(|port| seen.insert((port.to, port.protocol)));
    ports
}

fn port<'d>(local: Local<'d>, one: &Published, container: IpAddr) -> Port<'d> {
    Port {
        local,
        address: one.address.filter(|address| !address.is_unspecified()),
        number: one.port,
        protocol: one.target.protocol,
        to: SocketAddr::new(container, one.target.number),
        span: one.span,
    }
}

impl<'d> Port<'d> {
    /// To the container's port.
    pub(super) fn inside(&self) -> [Match<'d>; 3] {
        let net = IpNet::from(self.to.ip());
        [
            Match::Destination { not: false, net },
            Match::Protocol(self.protocol),
            Match::DestinationPort(self.protocol, self.to.port()),
        ]
    }

    /// To the node's port.
    pub(super) fn outside(&self) -> [Match<'d>; 3] {
        let at = self.address.map(IpNet::from);
        [
            at.map_or(Match::Any, |net| Match::Destination { not: false, net }),
            Match::Protocol(self.protocol),
            Match::DestinationPort(self.protocol, self.number),
        ]
    }

    /// From the container itself.
    pub(super) fn itself(&self) -> Match<'d> {
        Match::Source { not: false, net: self.to.ip().into() }
    }

    /// What iptables translates the destination to.
    pub(super) fn destination(&self) -> String {
        let mut out = String::new();
        push_socket(&mut out, self.to);
        out
    }

    /// Whether it answers at an IPv4 address of loopback: without a rule neighbours could send to
    /// it. Nothing sends packets to ::1 from outside.
    pub(super) fn is_loopback(&self) -> bool {
        self.address.is_some_and(|address| address.is_ipv4() && address.is_loopback())
    }
}
