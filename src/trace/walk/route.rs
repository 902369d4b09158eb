//! Routing of a packet, and the source address of one that has none.

use super::{Here, Walking};
use crate::emit;
use crate::object::{Netns, PolicyAction, PolicyRule, Route, RouteKind, Text};
use crate::trace::machine::{Entry, Joined, LOOPBACK, Lookup, Matched};
use crate::trace::{Cause, Decided, Event, Holds, Symptom, Who};
use std::net::IpAddr;

/// What a lookup says.
pub(super) enum Found<'f> {
    /// The packet is for the namespace itself.
    Local(&'f Entry),
    /// It goes on by a device.
    Unicast(&'f Entry, Text),
    /// It does not go on.
    No(Symptom, Cause),
}

impl<'h> Here<'h> {
    /// Looks up the route of a packet, and notes what decides it. If its destinations have several,
    /// the others come back as a way of their own, which was not looked up yet.
    pub(super) fn route(
        self,
        walking: &mut Walking,
        source: Option<IpAddr>,
    ) -> (Found<'h>, Option<Walking>) {
        let packet = &walking.way.packet;
        let input = packet.input.as_ref().map_or(LOOPBACK.into(), |input| input.name.clone());
        let lookup = Lookup { source, mark: packet.mark, input: &input };
        let first = packet.destination.first();
        let wanted = self.space.fib.find(first, &lookup);
        let key = |address: IpAddr| match self.space.fib.find(address, &lookup) {
            // Every own address has a route of its own: that tells them not apart.
            Ok(Some((table, entry, _))) if entry.route.kind != RouteKind::Local => {
                Some((table, entry.route.destination))
            }
            Ok(Some((table, ..))) => Some((table, address.into())).filter(|_| address == first),
            _ => None,
        };
        // Who is here stands for all pods of a class: what is for the others is for them there.
        let is_local = |entry: &Entry| entry.route.kind == RouteKind::Local;
        let of_class = matches!(self.netns, Netns::Named(_))
            && matches!(&wanted, Ok(Some((_, entry, _))) if is_local(entry));
        let alike = match (&packet.source, &packet.destination) {
            _ if of_class => Holds::Yes,
            (_, Who::Any(_)) => {
                let of_first = key(first);
                walking.way.by_destination(|one| key(one) == of_first)
            }
            (Who::Any(_), _) if self.space.fib.asks_source() => {
                let of = |source| {
                    let lookup = Lookup { source: Some(source), ..lookup };
                    let found = self.space.fib.find(first, &lookup);
                    found.ok().flatten().map(|(table, entry, _)| (table, entry.route.destination))
                };
                let of_first = of(packet.source.first());
                walking.way.by_source(|one| of(one) == of_first)
            }
            _ => Holds::Yes,
        };
        let mut rest = None;
        if let Holds::Partly(both) = alike {
            let (same, others) = *both;
            rest = Some(walking.on(others));
            walking.way = same;
        }
        (self.judge(walking, wanted, first), rest)
    }

    fn judge(
        self,
        walking: &mut Walking,
        wanted: Result<Option<Matched<'h>>, &PolicyRule>,
        destination: IpAddr,
    ) -> Found<'h> {
        let (table, entry, rule) = match wanted {
            Ok(Some(found)) => found,
            Ok(None) => return Found::No(Symptom::Unreachable, Cause::NoRoute(destination)),
            Err(rule) => {
                walking.way.note(Event::Table(0), Some(Decided::new(emit::policy(rule), None)));
                let silent = rule.action == PolicyAction::Blackhole;
                let symptom = if silent { Symptom::Silence } else { Symptom::Unreachable };
                return Found::No(symptom, Cause::RouteRefuses);
            }
        };
        if let Some(rule) = rule {
            walking.way.note(Event::Table(table), Some(Decided::new(emit::policy(rule), None)));
        }
        let Route { kind, gateway, link, .. } = &entry.route;
        let device = link.clone().filter(|_| *kind == RouteKind::Unicast);
        let event = Event::Routed { table, gateway: *gateway, device: device.clone() };
        walking.way.note(event, Some(entry.decided()));
        match (kind, device) {
            (RouteKind::Local, _) => Found::Local(entry),
            (RouteKind::Unicast, Some(device)) => Found::Unicast(entry, device),
            (RouteKind::Blackhole, _) => Found::No(Symptom::Silence, Cause::RouteRefuses),
            _ => Found::No(Symptom::Unreachable, Cause::RouteRefuses),
        }
    }

    /// The source address of packets to a next hop by a device (`inet_select_addr` in
    /// net/ipv4/devinet.c): one in the same network, the first of the device, or the first of any,
    /// where the node's own devices come first. Those of loopback are for the namespace alone.
    pub(super) fn source(self, device: &str, hop: IpAddr) -> Option<IpAddr> {
        let of_family = |address: &IpAddr| address.is_ipv4() == hop.is_ipv4();
        let on = |device: &str| {
            let all = self.space.addresses.get(device).map(Vec::as_slice).unwrap_or_default();
            all.iter()
                .map(|(net, _)| *net)
                .filter(|net| of_family(&net.addr()) && !net.addr().is_loopback())
        };
        let near = on(device).find(|net| net.contains(&hop));
        let own = near.or_else(|| on(device).next());
        let others = || {
            let (first, rest): (Vec<_>, Vec<_>) =
                self.space.devices.values().partition(|own| own.joined == Joined::Underlay);
            first.into_iter().chain(rest).flat_map(|own| on(&own.name)).next()
        };
        own.or_else(others).map(|net| net.addr())
    }
}
