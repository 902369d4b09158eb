//! What a capture at each device on the way would show.

use super::super::names::Names;
use super::super::{Ended, Event, Place, Step, Who};
use super::{both_ways, line};
use crate::model::Family;

/// A packet at a device.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Seen {
    /// Where the device is.
    pub(super) place: Place,
    /// Its name; with that of its bridge, if it is a port.
    pub(super) device: String,
    /// As tcpdump(8) has it.
    pub(super) packet: Option<String>,
    /// The answer.
    pub(super) answer: Option<String>,
}

/// What is seen at each device, in the order in which the packet passes them.
pub(super) fn seen(ended: &Ended) -> Vec<Seen> {
    let (there, back) = both_ways(ended);
    let mut all: Vec<Seen> = Vec::new();
    for (place, device, packet) in captured(&there) {
        let seen = Seen { place, device, packet: Some(packet), answer: None };
        // Some devices are passed in two steps.
        if all.last() != Some(&seen) {
            all.push(seen);
        }
    }
    for (place, device, packet) in captured(&back) {
        let is = |seen: &&mut Seen| seen.place == place && seen.device == device;
        // The last one first: the answer goes the other way round.
        let mut known: Vec<&mut Seen> = all.iter_mut().filter(is).collect();
        if known.iter().any(|seen| seen.answer.as_ref() == Some(&packet)) {
            continue;
        }
        match known.iter_mut().rev().find(|seen| seen.answer.is_none()) {
            Some(seen) => seen.answer = Some(packet),
            None => all.push(Seen { place, device, packet: None, answer: Some(packet) }),
        }
    }
    all
}

/// The devices that steps pass, with what is on them.
fn captured(steps: &[&Step]) -> Vec<(Place, String, String)> {
    let mut all = Vec::new();
    // What is in the packets that are on their way, the outermost last.
    let mut within: Vec<String> = Vec::new();
    let mut before: Option<&Step> = None;
    for step in steps {
        match &step.event {
            Event::Wrapped { .. } => within.extend(before.map(packet)),
            Event::Unwrapped { .. } => {
                within.pop();
            }
            Event::In(device) | Event::Out(device) => {
                let name = match &device.port {
                    Some(port) => at_port(port, &device.name),
                    None => device.name.to_string(),
                };
                all.push((step.place.clone(), name, whole(step, &within)));
            }
            Event::Bridged { bridge, port, .. } => {
                let seen = (step.place.clone(), bridge.to_string(), whole(step, &within));
                // The bridge itself and its port are passed at once.
                if all.last() == Some(&seen) {
                    all.pop();
                }
                all.push((seen.0, at_port(port, bridge), seen.2));
            }
            _ => {}
        }
        before = Some(step);
    }
    all
}

fn at_port(port: &str, bridge: &str) -> String {
    format!("{port} ({bridge})")
}

/// A packet with what is in it.
fn whole(step: &Step, within: &[String]) -> String {
    let outer = packet(step);
    match within.last() {
        Some(inner) => format!("{outer}  [{inner}]"),
        None => outer,
    }
}

/// A packet as tcpdump(8) has it: ports behind a further point; `*` for a client's.
fn packet(step: &Step) -> String {
    let family = match step.destination.family() {
        Family::V4 => "IP",
        Family::V6 => "IP6",
    };
    let has_ports = step.payload.protocol().is_some();
    let end = |who: &Who, port: Option<u16>| match (has_ports, port) {
        (false, _) => who.to_string(),
        (true, Some(port)) => format!("{who}.{port}"),
        (true, None) => format!("{who}.*"),
    };
    let source = end(&step.source, step.payload.source());
    let destination = end(&step.destination, step.payload.destination());
    format!("{family} {source} > {destination}: {}", line::protocol(step))
}

/// The rows of a table: place, device, direction and packet.
pub(super) fn rows(ended: &Ended, names: Names<'_>) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    let mut last: Option<Place> = None;
    for seen in seen(ended) {
        let mut place = match last.as_ref() == Some(&seen.place) {
            true => String::new(),
            false => names.tenant(&seen.place),
        };
        last = Some(seen.place);
        let mut device = seen.device;
        for (way, packet) in [("->", seen.packet), ("<-", seen.answer)] {
            if let Some(packet) = packet {
                let row = [std::mem::take(&mut place), std::mem::take(&mut device)];
                let [place, device] = row;
                rows.push([place, device, way.to_owned(), packet]);
            }
        }
    }
    rows
}
