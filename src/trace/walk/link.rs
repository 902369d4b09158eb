//! A packet goes out by a device, to what the device leads to.

use super::{Broken, Here, Next, Stage, Walking};
use crate::object::{LinkKind, Netns, Text};
use crate::trace::machine::{Joined, LOOPBACK};
use crate::trace::{Cause, Device, Event, Place, Symptom};
use std::net::IpAddr;

impl Here<'_> {
    pub(super) fn out(
        self,
        mut walking: Walking,
        device: &Text,
        gateway: Option<IpAddr>,
        next: &mut Next,
    ) -> Result<(), Broken> {
        let Some(own) = self.space.devices.get(device).filter(|own| own.up) else {
            let symptom = self.symptom_here(&walking);
            next.end(walking, symptom, Cause::Down(Text::clone(device)));
            return Ok(());
        };
        let passed = Device { name: Text::clone(device), port: None };
        walking.way.note(Event::Out(passed.clone()), None);
        if walking.sent == u32::MAX && walking.inside.is_none() {
            walking.sent = own.mtu;
        }
        if **device == *LOOPBACK {
            walking.way.packet.input = Some(passed);
            walking.way.packet.output = None;
            next.go(walking, Stage::Receive { passed: false });
            return Ok(());
        }
        match (&own.joined, &own.kind) {
            (Joined::Peer(netns, name), _) => self.cross(walking, netns, name, gateway, next),
            (Joined::Underlay, _) => self.wire(walking, gateway, next)?,
            (Joined::Here, LinkKind::Bridge { .. }) => {
                let (bridge, port) = (Text::clone(device), None);
                next.go(walking, Stage::Bridge { bridge, port, gateway });
            }
            (Joined::Here, _) => self.wrap(walking, own, gateway, next)?,
        }
        Ok(())
    }

    /// To the other end of a veth pair: a port of a bridge, or a device of its own.
    pub(super) fn cross(
        self,
        mut walking: Walking,
        netns: &Netns,
        name: &Text,
        gateway: Option<IpAddr>,
        next: &mut Next,
    ) {
        let Some(space) = self.machine.space(netns) else {
            return next.end(walking, Symptom::Silence, Cause::Down(Text::clone(name)));
        };
        let Some(peer) = space.devices.get(name).filter(|peer| peer.up) else {
            return next.end(walking, Symptom::Silence, Cause::Down(Text::clone(name)));
        };
        if netns == self.netns {
            walking.forget();
        } else {
            walking.moves(Place::Node(self.machine.id, netns.clone()));
        }
        if let Some(port) = &peer.port {
            let (bridge, port) = (Text::clone(&port.bridge), Some(Text::clone(name)));
            return next.go(walking, Stage::Bridge { bridge, port, gateway });
        }
        // Who is to get it must answer for the address there.
        let wanted = gateway.unwrap_or(walking.way.packet.destination.first());
        if !space.is_local(wanted) {
            let cause = Cause::NoNeighbour { address: wanted, device: Text::clone(name) };
            return next.end(walking, Symptom::Unreachable, cause);
        }
        self.come_in(walking, Device { name: Text::clone(name), port: None }, next);
    }

    /// It comes in by a device of the namespace that it is in now.
    pub(super) fn come_in(self, mut walking: Walking, device: Device, next: &mut Next) {
        walking.way.note(Event::In(device.clone()), None);
        walking.way.packet.input = Some(device);
        next.go(walking, Stage::Receive { passed: false });
    }

    /// Over what joins the nodes.
    fn wire(
        self,
        mut walking: Walking,
        gateway: Option<IpAddr>,
        next: &mut Next,
    ) -> Result<(), Broken> {
        let network = self.walker.network;
        let destination = walking.way.packet.destination.first();
        let to = gateway.unwrap_or(destination);
        walking.way.note(Event::Wire { to }, None);
        // Whoever routes between the nodes brings to each what is for its own addresses.
        match network.node_of(to).or_else(|| network.node_of(destination)) {
            Some(node) => self.walker.to_node(walking, node, to, next),
            None => {
                walking.moves(Place::Outside);
                if network.is_inner(destination) {
                    next.end(walking, Symptom::Silence, Cause::Lost(destination));
                } else {
                    self.walker.arrive_outside(walking, next);
                }
                Ok(())
            }
        }
    }

    /// What the sender sees of a device that does not work: it knows of its own ones.
    fn symptom_here(self, walking: &Walking) -> Symptom {
        let own = walking.way.server.is_none() && walking.way.place == self.walker.question.place;
        if own { Symptom::Unreachable } else { Symptom::Silence }
    }
}
