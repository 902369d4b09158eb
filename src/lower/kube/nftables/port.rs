//! One service port: what its chains go by, and the elements of maps that lead to them
//! (`syncProxyRules`).

use super::flat::Slots;
use super::names::PortName;
use super::sets::Which;
use super::{Output, REJECT, View, endpoint};
use crate::lower::kube::backends::Backends;
use crate::lower::kube::exposure::Exposure;
use crate::model::{Policy, Service, ServicePort};
use crate::object::text::{push_address, push_number};
use netc_lang::Protocol;
use std::net::IpAddr;

/// The chains of a service port.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Of traffic under a policy.
    Of(Policy),
    /// Of traffic from outside.
    External,
    /// Of traffic to a load balancer that only some may reach.
    Firewall,
}

impl Kind {
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Kind::Of(Policy::Cluster) => "service-",
            Kind::Of(Policy::Local) => "local-",
            Kind::External => "external-",
            Kind::Firewall => "firewall-",
        }
    }
}

/// Lowers one port of a service that has an address of the family.
pub(super) fn lower(view: &View, service: &Service, port: &ServicePort, out: &mut Output) {
    let Some(address) = service.addresses.get(view.family) else { return };
    let name = PortName::new(service, port);
    let exposure = Exposure::new(service, port, view.family);
    // Since 1.36 an endpoint has a chain only if it has to remember its clients.
    let chained = view.older || service.affinity.is_some();
    let names = |socket, _: &str| chained.then(|| endpoint::Names::new(&name, service, socket));
    let at = (view.here, view.family);
    let backends = Backends::new(at, service, port, &exposure, names);
    // What is remembered is remembered in a chain.
    let slots = (view.flat && !chained).then(|| Slots::new(&backends));
    let lowering = Lowering {
        view,
        service,
        port,
        address: *address,
        name: &name,
        exposure: &exposure,
        backends: &backends,
        slots: slots.as_ref(),
    };
    lowering.cluster_ip(out);
    lowering.outside(out);
    lowering.hairpin(out);
    lowering.chains(out);
    for backend in backends.into_reachable() {
        endpoint::lower(view, service, port, backend, out);
    }
}

/// The lowering of one service port.
pub(super) struct Lowering<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) service: &'a Service,
    pub(super) port: &'a ServicePort,
    /// The address of the service.
    pub(super) address: IpAddr,
    pub(super) name: &'a PortName,
    pub(super) exposure: &'a Exposure,
    pub(super) backends: &'a Backends<Option<endpoint::Names>>,
    /// The endpoints by number, if it has no chains of its own.
    pub(super) slots: Option<&'a Slots>,
}

impl Lowering<'_> {
    pub(super) fn protocol(&self) -> Protocol {
        self.port.port.protocol
    }

    /// The name of a chain.
    pub(super) fn chain(&self, kind: Kind) -> String {
        [kind.prefix(), &self.name.base].concat()
    }

    /// Whether the load balancer may be reached from some places only.
    pub(super) fn is_restricted(&self) -> bool {
        !self.exposure.source_ranges.is_empty() && !self.exposure.load_balancer_ips.is_empty()
    }

    /// Traffic to the service address.
    fn cluster_ip(&self, out: &mut Output) {
        let policy = self.service.internal_traffic;
        out.sets.fill(Which::ClusterIps, &[self.address], self.port.span);
        if self.backends.serves(policy) {
            self.lead(Which::Services, Some(self.address), Kind::Of(policy), out);
        } else {
            self.refuse(Which::Unserved, Some(self.address), out);
        }
    }

    /// Traffic from outside: to external addresses, to those of the load balancer, and to the node
    /// port. Which sources a load balancer accepts does not matter for the node port.
    fn outside(&self, out: &mut Output) {
        let addresses = self.exposure.external_ips.iter().map(|address| (*address, false));
        let restricted = self.is_restricted();
        let balancers = self.exposure.load_balancer_ips.iter();
        for (address, restricted) in
            addresses.chain(balancers.map(|address| (*address, restricted)))
        {
            if restricted {
                self.lead(Which::Firewall, Some(address), Kind::Firewall, out);
            }
            self.enter(Which::Services, Which::Unserved, Some(address), out);
        }
        if self.exposure.node_port.is_some() {
            self.enter(Which::NodePorts, Which::UnservedNodePorts, None, out);
        }
    }

    /// Traffic from outside goes to a chain if there is an endpoint anywhere: pods and the node
    /// itself may use all of them. What falls out of the chain untranslated is turned away.
    fn enter(&self, served: Which, unserved: Which, address: Option<IpAddr>, out: &mut Output) {
        if self.backends.any() {
            self.lead(served, address, Kind::External, out);
        }
        if !self.backends.serves(self.service.external_traffic) {
            self.refuse(unserved, address, out);
        }
    }

    /// Leads traffic to an address, or to the node port, to a chain.
    fn lead(&self, which: Which, address: Option<IpAddr>, kind: Kind, out: &mut Output) {
        let shared = self.slots.and_then(|slots| out.flat.lead(self, slots, address, kind));
        let (first, rest) = match &shared {
            Some(chain) => (chain.as_str(), ""),
            None => (kind.prefix(), self.name.base.as_str()),
        };
        out.sets.insert(which, self.port.span, |text| {
            self.push_portal(text, address);
            text.push_str(" : goto ");
            text.push_str(first);
            text.push_str(rest);
        });
    }

    /// Turns traffic away: it is refused if there is no endpoint at all, and dropped if there are
    /// some on other nodes.
    fn refuse(&self, which: Which, address: Option<IpAddr>, out: &mut Output) {
        out.sets.insert(which, self.port.span, |text| {
            self.push_portal(text, address);
            text.push_str(" comment \"");
            text.push_str(&self.name.id);
            text.push_str("\" : ");
            if self.backends.any() {
                text.push_str("drop");
            } else {
                text.push_str("goto ");
                text.push_str(REJECT);
            }
        });
    }

    pub(super) fn push_portal(&self, text: &mut String, address: Option<IpAddr>) {
        let number = match address {
            Some(address) => {
                push_address(text, address);
                text.push_str(" . ");
                self.port.port.number
            }
            None => self.exposure.node_port.unwrap_or_default(),
        };
        text.push_str(self.protocol().name());
        text.push_str(" . ");
        push_number(text, number.into());
    }

    /// Endpoints on this node that reach themselves by the service: they would answer themselves
    /// without anything in between. Up to 1.35 the endpoints' own chains see to it.
    fn hairpin(&self, out: &mut Output) {
        if self.view.older {
            return;
        }
        for backend in self.backends.reachable().iter().filter(|backend| backend.is_local) {
            out.sets.insert(Which::Hairpin, backend.origin, |text| {
                for _ in ["from", "to"] {
                    push_address(text, backend.address.ip());
                    text.push_str(" . ");
                }
                text.push_str(self.protocol().name());
                text.push_str(" . ");
                push_number(text, backend.address.port().into());
            });
        }
    }
}
