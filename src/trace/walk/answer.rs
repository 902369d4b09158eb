//! A packet arrives: it is taken out of another one, answered, or is the answer that was waited for.

use super::{Broken, Here, Next, STAGES, Server, Stage, Walker, Walking};
use crate::object::Netns;
use crate::trace::{Cause, Event, Packet, Place, Symptom};
use netc_lang::Protocol;
use std::net::IpAddr;

impl Here<'_> {
    /// A process of the namespace gets it.
    pub(super) fn arrive(self, mut walking: Walking, next: &mut Next) {
        if let Some(inside) = walking.inside.take() {
            return self.unwrap(walking, *inside, next);
        }
        if walking.way.server.is_some() {
            return self.walker.answered(walking, next);
        }
        if !self.walker.network.listens(self.machine.id, self.netns, &walking.way.packet) {
            let port = walking.way.packet.payload.destination();
            return next.end(walking, Symptom::Refused, Cause::NotListening { port });
        }
        let own = walking.way.packet.input.as_ref();
        let mtu = own.and_then(|own| self.space.devices.get(&own.name)).map(|own| own.mtu);
        if let (Some((narrow, device)), Some(mtu)) = (&walking.narrow, mtu)
            && *narrow < mtu.min(walking.sent)
        {
            let cause = Cause::TooLong { device: device.clone(), mtu: *narrow };
            return next.end(walking, Symptom::Silence, cause);
        }
        if let Some(relay) = self.walker.network.relay(self.netns, &walking.way.packet) {
            return self.relay(walking, relay, next);
        }
        let walking = self.walker.answers(walking);
        next.go(walking, Stage::Send { source: true });
    }
}

impl Walker<'_, '_> {
    /// The answer to a packet, ready to be sent where that arrived.
    fn answers(self, mut walking: Walking) -> Walking {
        let way = &mut walking.way;
        way.note(Event::Delivered, None);
        let Packet { source, destination, payload, .. } = way.packet.clone();
        way.server = Some(Server {
            place: way.place.clone(),
            address: destination.clone(),
            port: payload.destination(),
            client: source.clone(),
        });
        way.tracks.leave();
        way.packet = Packet::new(destination, source, payload.answer());
        (walking.narrow, walking.life) = (None, STAGES);
        walking
    }

    /// Outside, somebody gets it.
    pub(super) fn arrive_outside(self, walking: Walking, next: &mut Next) {
        if walking.way.server.is_some() {
            return self.answered(walking, next);
        }
        let mut walking = self.answers(walking);
        walking.way.note(Event::Sent, None);
        next.go(walking, Stage::Enter);
    }

    /// The answer arrives somewhere: is it the one that the client waits for?
    fn answered(self, mut walking: Walking, next: &mut Next) {
        if let Some(both) = walking.both.take() {
            walking.way = *both;
            return next.done(walking);
        }
        if let Some(leg) = walking.legs.pop() {
            return leg.returned(walking, next);
        }
        let packet = &walking.way.packet;
        let asked = (&self.question.destination, self.question.payload.answer());
        let of_asked = packet.source.all().iter().all(|one| asked.0.all().contains(one))
            && packet.payload.source() == asked.1.source();
        let home = match (&walking.way.place, &self.question.place) {
            (Place::Outside, Place::Outside) => true,
            // Several clients have a namespace each.
            (Place::Node(here, Netns::Named(_)), Place::Node(there, Netns::Named(_))) => {
                here == there
            }
            (here, there) => here == there,
        };
        let for_client = packet.destination == walking.way.client;
        if !(home && for_client) {
            let port = packet.payload.destination();
            return next.end(walking, Symptom::Silence, Cause::NotListening { port });
        }
        if !of_asked {
            let from = packet.source.first();
            return next.end(walking, Symptom::Silence, Cause::OtherAnswer { from });
        }
        walking.way.note(Event::Delivered, None);
        let protocol = self.question.payload.protocol();
        if protocol == Some(Protocol::Tcp) && walking.way.tracks.is_one_sided(protocol) {
            return self.confirms(walking, next);
        }
        next.done(walking);
    }

    /// The third packet of TCP's handshake: a namespace that has seen the first one, but not the
    /// second, takes it for one that belongs to nothing, and rules may drop that (`tcp_conntracks` in
    /// net/netfilter/nf_conntrack_proto_tcp.c).
    fn confirms(self, mut walking: Walking, next: &mut Next) {
        walking.both = Some(Box::new(walking.way.clone()));
        walking.life = STAGES;
        let way = &mut walking.way;
        way.tracks.leave();
        let asked = way.packet.source.clone();
        way.packet = Packet::new(way.client.clone(), asked, self.question.payload);
        match way.place {
            Place::Outside => {
                way.note(Event::Sent, None);
                next.go(walking, Stage::Enter);
            }
            Place::Node(..) => next.go(walking, Stage::Send { source: true }),
        }
    }

    /// From outside to the cluster.
    pub(super) fn enter(self, mut walking: Walking, next: &mut Next) -> Result<(), Broken> {
        let destination = walking.way.packet.destination.first();
        let through = self.question.through;
        let to: Option<(_, IpAddr)> = match self.network.node_of(destination) {
            Some(node) => Some((node, destination)),
            None => through.map(|node| (node, destination)),
        };
        let Some((node, to)) = to else {
            next.end(walking, Symptom::Unreachable, Cause::Lost(destination));
            return Ok(());
        };
        walking.way.note(Event::Wire { to }, None);
        self.to_node(walking, node, to, next)
    }
}
