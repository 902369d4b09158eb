//! iptables rules, in the form in which the kernel gives them back.
//!
//! Whatever can be said in several ways (netspec 0.1) can be held in only one: networks have
//! no host bits, marks are value and mask, probabilities are multiples of 2⁻³¹.

use super::{ChainName, Text};
use ipnet::IpNet;
use netc_lang::{Protocol, Span};
use std::net::SocketAddr;

/// A rule: if everything matches, the target decides.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rule<'r> {
    /// What must match, in the order in which iptables-save prints it.
    pub matches: &'r [Match],
    /// What happens then.
    pub target: &'r Target,
    /// The statement that asked for it.
    pub origin: Span,
}

/// The rules of a chain. A large cluster has hundreds of thousands, most of them short, so all
/// matches of a chain lie in one piece of memory.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Rules {
    matches: Vec<Match>,
    rules: Vec<Tail>,
}

/// What follows the matches of a rule, and where they end.
#[derive(Clone, PartialEq, Debug)]
struct Tail {
    end: u32,
    target: Target,
    origin: Span,
}

impl Rules {
    /// Appends a rule. The matches on addresses, devices and protocol come first, wherever they
    /// are given, as iptables-save prints them; the others keep their order.
    pub fn push(&mut self, matches: impl IntoIterator<Item = Match>, target: Target, origin: Span) {
        let start = self.matches.len();
        self.matches.extend(matches);
        if let Some(own) = self.matches.get_mut(start..)
            && !own.is_sorted_by_key(Match::rank)
        {
            own.sort_by_key(Match::rank);
        }
        let end = u32::try_from(self.matches.len()).unwrap_or(u32::MAX);
        self.rules.push(Tail { end, target, origin });
    }

    /// An empty list with room for so many rules and matches.
    #[must_use]
    pub fn with_capacity(rules: usize, matches: usize) -> Rules {
        Rules { matches: Vec::with_capacity(matches), rules: Vec::with_capacity(rules) }
    }

    /// A list of one rule.
    #[must_use]
    pub fn one(matches: impl IntoIterator<Item = Match>, target: Target, origin: Span) -> Rules {
        let mut rules = Rules::default();
        rules.push(matches, target, origin);
        rules
    }

    /// The rules, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Rule<'_>> {
        let mut start = 0;
        self.rules.iter().map(move |Tail { end, target, origin }| {
            let matches = self.matches.get(start..*end as usize).unwrap_or_default();
            start = *end as usize;
            Rule { matches, target, origin: *origin }
        })
    }

    /// The targets, in order.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.rules.iter().map(|rule| &rule.target)
    }

    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// One condition. `not` inverts it.
#[derive(Clone, PartialEq, Debug)]
pub enum Match {
    /// `-s NETWORK`
    Source {
        /// Inverted.
        not: bool,
        /// The network.
        net: IpNet,
    },
    /// `-d NETWORK`
    Destination {
        /// Inverted.
        not: bool,
        /// The network.
        net: IpNet,
    },
    /// `-i DEVICE`
    InInterface {
        /// Inverted.
        not: bool,
        /// The device; a `+` at the end stands for anything.
        name: Text,
    },
    /// `-p PROTOCOL`
    Protocol(Protocol),
    /// `-m comment --comment TEXT`
    Comment(Text),
    /// `-m PROTOCOL`: the protocol's match without an option.
    Transport(Protocol),
    /// `-m PROTOCOL --dport PORT`
    DestinationPort(Protocol, u16),
    /// `-m mark --mark VALUE/MASK`
    Mark {
        /// Inverted.
        not: bool,
        /// Value and mask.
        mark: u32,
    },
    /// `-m conntrack --ctstate STATES`
    Conntrack {
        /// Inverted.
        not: bool,
        /// The states.
        states: ConntrackStates,
    },
    /// `-m addrtype --src-type|--dst-type LOCAL`
    LocalAddress(Side),
    /// `-m statistic --mode random --probability P`
    Random(Probability),
    /// `-m recent --rcheck --seconds N --reap --name CHAIN`
    RecentlySeen {
        /// The list, named after an endpoint's chain.
        list: Text,
        /// For how long an address stays in it.
        seconds: u32,
    },
    /// `-m recent --set --name CHAIN`
    Remember(Text),
}

impl Match {
    /// The place in a printed rule.
    fn rank(&self) -> u8 {
        match self {
            Match::Source { .. } => 0,
            Match::Destination { .. } => 1,
            Match::InInterface { .. } => 2,
            Match::Protocol(_) => 3,
            _ => 4,
        }
    }
}

/// The source or the destination of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The source.
    Source,
    /// The destination.
    Destination,
}

/// Sets of connection states that kube-proxy asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConntrackStates {
    /// `INVALID`
    Invalid,
    /// `NEW`
    New,
    /// `RELATED,ESTABLISHED`
    Established,
    /// `RELATED,ESTABLISHED,DNAT`
    EstablishedOrDnat,
}

/// A probability as the kernel holds it: a multiple of 2⁻³¹ (`xt_statistic_info`, nth bit 31).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Probability(pub u32);

impl Probability {
    /// One in `n`, by way of the ten decimal places that kube-proxy hands to iptables.
    #[must_use]
    pub fn one_in(n: usize) -> Probability {
        const PLACES: u64 = 10_000_000_000;
        let n = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        let decimal = (PLACES + n / 2) / n;
        let scaled =
            (u128::from(decimal) * (1 << 31) + u128::from(PLACES / 2)) / u128::from(PLACES);
        Probability(u32::try_from(scaled).unwrap_or(1 << 31))
    }
}

/// What happens to a packet that matches.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// `ACCEPT`
    Accept,
    /// `DROP`
    Drop,
    /// `RETURN`
    Return,
    /// `REJECT`, with an ICMP port-unreachable.
    Reject,
    /// Another chain.
    Jump(ChainName),
    /// `MASQUERADE [--random-fully]`
    Masquerade {
        /// Pick source ports at random.
        random_fully: bool,
    },
    /// `MARK --set-xmark VALUE/MASK`: the bits of the mask are cleared, then the value is
    /// xor-ed in.
    Mark {
        /// What is xor-ed in.
        value: u32,
        /// What is cleared first.
        mask: u32,
    },
    /// `DNAT --to-destination ADDRESS:PORT`
    Dnat(SocketAddr),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_the_ones_the_kernel_gives_back() {
        // The table of netspec 0.1, read back from a real kernel.
        let table = [
            (1, "1.00000000000"),
            (2, "0.50000000000"),
            (3, "0.33333333349"),
            (4, "0.25000000000"),
            (5, "0.20000000019"),
            (6, "0.16666666651"),
            (7, "0.14285714272"),
            (8, "0.12500000000"),
            (9, "0.11111111101"),
            (10, "0.10000000009"),
            (11, "0.09090909082"),
            (12, "0.08333333349"),
            (100, "0.00999999978"),
        ];
        for (n, shown) in table {
            let kernel = f64::from(Probability::one_in(n).0) / f64::from(1u32 << 31);
            assert_eq!(format!("{kernel:.11}"), shown, "1/{n}");
        }
    }

    #[test]
    fn addresses_and_protocol_come_first() {
        let mut rules = Rules::default();
        rules.push([], Target::Accept, Span::default());
        let matches = [Match::Comment("x".into()), Match::Protocol(Protocol::Tcp)];
        rules.push(matches, Target::Return, Span::default());
        let all: Vec<Rule> = rules.iter().collect();
        assert!(all[0].matches.is_empty());
        assert_eq!(all[1].matches[0], Match::Protocol(Protocol::Tcp));
    }
}
