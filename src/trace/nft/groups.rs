//! Ways divide where what a rule asks for is not the same for all that a packet stands for.

use super::super::{Holds, Way, Who};
use super::field::Ends;
use std::net::IpAddr;

/// What something comes to, for all or for each of several groups.
pub(super) enum Groups<T> {
    All(T),
    Apart(Vec<(Way, T)>),
}

/// What something comes to that is told by one or both ends of a packet.
pub(super) fn groups<T: PartialEq>(
    way: &Way,
    ends: Ends,
    of: impl Fn(IpAddr, IpAddr) -> T,
) -> Groups<T> {
    let first = |way: &Way| of(way.packet.source.first(), way.packet.destination.first());
    let several = |who: &Who| matches!(who, Who::Any(_));
    let (source, destination) = (
        ends.source && several(&way.packet.source),
        ends.destination && several(&way.packet.destination),
    );
    let mut result = first(way);
    if !source && !destination {
        return Groups::All(result);
    }
    let split = |way: &Way, result: &T| match (source, destination) {
        (true, true) => way.by_both(|from, to| of(from, to) == *result),
        (true, false) => {
            let to = way.packet.destination.first();
            way.by_source(|from| of(from, to) == *result)
        }
        _ => {
            let from = way.packet.source.first();
            way.by_destination(|to| of(from, to) == *result)
        }
    };
    let Holds::Partly(pair) = split(way, &result) else { return Groups::All(result) };
    let (own, mut rest) = *pair;
    let mut all = vec![(own, result)];
    loop {
        result = first(&rest);
        match split(&rest, &result) {
            Holds::Partly(pair) => {
                let (own, others) = *pair;
                all.push((own, result));
                rest = others;
            }
            _ => {
                all.push((rest, result));
                return Groups::Apart(all);
            }
        }
    }
}
