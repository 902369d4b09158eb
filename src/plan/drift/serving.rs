//! Sentences about sets and virtual servers.

use crate::object::{Ipset, Member, Shift, VirtualServer};

/// So many parts of a thing are named.
pub(super) const NAMED: usize = 4;

/// How a set differs.
pub(super) fn set(wanted: &Ipset, found: &Ipset) -> Vec<String> {
    let name = format!("set {}", wanted.name);
    if (wanted.kind, wanted.family) != (found.kind, found.family) {
        let of = |set: &Ipset| format!("{} of {}", set.kind.name(), set.family);
        return vec![format!("{name} is {}, not {}", of(found), of(wanted))];
    }
    let lacks = members(wanted.beyond(found)).map(|text| format!("{name} lacks {text}"));
    let more = members(found.beyond(wanted)).map(|text| format!("{name} has {text} too many"));
    lacks.into_iter().chain(more).collect()
}

fn members<'m>(all: impl Iterator<Item = &'m Member>) -> Option<String> {
    listed(&all.map(Member::to_string).collect::<Vec<_>>())
}

/// Some of the names, and how many more there are.
pub(super) fn listed(all: &[String]) -> Option<String> {
    let shown = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        _ if all.is_empty() => None,
        0 => Some(shown),
        more => Some(format!("{shown} and {more} more")),
    }
}

/// How a virtual server differs.
pub(super) fn server(wanted: &VirtualServer, found: &VirtualServer) -> Vec<String> {
    let name = format!("virtual server {}", wanted.address);
    let own = service(wanted, found).into_iter().chain(reals(wanted, found));
    own.map(|text| format!("{name} {text}")).collect()
}

fn service(wanted: &VirtualServer, found: &VirtualServer) -> Vec<String> {
    let mut all = Vec::new();
    let (is, not) = (&found.scheduling, &wanted.scheduling);
    if is.scheduler != not.scheduler {
        all.push(format!("has scheduler {}, not {}", is.scheduler, not.scheduler));
    }
    if is.flags != not.flags {
        all.push(format!("has {}, not {}", is.flags_shown(), not.flags_shown()));
    }
    if found.persistence != wanted.persistence {
        let seconds = |server: &VirtualServer| match server.persistence {
            Some(seconds) => format!("persistent for {seconds} s"),
            None => "not persistent".to_owned(),
        };
        all.push(match wanted.persistence {
            Some(_) => format!("is {}, and should be {}", seconds(found), seconds(wanted)),
            None => format!("is {}, and should not be", seconds(found)),
        });
    }
    if found.mask != wanted.mask {
        all.push(format!("keeps networks of /{} together, not of /{}", found.mask, wanted.mask));
    }
    all
}

fn reals(wanted: &VirtualServer, found: &VirtualServer) -> Vec<String> {
    let shifts = found.shifts(wanted);
    let texts = |text: fn(&Shift) -> Option<String>| -> Option<String> {
        listed(&shifts.iter().filter_map(text).collect::<Vec<_>>())
    };
    let lacks = texts(|shift| match (shift.from, shift.to) {
        (None, Some(real)) => Some(real.socket.to_string()),
        _ => None,
    });
    let more = texts(|shift| match (shift.from, shift.to) {
        (Some(real), None) => Some(real.socket.to_string()),
        _ => None,
    });
    let weights = texts(|shift| match (shift.from, shift.to) {
        (Some(is), Some(not)) if is.weight != not.weight => {
            Some(format!("{} with weight {}, not {}", is.socket, is.weight, not.weight))
        }
        _ => None,
    });
    let ways = texts(|shift| match (shift.from, shift.to) {
        (Some(is), Some(not)) if is.forwarding != not.forwarding => {
            let (was, wanted) = (is.forwarding.word(), not.forwarding.word());
            Some(format!("{} with forwarding {was}, not {wanted}", is.socket))
        }
        _ => None,
    });
    let lacks = lacks.map(|text| format!("has no real server {text}"));
    let more = more.map(|text| format!("has a further real server {text}"));
    let others =
        [weights, ways].into_iter().flatten().map(|text| format!("has real server {text}"));
    lacks.into_iter().chain(more).chain(others).collect()
}
