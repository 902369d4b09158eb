//! The walk: a packet is taken from stage to stage until its answer is back or it got stuck.

mod answer;
mod bridge;
mod hooks;
mod link;
mod receive;
mod relay;
mod route;
mod send;
mod translate;
mod tunnel;

use super::machine::{Machine, Space};
use super::{
    Answer, Cause, Ended, Event, Failure, Network, Packet, Place, Question, Server, Symptom, Way,
    Who,
};
use crate::model::Node;
use crate::object::{Netns, Text};
use netc_lang::Diagnostic;
use std::net::{IpAddr, Ipv4Addr};

/// So many stages have a way to somewhere at most: a few for each of the places that the time to live
/// of a packet allows (`net.ipv4.ip_default_ttl`).
const STAGES: u16 = 4 * 64;

/// A way that has not ended.
#[derive(Clone, Debug)]
struct Walking {
    way: Way,
    stage: Stage,
    /// What is inside of the packet.
    inside: Option<Box<Inside>>,
    /// The connections whose answers programs on the way wait to give, the first one first.
    legs: Vec<relay::Leg>,
    /// The way of the packet and its answer, if what walks now is the packet after them.
    both: Option<Box<Way>>,
    /// The smallest MTU that it met where nobody is told, and the device.
    narrow: Option<(u32, Text)>,
    /// The MTU of the device that it was sent by.
    sent: u32,
    /// How many more stages it may pass.
    life: u16,
}

/// A packet within another one.
#[derive(Clone, Debug)]
struct Inside {
    packet: Packet,
    /// The name of the device that wraps, the same at both ends.
    device: Text,
}

/// What comes next.
#[derive(Clone, Debug)]
enum Stage {
    /// A process sends it; the kernel picks the source unless that is known.
    Send { source: bool },
    /// It came in by the device that the packet names; `passed`, if the first hook is behind it.
    Receive { passed: bool },
    /// It goes out by a device, to a next hop or to its destination.
    Out { device: Text, gateway: Option<IpAddr> },
    /// It is within a bridge: by a port, or from the node itself.
    Bridge { bridge: Text, port: Option<Text>, gateway: Option<IpAddr> },
    /// It is outside, on its way to the cluster.
    Enter,
}

/// What comes of a stage: ways that go on, and ways that end.
#[derive(Default, Debug)]
struct Next {
    on: Vec<Walking>,
    ended: Vec<Ended>,
}

/// A node on the way could not be made ready.
type Broken = Vec<Diagnostic>;

/// The walker.
#[derive(Clone, Copy)]
struct Walker<'n, 'q> {
    network: &'n Network<'n>,
    question: &'q Question,
}

impl Network<'_> {
    /// What becomes of a packet, and of its answer.
    ///
    /// # Errors
    /// A node on its way could not be compiled or read.
    pub fn ask(&self, question: &Question) -> Result<Answer, Vec<Diagnostic>> {
        let walker = Walker { network: self, question };
        let mut next = Next { on: vec![walker.begin()], ended: Vec::new() };
        while let Some(walking) = next.on.pop() {
            walker.step(walking, &mut next)?;
        }
        let mut ways = next.ended;
        // The likeliest first, and those that are alike in the order in which they divided.
        ways.reverse();
        ways.sort_by(|a, b| b.way.share.total_cmp(&a.way.share));
        Ok(Answer { ways })
    }
}

impl Walker<'_, '_> {
    fn begin(self) -> Walking {
        let Question { place, source, destination, payload, .. } = self.question;
        let nobody = || Who::One(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let client = source.clone().unwrap_or_else(nobody);
        let packet = Packet::new(client, destination.clone(), *payload);
        let mut way = Way::new(place.clone(), packet);
        let stage = match place {
            Place::Outside => {
                way.note(Event::Sent, None);
                Stage::Enter
            }
            Place::Node(..) => Stage::Send { source: source.is_some() },
        };
        let (inside, legs, both, narrow) = (None, Vec::new(), None, None);
        Walking { way, stage, inside, legs, both, narrow, sent: u32::MAX, life: STAGES }
    }

    fn step(self, mut walking: Walking, next: &mut Next) -> Result<(), Broken> {
        let Some(life) = walking.life.checked_sub(1) else {
            next.end(walking, Symptom::Silence, Cause::Loop);
            return Ok(());
        };
        walking.life = life;
        let stage = walking.stage.clone();
        if matches!(stage, Stage::Enter) {
            return self.enter(walking, next);
        }
        let Place::Node(id, netns) = walking.way.place.clone() else { return Ok(()) };
        if self.network.cluster().nodes.get(id.0 as usize).is_some_and(Node::is_windows) {
            next.unknown(walking);
            return Ok(());
        }
        let machine = self.network.machine(id)?;
        let Some(space) = machine.space(&netns) else {
            next.end(walking, Symptom::Unreachable, Cause::Down(machine.name.clone()));
            return Ok(());
        };
        let here = Here { walker: self, machine, netns: &netns, space };
        match stage {
            Stage::Send { source } => here.send(walking, source, next),
            Stage::Receive { passed } => here.receive(walking, passed, next),
            Stage::Out { device, gateway } => here.out(walking, &device, gateway, next)?,
            Stage::Bridge { bridge, port, gateway } => {
                here.bridge(walking, &bridge, port.as_ref(), gateway, next);
            }
            Stage::Enter => {}
        }
        Ok(())
    }
}

/// The namespace that a packet is in.
#[derive(Clone, Copy)]
struct Here<'h> {
    walker: Walker<'h, 'h>,
    machine: &'h Machine,
    netns: &'h Netns,
    space: &'h Space,
}

impl Walking {
    /// It goes to another namespace, which knows nothing of it: no mark, no connection
    /// (`skb_scrub_packet` in net/core/skbuff.c).
    fn moves(&mut self, place: Place) {
        self.forget();
        self.way.packet.mark = 0;
        self.way.place = place;
    }

    /// Its connection and the devices that it has passed no longer count.
    fn forget(&mut self) {
        let packet = &mut self.way.packet;
        packet.tracked = super::Tracked::NEW;
        (packet.input, packet.output) = (None, None);
        self.way.tracks.leave();
    }

    /// The same at another stage.
    fn at(mut self, stage: Stage) -> Walking {
        self.stage = stage;
        self
    }

    /// The same with another way.
    fn on(&self, way: Way) -> Walking {
        Walking { way, ..self.clone() }
    }
}

impl Next {
    /// A way goes on.
    fn go(&mut self, walking: Walking, stage: Stage) {
        self.on.push(walking.at(stage));
    }

    /// A way ends without an answer. What happens to an answer its client does not see.
    fn end(&mut self, walking: Walking, symptom: Symptom, cause: Cause) {
        let symptom = if walking.way.server.is_some() { Symptom::Silence } else { symptom };
        self.fail(walking.way, symptom, cause);
    }

    /// A way ends at a node of which nothing is known.
    fn unknown(&mut self, walking: Walking) {
        self.fail(walking.way, Symptom::Unknown, Cause::Windows);
    }

    fn fail(&mut self, way: Way, symptom: Symptom, cause: Cause) {
        let failure = Failure { place: way.place.clone(), symptom, cause };
        self.ended.push(Ended { way, failure: Some(failure) });
    }

    /// A way ends where it began.
    fn done(&mut self, walking: Walking) {
        self.ended.push(Ended { way: walking.way, failure: None });
    }
}
