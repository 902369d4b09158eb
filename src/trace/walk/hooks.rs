//! What a packet passes at a hook of netfilter: connection tracking, rules, translation, IPVS, each at
//! its time (`enum nf_ip_hook_priorities` in linux/netfilter_ipv4.h).

use super::{Here, Next, Walking};
use crate::object::{Hook, Netns, Side};
use crate::trace::machine::Base;
use crate::trace::verdict::{Judged, Refusal, Verdict, View};
use crate::trace::{Cause, Event, Symptom, Track, TrackState, Tracked};
use netc_lang::Protocol;
use std::net::IpAddr;

/// When connection tracking has its turn.
const CONNTRACK: i32 = -200;

/// When IPVS has: behind the rules that let in what the namespace gets, and behind the translation of
/// what it sends (`ip_vs_ops4` in net/netfilter/ipvs/ip_vs_core.c).
const IPVS_INPUT: i32 = 99;
const IPVS_OUTPUT: i32 = -98;

/// When it gives answers back the address that was asked.
const IPVS_BACK: i32 = 98;
const IPVS_OUTPUT_BACK: i32 = -99;

/// Something that a hook does at its time.
#[derive(Clone, Debug)]
enum Item<'f> {
    Conntrack,
    Rules(Base<'f>),
    /// The chains that translate, and the translation of what is translated already.
    Translate(Side, Vec<Base<'f>>),
    Schedule,
    /// The answer of a real server.
    Unschedule,
}

impl Here<'_> {
    /// Lets a packet pass a hook; those that go on.
    pub(super) fn hook(self, hook: Hook, walking: Walking, next: &mut Next) -> Vec<Walking> {
        // netc makes rules in the namespaces of nodes alone.
        if *self.netns != Netns::Node {
            return vec![walking];
        }
        let family = walking.way.packet.family();
        let own = |address: IpAddr| self.space.is_local(address);
        let view = View { family, is_local: &own, sets: &self.machine.filter.sets };
        let bases = self.machine.filter.bases(family, hook);
        let mut all = vec![walking];
        if !bases.is_empty() {
            all.iter_mut().for_each(|walking| walking.way.note(Event::Hook(hook), None));
        }
        for item in items(hook, bases, !self.machine.filter.servers.is_empty()) {
            let before = std::mem::take(&mut all);
            for walking in before {
                self.item(&item, hook, walking, &view, &mut all, next);
            }
        }
        all
    }

    fn item(
        self,
        item: &Item,
        hook: Hook,
        mut walking: Walking,
        view: &View,
        on: &mut Vec<Walking>,
        next: &mut Next,
    ) {
        match item {
            Item::Conntrack => {
                track(&mut walking);
                on.push(walking);
            }
            Item::Rules(base) => {
                // Most packets take one way: what they walk with need not be copied.
                let way = walking.way.clone();
                for Judged { way, verdict } in base.pass(way, view) {
                    match refused(verdict) {
                        None => on.push(walking.on(way)),
                        Some(symptom) => next.end(walking.on(way), symptom, Cause::Rule),
                    }
                }
            }
            Item::Translate(side, bases) => {
                self.translation(*side, bases, hook, walking, view, on, next);
            }
            Item::Schedule => self.schedule(hook, walking, on, next),
            Item::Unschedule => {
                super::translate::unschedule(&mut walking);
                on.push(walking);
            }
        }
    }
}

/// What a hook does, in order.
fn items(hook: Hook, bases: Vec<Base<'_>>, servers: bool) -> Vec<Item<'_>> {
    let side = match hook {
        Hook::Prerouting | Hook::Output => Some((Side::Destination, -100)),
        Hook::Input | Hook::Postrouting => Some((Side::Source, 100)),
        Hook::Forward => None,
    };
    let (nat, rules): (Vec<_>, Vec<_>) = bases.into_iter().partition(|base| base.nat);
    let mut all: Vec<(i32, Item)> =
        rules.into_iter().map(|base| (base.priority, Item::Rules(base))).collect();
    if matches!(hook, Hook::Prerouting | Hook::Output) {
        all.push((CONNTRACK, Item::Conntrack));
    }
    if let Some((side, priority)) = side {
        all.push((priority, Item::Translate(side, nat)));
    }
    if servers {
        match hook {
            Hook::Input => {
                all.push((IPVS_BACK, Item::Unschedule));
                all.push((IPVS_INPUT, Item::Schedule));
            }
            Hook::Output => {
                // A real server may be the node itself.
                all.push((IPVS_OUTPUT_BACK, Item::Unschedule));
                all.push((IPVS_OUTPUT, Item::Schedule));
            }
            Hook::Forward => all.push((IPVS_BACK, Item::Unschedule)),
            _ => {}
        }
    }
    // What is of one time keeps its order: connection tracking and IPVS come behind rules of theirs.
    all.sort_by_key(|(priority, _)| *priority);
    all.into_iter().map(|(_, item)| item).collect()
}

/// What a sender sees of a packet that rules let not pass.
fn refused(verdict: Verdict) -> Option<Symptom> {
    match verdict {
        Verdict::Accept | Verdict::Translate(_) => None,
        Verdict::Drop => Some(Symptom::Silence),
        Verdict::Reject(Refusal::PortUnreachable | Refusal::Reset) => Some(Symptom::Refused),
        Verdict::Reject(Refusal::Prohibited) => Some(Symptom::Unreachable),
    }
}

/// Connection tracking looks at a packet (`nf_conntrack_in` in net/netfilter/nf_conntrack_core.c).
fn track(walking: &mut Walking) {
    let way = &mut walking.way;
    // It was seen already: it came by loopback, or is left alone.
    let known = way.tracks.current().is_some();
    if known || way.packet.tracked.state == TrackState::Untracked {
        return;
    }
    let found = way.tracks.find(&way.place, &way.packet);
    let answers = way.server.is_some() && walking.inside.is_none();
    let third = walking.both.is_some() && walking.inside.is_none();
    way.packet.tracked = match (found, way.tracks.current()) {
        (Some(false), Some(track)) if third && !track.answered => {
            Tracked { state: TrackState::Invalid, ..Tracked::NEW }
        }
        (Some(reply), Some(track)) => Tracked {
            state: if reply || third { TrackState::Established } else { TrackState::New },
            reply,
            dnat: track.dnat(),
            snat: track.snat(),
            server: track.server,
        },
        // The second packet of TCP's handshake begins no connection (`tcp_new` in
        // nf_conntrack_proto_tcp.c).
        _ if answers && way.packet.payload.protocol() == Some(Protocol::Tcp) => {
            Tracked { state: TrackState::Invalid, ..Tracked::NEW }
        }
        _ => {
            way.tracks.begin(Track::new(way.place.clone(), &way.packet));
            Tracked::NEW
        }
    };
}
