//! Conditions on what is remembered of packets: marks, connections, who has been here; and on
//! chance.

use super::{Asked, transport};
use crate::trace::iptables::words::{Words, masked};
use crate::trace::{TrackState, Tracked, Way};

/// Asks for what a match remembers.
pub(super) fn ask(module: &str, option: &str, words: &mut Words, way: &Way) -> Asked {
    let tracked = &way.packet.tracked;
    match (module, option) {
        ("mark", "--mark") => match masked(words.value()) {
            Some((value, mask)) => (way.packet.mark & mask == value).into(),
            None => Asked::Unknown,
        },
        ("conntrack", "--ctstate") | ("state", "--state") => states(words.value(), tracked),
        ("conntrack", "--ctdir") => match words.value() {
            "ORIGINAL" => (!tracked.reply).into(),
            "REPLY" => tracked.reply.into(),
            _ => Asked::Unknown,
        },
        ("recent", _) => recent(option, words),
        ("statistic", _) => statistic(option, words),
        ("ipvs", _) => ipvs(option, words, tracked),
        // The first packet of a connection is always within the limit.
        ("limit", "--limit" | "--limit-burst") => {
            words.value();
            Asked::Nothing
        }
        _ => Asked::Unknown,
    }
}

/// `--ctstate NEW,DNAT`: one of these (`conntrack_mt` in xt_conntrack.c).
fn states(list: &str, tracked: &Tracked) -> Asked {
    let translatable = matches!(tracked.state, TrackState::New | TrackState::Established);
    let mut holds = false;
    for name in list.split(',') {
        holds |= match name {
            "NEW" => tracked.state == TrackState::New,
            "ESTABLISHED" => tracked.state == TrackState::Established,
            "UNTRACKED" => tracked.state == TrackState::Untracked,
            "INVALID" => tracked.state == TrackState::Invalid,
            "DNAT" => translatable && tracked.dnat,
            "SNAT" => translatable && tracked.snat,
            // No packet here is of a connection that another one led to.
            "RELATED" => false,
            _ => return Asked::Unknown,
        };
    }
    holds.into()
}

/// The options of `-m recent`. Nobody has been here before; to write down that somebody is here
/// now always succeeds (`recent_mt` in xt_recent.c).
fn recent(option: &str, words: &mut Words) -> Asked {
    match option {
        "--set" => true.into(),
        "--rcheck" | "--update" | "--remove" => false.into(),
        "--reap" | "--rttl" | "--rsource" | "--rdest" => Asked::Nothing,
        "--seconds" | "--hitcount" | "--name" | "--mask" => {
            words.value();
            Asked::Nothing
        }
        _ => Asked::Unknown,
    }
}

/// The options of `-m statistic`: with a probability, which the kernel holds in steps of 2⁻³¹, or
/// one in so many.
fn statistic(option: &str, words: &mut Words) -> Asked {
    const STEPS: f64 = 2_147_483_648.0;
    let value = words.value();
    match (option, value.parse::<f64>()) {
        ("--mode", _) if matches!(value, "random" | "nth") => Asked::Nothing,
        ("--packet", Ok(_)) => Asked::Nothing,
        ("--probability", Ok(chance)) => Asked::Chance((chance * STEPS).round() / STEPS),
        ("--every", Ok(every)) if every >= 1.0 => Asked::Chance(1.0 / every),
        _ => Asked::Unknown,
    }
}

/// The options of `-m ipvs`: without a connection of IPVS none holds, inverted or not
/// (`ipvs_mt` in xt_ipvs.c).
fn ipvs(option: &str, words: &mut Words, tracked: &Tracked) -> Asked {
    let Some(server) = tracked.server else {
        return if option == "--ipvs" { false.into() } else { Asked::Never };
    };
    let value = if option == "--ipvs" { "" } else { words.value() };
    match option {
        "--ipvs" => true.into(),
        "--vproto" => value.parse().map_or(Asked::Unknown, |asked: u8| {
            (transport::number_of(server.protocol) == asked).into()
        }),
        "--vaddr" => super::ends::network(value)
            .map_or(Asked::Unknown, |asked| asked.contains(&server.socket.ip()).into()),
        "--vport" => value
            .parse()
            .map_or(Asked::Unknown, |asked: u16| (server.socket.port() == asked).into()),
        "--vdir" => match value {
            "ORIGINAL" => (!tracked.reply).into(),
            "REPLY" => tracked.reply.into(),
            _ => Asked::Unknown,
        },
        _ => Asked::Unknown,
    }
}
