//! Bridges, tunnels and what else is wrong with devices.

use super::super::{Event, Place};
use super::{Case, Diagnosis};
use std::net::IpAddr;

impl Case<'_> {
    pub(super) fn hairpin(self, bridge: &str, port: &str) -> Diagnosis {
        let origin = self.attachment();
        let by_service = match self.service() {
            Some((service, _)) => {
                format!(
                    "service {} hands the connection back to the pod that opened it",
                    service.name
                )
            }
            None => "the packet is for whoever sent it".to_owned(),
        };
        Diagnosis::new(format!(
            "hairpin is off: {bridge} does not send a packet back by port {port}"
        ))
        .because(by_service)
        .help(format!(
            "state `hairpin on` for the pod network; by hand: bridge link set dev {port} hairpin on"
        ))
        .at(origin)
    }

    pub(super) fn isolated(self, bridge: &str, port: &str, other: &str) -> Diagnosis {
        Diagnosis::new(format!("{bridge} keeps its ports {port} and {other} apart"))
            .because("both ports are isolated: neither sends to the other")
            .help("leave out `isolate`, or move one of them to another node")
            .at(self.attachment())
    }

    pub(super) fn vlan(self, bridge: &str) -> Diagnosis {
        Diagnosis::new(format!("the two ports of {bridge} are in different vlans"))
            .help("give both the same `vlan`")
            .at(self.attachment())
    }

    pub(super) fn down(self, device: &str) -> Diagnosis {
        Diagnosis::new(format!("device {device} of {} is down", self.place()))
            .help(format!("ip link set {device} up"))
    }

    pub(super) fn windows(self) -> Diagnosis {
        let Place::Node(id, _) = &self.failure.place else { return Diagnosis::new("Windows") };
        let node = self.names.node(*id);
        let name = node.map_or("the node", |node| node.name.as_str());
        Diagnosis::new(format!("{name} runs Windows: what it makes of packets is not known"))
            .because(format!("hns.json says which load balancers {name} is to hold, but its routes and rules are none of netc's"))
            .help(format!("ask {name} itself, or a pod on a Linux node"))
            .at(node.and_then(|node| node.kernelspace()).map(|own| own.span))
    }

    pub(super) fn no_peer(self, device: &str, address: IpAddr) -> Diagnosis {
        Diagnosis::new(format!("no peer of {device} is responsible for {}", self.named(address)))
            .because("a device of wireguard drops what none of its peers' allowed-ips has")
            .help("let the block of the other node be among the allowed-ips of its peer")
    }

    pub(super) fn too_long(self, device: &str, mtu: u32) -> Diagnosis {
        Diagnosis::new(format!("a full packet does not fit {device} of {}: its MTU is {mtu}", self.place()))
            .because("connections open, and hang once there is much to send")
            .help("make the `mtu` of the pods smaller by what the overlay adds, or that of the nodes larger")
            .at(Some(self.names.0.overlay.span))
    }

    pub(super) fn no_neighbour(self, address: IpAddr, device: &str) -> Diagnosis {
        let named = self.named(address);
        let why = match self.names.owner(address) {
            Some(_) => format!("it is not on the link of {device}"),
            None => "nobody of the cluster has the address".to_owned(),
        };
        Diagnosis::new(format!("nobody answers for {named} on {device} of {}", self.place()))
            .because(why)
            .help("check the address, and the route that leads to this device")
            .at(self.route())
    }

    /// The statement of the route that was taken last.
    pub(super) fn route(self) -> Option<netc_lang::Span> {
        let mut steps = self.ended.way.trail.backwards();
        let routed = steps.find(|step| matches!(step.event, Event::Routed { .. }))?;
        routed.decided.as_ref()?.origin
    }

    /// The statement by which pods of the node are joined to it.
    fn attachment(self) -> Option<netc_lang::Span> {
        let Place::Node(id, _) = &self.failure.place else { return None };
        let node = self.names.node(*id)?;
        node.attachment.as_ref().map(|attachment| attachment.span).or(Some(node.span))
    }
}
