//! Translation of addresses (net/netfilter/nf_nat_core.c), and what IPVS does instead.

use super::send::Exit;
use super::{Here, Next, Walking};
use crate::object::{Forwarding, Hook, Side};
use crate::trace::ipvs::Scheduled;
use crate::trace::machine::{Base, LOOPBACK};
use crate::trace::verdict::{Judged, Translation, Verdict, View};
use crate::trace::{Cause, Device, Event, Symptom, TrackState, Tracked, Way, Who, ipvs};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

impl Here<'_> {
    /// Translates one end: by the rules, if it is the first packet and they were not asked yet; as
    /// the others of its connection, if it is an answer.
    #[expect(clippy::too_many_arguments, reason = "what a hook knows")]
    pub(super) fn translation(
        self,
        side: Side,
        bases: &[Base],
        hook: Hook,
        mut walking: Walking,
        view: &View,
        on: &mut Vec<Walking>,
        next: &mut Next,
    ) {
        let packet = &walking.way.packet;
        let first = packet.tracked.state == TrackState::New;
        if !first {
            match packet.tracked {
                Tracked { reply: true, .. } => restore(&mut walking.way, side),
                Tracked { state: TrackState::Established, .. } => {
                    follow(&mut walking.way, side);
                }
                _ => {}
            }
            return on.push(walking);
        }
        let Some(track) = walking.way.tracks.current_mut() else { return on.push(walking) };
        let asked = match side {
            Side::Destination => &mut track.asked_destination,
            Side::Source => &mut track.asked_source,
        };
        if std::mem::replace(asked, true) {
            return on.push(walking);
        }
        let mut all = vec![walking];
        for base in bases {
            let before = std::mem::take(&mut all);
            for walking in before {
                for Judged { way, verdict } in base.pass(walking.way.clone(), view) {
                    let mut walking = walking.on(way);
                    match verdict {
                        Verdict::Accept => all.push(walking),
                        Verdict::Translate(translation) => {
                            self.apply(&mut walking.way, translation, hook);
                            on.push(walking);
                        }
                        Verdict::Drop => next.end(walking, Symptom::Silence, Cause::Rule),
                        Verdict::Reject(_) => next.end(walking, Symptom::Refused, Cause::Rule),
                    }
                }
            }
        }
        on.append(&mut all);
    }

    fn apply(self, way: &mut Way, translation: Translation, hook: Hook) {
        let packet = &way.packet;
        let (side, address, port) = match translation {
            Translation::Destination { address, port } => {
                let address = address.unwrap_or(packet.destination.first());
                (Side::Destination, address, port.or(packet.payload.destination()))
            }
            Translation::Redirect(port) => (
                Side::Destination,
                self.redirected(way, hook),
                port.or(packet.payload.destination()),
            ),
            Translation::Source { address, port } => {
                (Side::Source, address, port.or(packet.payload.source()))
            }
            Translation::Masquerade => {
                let device = packet.output.as_ref().map(|output| output.name.clone());
                let device = device.unwrap_or_else(|| LOOPBACK.into());
                let hop = self.hop(way).unwrap_or(packet.destination.first());
                let own = self.source(&device, hop).unwrap_or(packet.source.first());
                (Side::Source, own, packet.payload.source())
            }
        };
        change(way, side, address, port);
    }

    /// The next hop of a packet that is about to go out.
    fn hop(self, way: &Way) -> Option<IpAddr> {
        let lookup =
            crate::trace::machine::Lookup { source: None, mark: way.packet.mark, input: LOOPBACK };
        let found = self.space.fib.find(way.packet.destination.first(), &lookup).ok()??;
        found.1.route.gateway
    }

    /// The namespace itself: by the device that a packet came in by, or by loopback
    /// (`nf_nat_redirect_ipv4` in net/netfilter/nf_nat_redirect.c).
    fn redirected(self, way: &Way, hook: Hook) -> IpAddr {
        let first = way.packet.destination.first();
        let loopback: IpAddr = match first {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let Some(input) = way.packet.input.as_ref().filter(|_| hook == Hook::Prerouting) else {
            return loopback;
        };
        self.source(&input.name, first).unwrap_or(loopback)
    }

    /// IPVS hands a packet to a real server, which it goes to from here at once.
    pub(super) fn schedule(
        self,
        hook: Hook,
        walking: Walking,
        on: &mut Vec<Walking>,
        next: &mut Next,
    ) {
        let scheduled = ipvs::schedule(&self.machine.filter.servers, &walking.way);
        let Some(all) = scheduled else { return on.push(walking) };
        for Scheduled { way, server, real } in all {
            let mut walking = walking.on(way);
            let Some(real) = real else {
                next.end(walking, Symptom::Refused, Cause::NoRealServer);
                continue;
            };
            let socket = real.socket;
            if let Some(track) = walking.way.tracks.current_mut() {
                track.server = Some(server);
            }
            walking.way.packet.tracked.server = Some(server);
            if real.forwarding == Forwarding::Masquerade {
                change(&mut walking.way, Side::Destination, socket.ip(), Some(socket.port()));
            }
            if self.space.is_local(socket.ip()) {
                on.push(walking);
                continue;
            }
            // It is sent from here, whether it came in or not (`ip_vs_nat_xmit` in ip_vs_xmit.c).
            let source = Some(walking.way.packet.source.first());
            let (found, _) = self.route(&mut walking, source);
            match super::send::exit_of(found) {
                Ok(exit) if hook == Hook::Output => self.leave_output(walking, &exit, next),
                Ok(exit) => self.sent_on(walking, &exit, next),
                Err((symptom, cause)) => next.end(walking, symptom, cause),
            }
        }
    }

    /// What IPVS sends on passes the hooks of what the namespace itself sends.
    fn sent_on(self, mut walking: Walking, exit: &Exit, next: &mut Next) {
        walking.way.packet.input = None;
        self.leave_output(walking, exit, next);
    }

    fn leave_output(self, mut walking: Walking, exit: &Exit, next: &mut Next) {
        walking.way.packet.output = Some(Device { name: exit.device.clone(), port: None });
        for walking in self.hook(Hook::Output, walking, next) {
            self.leave(walking, exit, next);
        }
    }
}

