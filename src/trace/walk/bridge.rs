//! A packet within a bridge (net/bridge/br_forward.c), and the hooks of IP that it passes there if
//! br_netfilter is asked to (net/bridge/br_netfilter_hooks.c).

use super::{Here, Next, Stage, Walking};
use crate::model::Family;
use crate::object::{Hook, RouteKind, Text};
use crate::trace::machine::{Joined, Lookup};
use crate::trace::{Cause, Device, Event, Holds, Symptom, Who};
use std::net::IpAddr;

/// A packet within a bridge.
#[derive(Clone, Copy)]
struct Bridged<'b> {
    bridge: &'b Text,
    /// The port that it came by; none, if the node itself sends it.
    port: Option<&'b Text>,
    /// Who is to get it next, if that is not its destination.
    gateway: Option<IpAddr>,
    /// Whether it passes the hooks of IP.
    filtered: bool,
}

impl Here<'_> {
    pub(super) fn bridge(
        self,
        mut walking: Walking,
        bridge: &Text,
        port: Option<&Text>,
        gateway: Option<IpAddr>,
        next: &mut Next,
    ) {
        let filtered = port.is_some() && self.filters_bridged(walking.way.packet.family());
        let bridged = Bridged { bridge, port, gateway, filtered };
        let Some(port) = port else { return self.pass(walking, &bridged, next) };
        let device = Device { name: Text::clone(bridge), port: Some(Text::clone(port)) };
        walking.way.note(Event::In(device.clone()), None);
        if !filtered {
            // Nobody but br_netfilter tells rules by which port a packet came.
            walking.way.packet.input = Some(Device { port: None, ..device });
            return self.pass(walking, &bridged, next);
        }
        walking.way.packet.input = Some(device);
        let before = walking.way.packet.destination.clone();
        for mut walking in self.hook(Hook::Prerouting, walking, next) {
            let now = walking.way.packet.destination.clone();
            if now == before || self.narrowed(&before, &now) {
                self.pass(walking, &bridged, next);
                continue;
            }
            // It has another destination (`br_nf_pre_routing_finish`): it stays within the bridge if
            // it would go out by it, and else is taken up.
            let lookup = Lookup { source: None, mark: walking.way.packet.mark, input: bridge };
            let found = self.space.fib.find(now.first(), &lookup).ok().flatten();
            let stays = found.map(|(_, entry, _)| entry).filter(|entry| {
                let within = entry.route.link.as_ref() == Some(bridge);
                within && entry.route.kind == RouteKind::Unicast
            });
            match stays {
                Some(entry) => {
                    let gateway = entry.route.gateway;
                    self.pass(walking, &Bridged { gateway, ..bridged }, next);
                }
                None => {
                    walking.way.packet.output = None;
                    next.go(walking, Stage::Receive { passed: true });
                }
            }
        }
    }

    /// Whether a set of addresses is what is left of another one.
    fn narrowed(self, before: &Who, now: &Who) -> bool {
        now.all().iter().all(|one| before.all().contains(one))
    }

    /// Whether bridged packets pass the hooks of IP.
    fn filters_bridged(self, family: Family) -> bool {
        self.space.is_on(
            match family {
                Family::V4 => "net.bridge.bridge-nf-call-iptables",
                Family::V6 => "net.bridge.bridge-nf-call-ip6tables",
            },
            false,
        )
    }

    /// To whom it is for: the node itself, or another port.
    fn pass(self, mut walking: Walking, bridged: &Bridged, next: &mut Next) {
        let target = |walking: &Walking| match bridged.gateway {
            Some(gateway) => Who::One(gateway),
            None => walking.way.packet.destination.clone(),
        };
        let wanted = target(&walking).first();
        // Where there is a vlan, the gateway's device is behind a port of its own.
        let by_port = self.space.port_of(bridged.bridge, wanted).is_some();
        if bridged.port.is_some() && self.space.is_local(wanted) && !by_port {
            return next.go(walking, Stage::Receive { passed: bridged.filtered });
        }
        // All that some port leads to is alike.
        let known = |address: IpAddr| self.space.port_of(bridged.bridge, address).is_some();
        if bridged.gateway.is_none()
            && let Holds::Partly(both) = walking.way.by_destination(known)
        {
            let (yes, no) = *both;
            self.lost(walking.on(no), bridged, next);
            walking.way = yes;
        }
        let Some(port) = self.space.port_of(bridged.bridge, target(&walking).first()).cloned()
        else {
            return self.lost(walking, bridged, next);
        };
        // Whether it goes back to whom it came from.
        let back = |source: IpAddr| self.space.port_of(bridged.bridge, source) == Some(&port);
        let same = match (&walking.way.packet.source, bridged.port) {
            (_, None) => Holds::No,
            (Who::One(_), Some(own)) => (*own == port).into(),
            (Who::Any(_), Some(_)) => walking.way.by_source(back),
        };
        match same {
            Holds::Yes => self.to_port(walking, bridged, &port, true, next),
            Holds::No => self.to_port(walking, bridged, &port, false, next),
            Holds::Partly(both) => {
                let (yes, no) = *both;
                self.to_port(walking.on(yes), bridged, &port, true, next);
                self.to_port(walking.on(no), bridged, &port, false, next);
            }
        }
    }

    fn to_port(
        self,
        mut walking: Walking,
        bridged: &Bridged,
        port: &Text,
        back: bool,
        next: &mut Next,
    ) {
        if let Some(cause) = self.kept_apart(bridged, port, back) {
            return next.end(walking, Symptom::Silence, cause);
        }
        let Bridged { bridge, filtered, .. } = bridged;
        let Some(device) = self.space.devices.get(port) else { return };
        if bridged.port.is_some() && walking.inside.is_none() {
            let known = walking.narrow.as_ref().map_or(u32::MAX, |(mtu, _)| *mtu);
            if device.mtu < known {
                walking.narrow = Some((device.mtu, Text::clone(port)));
            }
        }
        let mut all = vec![walking];
        if *filtered {
            for hook in [Hook::Forward, Hook::Postrouting] {
                let before = std::mem::take(&mut all);
                for mut walking in before {
                    let output =
                        Device { name: Text::clone(bridge), port: Some(Text::clone(port)) };
                    walking.way.packet.output = Some(output);
                    all.extend(self.hook(hook, walking, next));
                }
            }
        }
        for mut walking in all {
            let (bridge, port) = (Text::clone(bridge), Text::clone(port));
            walking.way.note(Event::Bridged { bridge, port, hairpin: back }, None);
            match &device.joined {
                Joined::Peer(netns, name) => {
                    self.cross(walking, netns, name, bridged.gateway, next);
                }
                _ => next.end(walking, Symptom::Silence, Cause::Down(Text::clone(&device.name))),
            }
        }
    }

    /// Why the bridge does not hand it to a port (`should_deliver` in br_forward.c).
    fn kept_apart(self, bridged: &Bridged, port: &Text, back: bool) -> Option<Cause> {
        let of = |name: &str| self.space.devices.get(name).and_then(|device| device.port.as_ref());
        let (own, bridge) = (of(port)?, Text::clone(bridged.bridge));
        if back && !own.hairpin {
            return Some(Cause::Hairpin { bridge, port: Text::clone(port) });
        }
        let from = of(bridged.port?)?;
        if own.isolated && from.isolated && !back {
            let (port, other) = (Text::clone(&from.link), Text::clone(port));
            return Some(Cause::Isolated { bridge, port, other });
        }
        (own.vlan != from.vlan).then_some(Cause::Vlan { bridge })
    }

    /// Nobody on the bridge has the address.
    fn lost(self, walking: Walking, bridged: &Bridged, next: &mut Next) {
        let address = bridged.gateway.unwrap_or(walking.way.packet.destination.first());
        let device = Text::clone(bridged.bridge);
        next.end(walking, Symptom::Unreachable, Cause::NoNeighbour { address, device });
    }
}
