//! A process sends: routing, the hooks OUTPUT and POSTROUTING (`ip_queue_xmit`, `__ip_local_out` and
//! `ip_output` in net/ipv4/ip_output.c).

use super::route::Found;
use super::{Here, Next, Stage, Walking};
use crate::model::Family;
use crate::object::{Hook, Text};
use crate::trace::machine::{Entry, LOOPBACK};
use crate::trace::{Cause, Device, Event, Symptom, Who};
use std::net::IpAddr;

/// Where a packet goes out.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Exit {
    pub(super) device: Text,
    pub(super) gateway: Option<IpAddr>,
}

impl<'h> Here<'h> {
    pub(super) fn send(self, mut walking: Walking, has_source: bool, next: &mut Next) {
        let source = has_source.then(|| walking.way.packet.source.first());
        let (found, rest) = self.route(&mut walking, source);
        if let Some(rest) = rest {
            next.go(rest, Stage::Send { source: has_source });
        }
        let (entry, exit) = match exit(found) {
            Ok(found) => found,
            // Whatever the route says, a process is told at once.
            Err((_, cause)) => return next.end(walking, Symptom::Unreachable, cause),
        };
        if !has_source {
            let hop = exit.gateway.unwrap_or(walking.way.packet.destination.first());
            let by_route = entry.route.source;
            let Some(source) = by_route.or_else(|| self.source(&exit.device, hop)) else {
                let cause = Cause::NoRoute(walking.way.packet.destination.first());
                return next.end(walking, Symptom::Unreachable, cause);
            };
            walking.way.packet.source = Who::One(source);
            if walking.way.server.is_none() && walking.inside.is_none() {
                match walking.legs.last_mut() {
                    Some(leg) => leg.sent_from(source),
                    None => walking.way.client = Who::One(source),
                }
            }
        }
        if walking.inside.is_none() {
            walking.way.note(Event::Sent, None);
        }
        self.output(walking, &exit, next);
    }

    /// The hooks that a packet of the namespace's own passes.
    pub(super) fn output(self, mut walking: Walking, exit: &Exit, next: &mut Next) {
        if let Some(cause) = self.keeps_loopback(&walking, exit) {
            return next.end(walking, Symptom::Unreachable, cause);
        }
        walking.way.packet.output = Some(Device { name: exit.device.clone(), port: None });
        let before = (walking.way.packet.destination.clone(), walking.way.packet.mark);
        for mut walking in self.hook(Hook::Output, walking, next) {
            let now = (walking.way.packet.destination.clone(), walking.way.packet.mark);
            if now == before {
                self.leave(walking, exit, next);
                continue;
            }
            // It is routed anew (`ip_route_me_harder` in net/ipv4/netfilter.c).
            let source = Some(walking.way.packet.source.first());
            let (found, _) = self.route(&mut walking, source);
            match exit_of(found) {
                Ok(exit) => match self.keeps_loopback(&walking, &exit) {
                    Some(cause) => next.end(walking, Symptom::Unreachable, cause),
                    None => self.leave(walking, &exit, next),
                },
                Err((symptom, cause)) => next.end(walking, symptom, cause),
            }
        }
    }

    /// The last hook.
    pub(super) fn leave(self, mut walking: Walking, exit: &Exit, next: &mut Next) {
        walking.way.packet.output = Some(Device { name: exit.device.clone(), port: None });
        for walking in self.hook(Hook::Postrouting, walking, next) {
            let Exit { device, gateway } = exit.clone();
            next.go(walking, Stage::Out { device, gateway });
        }
    }

    /// What comes from an address of loopback stays within, unless a parameter says otherwise
    /// (`ip_route_output_key_hash_rcu` in net/ipv4/route.c).
    fn keeps_loopback(self, walking: &Walking, exit: &Exit) -> Option<Cause> {
        let packet = &walking.way.packet;
        let inner = packet.source.first().is_loopback() && packet.family() == Family::V4;
        let leaves = inner && *exit.device != *LOOPBACK;
        (leaves && !self.routes_loopback(&exit.device)).then_some(Cause::Loopback)
    }

    pub(super) fn routes_loopback(self, device: &str) -> bool {
        let key = |of: &str| format!("net.ipv4.conf.{}.route_localnet", of.replace('.', "/"));
        self.space.is_on(&key("all"), false) || self.space.is_on(&key(device), false)
    }
}

/// Where a packet goes out by what a lookup says; what is for the namespace itself, by loopback.
fn exit(found: Found<'_>) -> Result<(&Entry, Exit), (Symptom, Cause)> {
    match found {
        Found::Local(entry) => Ok((entry, Exit { device: LOOPBACK.into(), gateway: None })),
        Found::Unicast(entry, device) => Ok((entry, Exit { device, gateway: entry.route.gateway })),
        Found::No(symptom, cause) => Err((symptom, cause)),
    }
}

pub(super) fn exit_of(found: Found<'_>) -> Result<Exit, (Symptom, Cause)> {
    exit(found).map(|(_, exit)| exit)
}
