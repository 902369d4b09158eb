//! Packets within packets.

use super::{Broken, Here, Inside, Next, Stage, Walking};
use crate::model::{NodeId, OverlayKind};
use crate::object::{LinkKind, Text};
use crate::trace::machine::Device as Own;
use crate::trace::{Cause, Decided, Device, Event, Packet, Payload, Symptom, Who};
use netc_lang::Protocol;
use std::net::IpAddr;

/// The outer packet: from where to where, and what it carries.
struct Outer {
    source: Option<IpAddr>,
    destination: IpAddr,
    payload: Payload,
    kind: &'static str,
}

impl Here<'_> {
    /// Puts a packet into another one, which has a way of its own.
    pub(super) fn wrap(
        self,
        mut walking: Walking,
        device: &Own,
        gateway: Option<IpAddr>,
        next: &mut Next,
    ) -> Result<(), Broken> {
        let outer = match self.outer(&mut walking, device, gateway) {
            Ok(outer) => outer,
            Err(cause) => {
                next.end(walking, Symptom::Unreachable, cause);
                return Ok(());
            }
        };
        let name = Text::clone(&device.name);
        let event = Event::Wrapped { device: Text::clone(&name), kind: outer.kind };
        walking.way.note(event, None);
        let mut inner = walking.way.packet.clone();
        (inner.mark, inner.input, inner.output) = (0, None, None);
        // The mark stays: both are one buffer.
        let mark = walking.way.packet.mark;
        walking.forget();
        let source = outer.source.map_or(inner.source.clone(), Who::One);
        walking.way.packet = Packet::new(source, outer.destination.into(), outer.payload);
        walking.way.packet.mark = mark;
        walking.inside = Some(Box::new(Inside { packet: inner, device: name }));
        next.go(walking, Stage::Send { source: outer.source.is_some() });
        Ok(())
    }

    fn outer(
        self,
        walking: &mut Walking,
        device: &Own,
        gateway: Option<IpAddr>,
    ) -> Result<Outer, Cause> {
        let name = || Text::clone(&device.name);
        let destination = walking.way.packet.destination.first();
        let hop = gateway.unwrap_or(destination);
        let udp = |port| Payload::Ports {
            protocol: Protocol::Udp,
            source: None,
            destination: Some(port),
        };
        let no_peer = || Cause::NoPeer { device: name(), address: destination };
        Ok(match &device.kind {
            LinkKind::Vxlan(vxlan) => {
                let unknown = || Cause::NoNeighbour { address: hop, device: name() };
                let (mac, origin) =
                    self.space.neighbours.get(&(name(), hop)).ok_or_else(unknown)?;
                let line = format!("{hop} dev {} lladdr {mac} PERMANENT", device.name);
                walking.way.note(Event::Neighbour(hop), Some(Decided::new(line, *origin)));
                let (remote, origin) = self.space.fdb.get(&(name(), *mac)).ok_or_else(no_peer)?;
                let line = format!("{mac} dev {} dst {remote} self permanent", device.name);
                walking.way.note(Event::Neighbour(*remote), Some(Decided::new(line, *origin)));
                let source = Some(vxlan.local);
                Outer { source, destination: *remote, payload: udp(vxlan.port), kind: "vxlan" }
            }
            LinkKind::Ipip { local } => {
                let source = Some(*local);
                Outer { source, destination: hop, payload: Payload::Ipip, kind: "ipip" }
            }
            LinkKind::Wireguard => {
                let allows = |allowed: &[ipnet::IpNet]| {
                    let own = allowed.iter().filter(|net| net.contains(&destination));
                    own.map(ipnet::IpNet::prefix_len).max()
                };
                let peers =
                    device.peers.iter().filter_map(|peer| Some((allows(&peer.allowed)?, peer)));
                let (_, peer) = peers.max_by_key(|(length, _)| *length).ok_or_else(no_peer)?;
                let endpoint = peer.endpoint.ok_or_else(no_peer)?;
                let (destination, payload) = (endpoint.ip(), udp(endpoint.port()));
                Outer { source: None, destination, payload, kind: "wireguard" }
            }
            LinkKind::Tun => {
                let cluster = self.walker.network.cluster();
                let OverlayKind::Udp { port } = cluster.overlay.kind else { return Err(no_peer()) };
                let has = |node: &&crate::model::Node| {
                    node.blocks.values().any(|block| block.contains(&destination))
                };
                let node = cluster.nodes.iter().find(has).ok_or_else(no_peer)?;
                let family = crate::model::Family::of(destination);
                let remote = node.address(family).ok_or_else(no_peer)?.address;
                Outer { source: None, destination: remote, payload: udp(port), kind: "tun" }
            }
            _ => return Err(Cause::Lost(destination)),
        })
    }

    /// Takes a packet out of the one that arrived.
    pub(super) fn unwrap(self, mut walking: Walking, inside: Inside, next: &mut Next) {
        let Inside { packet, device } = inside;
        walking.forget();
        if self.space.devices.get(&device).is_none_or(|own| !own.up) {
            return next.end(walking, Symptom::Silence, Cause::Down(device));
        }
        walking.way.packet = Packet::new(packet.source, packet.destination, packet.payload);
        walking.way.note(Event::Unwrapped { device: Text::clone(&device) }, None);
        self.come_in(walking, Device { name: device, port: None }, next);
    }
}

impl super::Walker<'_, '_> {
    /// To a node, by the device that has the address that the packet is sent to.
    pub(super) fn to_node(
        self,
        mut walking: Walking,
        node: NodeId,
        to: IpAddr,
        next: &mut Next,
    ) -> Result<(), Broken> {
        use crate::object::Netns;
        use crate::trace::Place;
        let machine = self.network.machine(node)?;
        walking.moves(Place::Node(node, Netns::Node));
        let space = machine.space(&Netns::Node);
        let underlay = |name: &Text| {
            let device = space?.devices.get(name)?;
            (device.joined == crate::trace::machine::Joined::Underlay).then(|| Text::clone(name))
        };
        let by_address = space.and_then(|space| space.own.get(&to)).and_then(underlay);
        let any = || space?.devices.keys().find_map(underlay);
        let Some(name) = by_address.or_else(any) else {
            next.end(walking, Symptom::Silence, Cause::Lost(to));
            return Ok(());
        };
        let device = Device { name, port: None };
        walking.way.note(Event::In(device.clone()), None);
        walking.way.packet.input = Some(device);
        next.go(walking, Stage::Receive { passed: false });
        Ok(())
    }
}