/// Another address and port at one end of the first packet of a connection.
fn change(way: &mut Way, side: Side, address: IpAddr, port: Option<u16>) {
    let from = (way.packet.end(side).clone(), way.packet.payload.port(side));
    let who = Who::One(address);
    if from == (who.clone(), port) {
        return;
    }
    way.packet.put(side, who.clone(), port);
    if let Some(track) = way.tracks.current_mut() {
        let ends = &mut track.translated;
        match side {
            Side::Source => ends.source = who,
            Side::Destination => ends.destination = who,
        }
        ends.payload = ends.payload.with(side, port);
        let tracked = &mut way.packet.tracked;
        (tracked.dnat, tracked.snat) = (track.dnat(), track.snat());
    }
    way.note(Event::Translated { side, from, to: (address, port) }, None);
}

/// Translates a later packet of a connection as its first one was.
fn follow(way: &mut Way, side: Side) {
    let Some(track) = way.tracks.current() else { return };
    let ends = track.translated.clone();
    let who = match side {
        Side::Source => ends.source,
        Side::Destination => ends.destination,
    };
    way.packet.put(side, who, ends.payload.port(side));
}

/// Gives an answer back the address that its connection has at one end.
fn restore(way: &mut Way, side: Side) {
    let Some(track) = way.tracks.current() else { return };
    // What was translated at one end of the first packet is the other end of its answer.
    let (who, port, now) = match side {
        Side::Destination => {
            let ends = &track.original;
            (ends.source.clone(), ends.payload.source(), &way.packet.destination)
        }
        Side::Source => {
            let ends = &track.original;
            (ends.destination.clone(), ends.payload.destination(), &way.packet.source)
        }
    };
    let from = (now.clone(), way.packet.payload.port(side));
    // IPVS does that itself, at its own time.
    let scheduled = side == Side::Source && track.server.is_some();
    if scheduled || from == (who.clone(), port) {
        return;
    }
    way.packet.put(side, who.clone(), port);
    way.note(Event::Restored { side, from, to: (who, port) }, None);
}

/// Gives the answer of a real server the address of the virtual one (`ip_vs_out` in ip_vs_core.c).
pub(super) fn unschedule(walking: &mut Walking) {
    let way = &mut walking.way;
    let Some(server) = way.packet.tracked.server.filter(|_| way.packet.tracked.reply) else {
        return;
    };
    let (who, port) = (Who::One(server.socket.ip()), Some(server.socket.port()));
    let from = (way.packet.source.clone(), way.packet.payload.source());
    if from == (who.clone(), port) {
        return;
    }
    way.packet.put(Side::Source, who.clone(), port);
    way.note(Event::Restored { side: Side::Source, from, to: (who, port) }, None);
}
