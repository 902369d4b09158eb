//! A program takes a connection, opens one of its own to one of several servers, and passes on what
//! comes back.

use super::{Here, Next, STAGES, Stage, Walking};
use crate::trace::listen::Relay;
use crate::trace::{Cause, Decided, Event, Packet, Payload, Place, Symptom, Who};
use std::net::{IpAddr, SocketAddr};

/// So many programs may stand one behind the other.
const LEGS: usize = 4;

/// A connection that a program took, and the one that it opened for it.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    /// The first packet as the program got it.
    packet: Packet,
    /// Where the program runs.
    place: Place,
    program: &'static str,
    /// To whom it opened another one.
    to: SocketAddr,
    /// From which address, once it is picked.
    from: Option<IpAddr>,
}

impl Leg {
    pub(super) fn sent_from(&mut self, source: IpAddr) {
        self.from = Some(source);
    }

    /// The answer of the other connection arrives somewhere.
    pub(super) fn returned(self, mut walking: Walking, next: &mut Next) {
        let way = &mut walking.way;
        let Packet { source, destination, payload, .. } = &way.packet;
        let from = source.first();
        let expected = Some(destination.first()) == self.from && way.place == self.place;
        if !expected {
            let port = payload.destination();
            return next.end(walking, Symptom::Silence, Cause::NotListening { port });
        }
        if from != self.to.ip() || payload.source() != Some(self.to.port()) {
            return next.end(walking, Symptom::Silence, Cause::OtherAnswer { from });
        }
        way.note(Event::Returned { program: self.program }, None);
        way.tracks.leave();
        let Packet { source, destination, payload, .. } = self.packet;
        way.packet = Packet::new(destination, source, payload.answer());
        (walking.narrow, walking.life) = (None, STAGES);
        next.go(walking, Stage::Send { source: true });
    }
}

impl Here<'_> {
    /// A program of the namespace gets a connection: each of its servers has an equal share.
    pub(super) fn relay(self, walking: Walking, relay: &Relay, next: &mut Next) {
        let servers = relay.servers(walking.way.packet.family());
        let Payload::Ports { protocol, destination, .. } = walking.way.packet.payload else {
            return;
        };
        if servers.is_empty() {
            // Nothing listens for who has no servers.
            let cause = Cause::NotListening { port: destination };
            return next.end(walking, Symptom::Refused, cause);
        }
        if walking.legs.len() >= LEGS {
            return next.end(walking, Symptom::Silence, Cause::Loop);
        }
        let share = 1.0 / servers.len() as f64;
        // The last one pushed is the first to go on.
        for to in servers.iter().rev() {
            let mut walking = walking.on(walking.way.part(share));
            let way = &mut walking.way;
            let line = format!("{} listens on {} for {}", relay.program, relay.port, relay.name);
            let decided = Decided::new(line, Some(relay.span));
            way.note(Event::Relayed { program: relay.program, to: *to }, Some(decided));
            way.tracks.leave();
            let payload = Payload::Ports { protocol, source: None, destination: Some(to.port()) };
            // The kernel picks the source.
            let source = way.packet.destination.first();
            let other = Packet::new(Who::One(source), Who::One(to.ip()), payload);
            walking.legs.push(Leg {
                packet: std::mem::replace(&mut walking.way.packet, other),
                place: walking.way.place.clone(),
                program: relay.program,
                to: *to,
                from: None,
            });
            (walking.narrow, walking.sent, walking.life) = (None, u32::MAX, STAGES);
            next.go(walking, Stage::Send { source: false });
        }
    }
}
