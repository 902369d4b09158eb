//! A packet comes in: PREROUTING, routing, then INPUT, or FORWARD and POSTROUTING (`ip_rcv` in
//! net/ipv4/ip_input.c, `ip_forward` in net/ipv4/ip_forward.c).

use super::route::Found;
use super::send::Exit;
use super::{Here, Next, Stage, Walking};
use crate::model::Family;
use crate::object::{Hook, Text};
use crate::trace::machine::{LOOPBACK, Lookup};
use crate::trace::{Cause, Device, Symptom};

impl Here<'_> {
    pub(super) fn receive(self, walking: Walking, passed: bool, next: &mut Next) {
        let input = walking.way.packet.input.as_ref().map(|input| input.name.clone());
        let input = input.unwrap_or_else(|| LOOPBACK.into());
        if self.space.devices.get(&input).is_some_and(|device| !device.up) {
            return next.end(walking, Symptom::Silence, Cause::Down(input));
        }
        let all = match passed {
            true => vec![walking],
            false => self.hook(Hook::Prerouting, walking, next),
        };
        for mut walking in all {
            if *input == *LOOPBACK {
                // It was routed when it was sent.
                self.deliver(walking, next);
                continue;
            }
            if let Some(cause) = self.refuses_source(&walking, &input) {
                next.end(walking, Symptom::Silence, cause);
                continue;
            }
            let source = Some(walking.way.packet.source.first());
            let (found, rest) = self.route(&mut walking, source);
            if let Some(rest) = rest {
                next.go(rest, Stage::Receive { passed: true });
            }
            match found {
                Found::Local(_) => self.deliver(walking, next),
                Found::Unicast(entry, device) => {
                    self.forward(walking, &Exit { device, gateway: entry.route.gateway }, next);
                }
                Found::No(symptom, cause) => {
                    // Who does not forward tells nobody (`ip_error` in net/ipv4/route.c).
                    let tells =
                        self.forwards(&walking) || walking.way.packet.family() == Family::V6;
                    let symptom = if tells { symptom } else { Symptom::Silence };
                    next.end(walking, symptom, cause);
                }
            }
        }
    }

    /// It is for the namespace itself.
    fn deliver(self, walking: Walking, next: &mut Next) {
        for walking in self.hook(Hook::Input, walking, next) {
            self.arrive(walking, next);
        }
    }

    /// It goes on.
    fn forward(self, mut walking: Walking, exit: &Exit, next: &mut Next) {
        if !self.forwards(&walking) {
            let cause = Cause::NotForwarding { parameter: forwarding(&walking).into() };
            return next.end(walking, Symptom::Silence, cause);
        }
        walking.way.packet.output = Some(Device { name: exit.device.clone(), port: None });
        for walking in self.hook(Hook::Forward, walking, next) {
            self.leave(walking, exit, next);
        }
    }

    fn forwards(self, walking: &Walking) -> bool {
        self.space.is_on(forwarding(walking), false)
    }

    /// Why a source is not taken (`fib_validate_source` in net/ipv4/fib_frontend.c,
    /// `ip_route_input_slow` in net/ipv4/route.c). IPv6 knows nothing of the kind.
    fn refuses_source(self, walking: &Walking, input: &str) -> Option<Cause> {
        let packet = &walking.way.packet;
        if packet.family() == Family::V6 {
            return None;
        }
        let source = packet.source.first();
        let loopback = source.is_loopback() || packet.destination.first().is_loopback();
        if loopback && !self.routes_loopback(input) {
            return Some(Cause::Loopback);
        }
        let own = self.space.is_local(source);
        if own && self.strict(input, "accept_local").is_none_or(|(value, _)| value == 0) {
            return Some(Cause::OwnSource(source));
        }
        let (value, parameter) = self.strict(input, "rp_filter")?;
        let lookup = Lookup { source: None, mark: packet.mark, input: LOOPBACK };
        let back = self.space.fib.find(source, &lookup).ok().flatten();
        let back = back.map(|(_, entry, _)| entry.route.link.as_deref());
        let taken = match (value, back) {
            (0, _) | (2, Some(_)) => true,
            (_, Some(device)) => device == Some(input),
            (_, None) => false,
        };
        (!taken).then_some(Cause::ReversePath { parameter })
    }

    /// The greater value of a parameter, for all devices and for one, and its name.
    fn strict(self, device: &str, parameter: &str) -> Option<(u32, Text)> {
        let of = |device: &str| {
            let key = format!("net.ipv4.conf.{}.{parameter}", device.replace('.', "/"));
            let (value, _) = self.space.parameter(&key)?;
            Some((value.parse::<u32>().ok()?, Text::from(key)))
        };
        of("all").max(of(device))
    }
}

/// The parameter that lets a namespace forward packets of a family.
fn forwarding(walking: &Walking) -> &'static str {
    match walking.way.packet.family() {
        Family::V4 => "net.ipv4.ip_forward",
        Family::V6 => "net.ipv6.conf.all.forwarding",
    }
}
