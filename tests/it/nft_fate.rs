//! What the tables of a node do with the first packet of a connection, hook by hook.

use netc::model::NodeId;
use netc::object::{Hook, Netns, NftTable};
use netc::trace::verdict::{Judged, Translation, Verdict, View};
use netc::trace::{Device, Event, Packet, Payload, Place, Way, nft};
use netc_lang::Protocol;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The first packet of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
    /// The device it comes in from; the node itself sends it if there is none.
    pub(crate) device: &'static str,
}

/// What becomes of a connection, and with which probability.
pub(crate) type Fate = BTreeMap<Outcome, f64>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Outcome {
    Dropped,
    Refused,
    /// It goes to an address and port, which it was for if nothing translated it.
    Goes {
        to: (IpAddr, u16),
        translated: bool,
        masqueraded: bool,
    },
}

/// A table, and the addresses of the node that it is on.
pub(crate) struct Node {
    rules: nft::Rules,
    own: Vec<IpAddr>,
}

/// A way, and what it has come to.
struct Passed {
    way: Way,
    ended: Option<Outcome>,
    masqueraded: bool,
}

impl Node {
    pub(crate) fn new(table: NftTable, own: Vec<IpAddr>) -> Node {
        Node { rules: nft::Rules::new(table), own }
    }

    /// What becomes of a connection.
    pub(crate) fn ask(&self, asked: Asked) -> Fate {
        let Asked { source, destination, protocol, port, device } = asked;
        let payload = Payload::Ports { protocol, source: None, destination: Some(port) };
        let mut packet = Packet::new(source.into(), destination.into(), payload);
        packet.input = (!device.is_empty()).then(|| Device { name: device.into(), port: None });
        let first = if device.is_empty() { Hook::Output } else { Hook::Prerouting };
        let place = Place::Node(NodeId(0), Netns::Node);
        let passed = Passed { way: Way::new(place, packet), ended: None, masqueraded: false };
        let mut fate = Fate::new();
        let second = |passed: Passed| {
            let is_own = self.own.contains(&passed.way.packet.destination.first());
            match (is_own, device) {
                (true, _) => self.hook(Hook::Input, passed),
                (false, "") => vec![passed],
                (false, _) => self.hook(Hook::Forward, passed),
            }
        };
        let all = self.hook(first, passed).into_iter().flat_map(second);
        for passed in all.flat_map(|passed| self.hook(Hook::Postrouting, passed)) {
            *fate.entry(passed.outcome()).or_default() += passed.way.share;
        }
        fate
    }

    /// The base chains of a hook, the least priority first.
    fn hook(&self, hook: Hook, passed: Passed) -> Vec<Passed> {
        let mut bases: Vec<_> = self.rules.bases(hook).collect();
        bases.sort_by_key(|(_, base)| base.priority);
        let mut all = vec![passed];
        for (chain, _) in bases {
            all = all.into_iter().flat_map(|passed| self.base(chain, passed)).collect();
        }
        all
    }

    fn base(&self, chain: &str, passed: Passed) -> Vec<Passed> {
        if passed.ended.is_some() {
            return vec![passed];
        }
        let (sets, is_local) = (FxHashMap::default(), |address| self.own.contains(&address));
        let view = View { family: self.rules.family(), is_local: &is_local, sets: &sets };
        let masqueraded = passed.masqueraded;
        let all = self.rules.pass(chain, passed.way, &view);
        all.into_iter().map(|judged| Passed::after(judged, masqueraded)).collect()
    }
}

impl Passed {
    fn after(Judged { mut way, verdict }: Judged, mut masqueraded: bool) -> Passed {
        let unjudged = |event: &Event| matches!(event, Event::Unjudged { .. });
        assert!(!way.trail.backwards().any(|step| unjudged(&step.event)), "{:?}", way.trail);
        let mut ended = None;
        match verdict {
            Verdict::Accept => {}
            Verdict::Drop => ended = Some(Outcome::Dropped),
            Verdict::Reject(_) => ended = Some(Outcome::Refused),
            Verdict::Translate(Translation::Destination { address, port }) => {
                way.packet.destination = address.unwrap().into();
                way.packet.tracked.dnat = true;
                if let Payload::Ports { destination, .. } = &mut way.packet.payload {
                    *destination = port;
                }
            }
            Verdict::Translate(Translation::Masquerade) => masqueraded = true,
            Verdict::Translate(other) => panic!("{other:?}"),
        }
        Passed { way, ended, masqueraded }
    }

    fn outcome(&self) -> Outcome {
        let packet = &self.way.packet;
        self.ended.clone().unwrap_or_else(|| Outcome::Goes {
            to: (packet.destination.first(), packet.payload.destination().unwrap()),
            translated: packet.tracked.dnat,
            masqueraded: self.masqueraded,
        })
    }
}
