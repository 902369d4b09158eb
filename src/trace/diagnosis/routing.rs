//! Routing.

use super::super::Place;
use super::super::names::Owner;
use super::{Case, Diagnosis};
use crate::model::ContainerPlace;
use netc_lang::Span;
use std::net::IpAddr;

impl Case<'_> {
    pub(super) fn no_route(self, address: IpAddr) -> Diagnosis {
        let (place, named) = (self.place(), self.named(address));
        let diagnosis = Diagnosis::new(format!("{place} has no route to {named}"));
        if self.is_in_internal_network() {
            return diagnosis
                .because("its network is `internal`: Docker gives its containers no default route")
                .help("leave out `internal`, or ask from a container of another network");
        }
        if let Some(attachment) = self.without_gateway() {
            return diagnosis
                .because(
                    "its pod network states `default-gateway off`, and no other route leads there",
                )
                .help("leave out `default-gateway off`, or state a `route` for the pods")
                .at(Some(attachment));
        }
        match self.names.owner(address) {
            Some(Owner::Service(_)) => diagnosis
                .because("the kernel looks for a route before it translates a service address, so any route will do, but there must be one")
                .help("give the place a default route"),
            Some(Owner::Pod(_)) => diagnosis
                .because("no overlay and no route leads to the pod's block from there")
                .help("state an `overlay`, or a route to the block"),
            _ => diagnosis.help("give the place a default route, or one to that network"),
        }
    }

    /// The statement by which pods have no default route, if it is one of them that asks.
    fn without_gateway(self) -> Option<Span> {
        let pod = self.names.pod_at(&self.failure.place)?;
        let attachment = self.names.node(pod.node?)?.attachment.as_ref()?;
        (!attachment.default_gateway).then_some(attachment.span)
    }

    /// Whether it is a container that is kept from everything outside its network.
    fn is_in_internal_network(self) -> bool {
        let Place::Node(id, _) = &self.failure.place else { return false };
        let docker = self.names.node(*id).and_then(|node| node.docker.as_ref());
        let container = self.names.container_at(&self.failure.place);
        match (docker, container.map(|container| container.place)) {
            (Some(docker), Some(ContainerPlace::Network(place))) => {
                docker.networks.get(place).is_some_and(|network| network.internal)
            }
            _ => false,
        }
    }

    pub(super) fn route_refuses(self) -> Diagnosis {
        let (line, origin) = self.decided();
        Diagnosis::new(format!("a route of {} refuses it", self.place())).because(line).at(origin)
    }

    pub(super) fn not_forwarding(self, parameter: &str) -> Diagnosis {
        Diagnosis::new(format!("{} does not forward: {parameter} is 0", self.place()))
            .because("what is for somebody else is thrown away")
            .help(format!("sysctl -w {parameter}=1"))
    }

    pub(super) fn reverse_path(self, parameter: &str) -> Diagnosis {
        let step = self.last();
        let source = step.map_or_else(String::new, |step| self.named(step.source.first()));
        Diagnosis::new(format!(
            "{} does not take a packet from {source} by this device",
            self.place()
        ))
        .because(format!("{parameter} asks for the device by which an answer would leave"))
        .help(format!("sysctl -w {parameter}=2, or let the route back lead by the same device"))
    }

    pub(super) fn loopback(self) -> Diagnosis {
        Diagnosis::new(format!("{} neither takes nor sends addresses of loopback", self.place()))
            .because("127.0.0.0/8 and ::1 do not leave their namespace")
            .help("use an address of the node; for node ports there is `localhost-node-ports`")
    }

    pub(super) fn own_source(self, source: IpAddr) -> Diagnosis {
        Diagnosis::new(format!("{} does not take a packet from {source}, its own address", self.place()))
            .because("it came in from elsewhere with a source that only the place itself has")
            .help("somebody translates or sends with an address that is not theirs: look where the source changed")
    }

    pub(super) fn lost(self, address: IpAddr) -> Diagnosis {
        if self.ended.server().is_some() && self.failure.place == Place::Outside {
            let headline =
                format!("the answer is lost: outside nobody knows {}", self.named(address));
            return Diagnosis::new(headline)
                .because("the packet left the cluster with an address that only the cluster knows")
                .help("let somebody masquerade: the overlay, or the pod network with `masquerade`")
                .at(Some(self.names.0.overlay.span));
        }
        let diagnosis =
            Diagnosis::new(format!("{} leaves the cluster, and is lost", self.named(address)))
                .because("beyond the nodes nobody knows that address");
        match self.names.owner(address) {
            Some(Owner::Service(_)) => diagnosis
                .because("nothing on the way translates the service address")
                .help("state a `proxy`, and ask for a port that the service has"),
            Some(Owner::Pod(_)) => diagnosis
                .help("state an `overlay`, so that nodes know the way to each other's pods")
                .at(Some(self.names.0.overlay.span)),
            _ => diagnosis.help("use an address that somebody has").at(self.route()),
        }
    }

    pub(super) fn runs_in_a_circle(self) -> Diagnosis {
        Diagnosis::new("it runs in a circle until its time to live is over")
            .because(format!("the last place was {}", self.place()))
            .help("two routes lead to each other: look at the last of them")
            .at(self.route())
    }
}
