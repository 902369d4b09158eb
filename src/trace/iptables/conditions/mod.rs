//! What rules ask for (iptables-extensions(8)).

mod ends;
mod memory;
mod transport;

use super::words::Words;
use crate::trace::verdict::View;
use crate::trace::{Holds, Way, sets};

/// What is known of a condition.
#[derive(Debug)]
pub(super) enum Asked {
    /// For which packets it holds.
    Holds(Holds),
    /// It holds with a probability.
    Chance(f64),
    /// It does not hold, inverted or not.
    Never,
    /// It is no condition of its own.
    Nothing,
    /// Nothing is known of it.
    Unknown,
}

impl From<bool> for Asked {
    fn from(holds: bool) -> Asked {
        Asked::Holds(holds.into())
    }
}

impl From<Holds> for Asked {
    fn from(holds: Holds) -> Asked {
        Asked::Holds(holds)
    }
}

/// The matches that are known.
const KNOWN: [&str; 18] = [
    "addrtype",
    "comment",
    "conntrack",
    "icmp",
    "icmp6",
    "iprange",
    "ipvs",
    "limit",
    "mark",
    "multiport",
    "physdev",
    "recent",
    "sctp",
    "set",
    "state",
    "statistic",
    "tcp",
    "udp",
];

/// Whether a match is known: `-m NAME`.
pub(super) fn is_known(module: &str) -> bool {
    KNOWN.contains(&module)
}

/// For which packets of a way an option of a match holds; no match has been named yet where those
/// stand that every rule can have. Takes the values of the option.
pub(super) fn ask(module: &str, option: &str, words: &mut Words, way: &Way, view: &View) -> Asked {
    match (module, option) {
        (_, "-d") => ends::destination(words.value(), way),
        (_, "-s") => ends::source(words.value(), way),
        (_, "-i") => ends::device(words.value(), way.packet.input.as_ref()).into(),
        (_, "-o") => ends::device(words.value(), way.packet.output.as_ref()).into(),
        (_, "-p") => transport::protocol(words.value(), way).into(),
        // No packet here is a fragment.
        (_, "-f") => false.into(),
        ("comment", _) => {
            words.value();
            Asked::Nothing
        }
        ("tcp" | "udp" | "sctp" | "multiport" | "icmp" | "icmp6", _) => {
            transport::ask(option, words, way)
        }
        ("addrtype", "--src-type") => ends::source_type(words.value(), way, view),
        ("addrtype", "--dst-type") => ends::destination_type(words.value(), way, view),
        ("iprange", _) => ends::range(option, words.value(), way),
        ("physdev", _) => ends::port(option, words, way),
        ("set", "--match-set") => {
            let (name, directions) = (words.value(), words.value());
            sets::has(name, directions, way, view).map_or(Asked::Unknown, Asked::Holds)
        }
        _ => memory::ask(module, option, words, way),
    }
}
