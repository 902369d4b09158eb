//! What an iptables rule asks for and does, in the form in which the kernel gives it back.
//!
//! Whatever can be said in several ways (netspec 0.1) can be said in only one here: networks
//! have no host bits, marks are value and mask, probabilities are multiples of 2⁻³¹. These
//! values are borrowed and live as long as it takes to write them ([`super::Chains::rule`]).

use super::{ChainName, SetName, VirtualAddress};
use ipnet::IpNet;
use netc_lang::Protocol;
use std::net::IpAddr;

/// One condition. `not` inverts it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Match<'a> {
    /// No condition: it stands where one is optional.
    Any,
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
        name: &'a str,
    },
    /// `-o DEVICE`
    OutInterface {
        /// Inverted.
        not: bool,
        /// The device; a `+` at the end stands for anything.
        name: &'a str,
    },
    /// `-p PROTOCOL`
    Protocol(Protocol),
    /// `-p icmp`, in IPv6 `-p ipv6-icmp`
    Icmp,
    /// `-m icmp6 --icmpv6-type NUMBER`
    Icmpv6Type(u8),
    /// `-p PROTOCOL`, by its name.
    ProtocolName {
        /// Inverted.
        not: bool,
        /// The name.
        name: &'a str,
    },
    /// `-m comment --comment TEXT`; the text is put together from these parts.
    Comment(&'a [&'a str]),
    /// `-m comment --comment TEXT`; the text is in one part.
    Remark(&'a str),
    /// `-m PROTOCOL`: the protocol's match without an option.
    Transport(Protocol),
    /// `-m PROTOCOL --dport PORT`
    DestinationPort(Protocol, u16),
    /// `-m multiport --dports PORT,PORT`: at most 15.
    DestinationPorts(&'a [u16]),
    /// `-m PROTOCOL --sport PORTS --dport PORTS`, each inverted or not, the first and the last port.
    Ports {
        /// The protocol.
        protocol: Protocol,
        /// Ports that packets come from.
        source: Option<(bool, u16, u16)>,
        /// Ports that they go to.
        destination: Option<(bool, u16, u16)>,
    },
    /// `-m mark --mark VALUE/MASK`
    Mark {
        /// Inverted.
        not: bool,
        /// The value.
        value: u32,
        /// The bits that count.
        mask: u32,
    },
    /// `-m conntrack --ctstate STATES`
    Conntrack {
        /// Inverted.
        not: bool,
        /// The states.
        states: ConntrackStates,
    },
    /// `-m conntrack --ctstate STATES`, by their names in the kernel's order.
    States {
        /// Inverted.
        not: bool,
        /// The names.
        names: &'a [&'a str],
    },
    /// `-m state --state NEW`: what `-m conntrack --ctstate NEW` was written as once; the kernel keeps
    /// the two apart.
    NewState,
    /// `-m addrtype --src-type|--dst-type TYPE`
    AddressType {
        /// Inverted.
        not: bool,
        /// Of which address.
        side: Side,
        /// The name of the type.
        name: &'a str,
    },
    /// `-m statistic --mode random --probability P`
    Random(Probability),
    /// `-m recent --rcheck --seconds N --reap --name CHAIN`
    RecentlySeen {
        /// The list, named after an endpoint's chain.
        list: &'a ChainName,
        /// For how long an address stays in it.
        seconds: u32,
    },
    /// `-m recent --set --name CHAIN`
    Remember(&'a ChainName),
    /// `-m set --match-set NAME DIRECTIONS`
    InSet {
        /// The set.
        name: &'a SetName,
        /// What of the packet is looked up: `dst,dst`.
        directions: &'static str,
    },
    /// `-m physdev ! --physdev-is-in`: it did not come in by a port of a bridge.
    NotByBridgePort,
    /// `-m ipvs --vaddr ADDRESS --vproto PROTOCOL --vport PORT`: it is of a connection to a
    /// virtual server.
    OfVirtual(VirtualAddress),
}

impl Match<'_> {
    /// `-m addrtype --src-type|--dst-type LOCAL`
    #[must_use]
    pub fn local(side: Side) -> Match<'static> {
        Match::AddressType { not: false, side, name: "LOCAL" }
    }

    /// `-m addrtype ! --src-type|! --dst-type LOCAL`
    #[must_use]
    pub fn foreign(side: Side) -> Match<'static> {
        Match::AddressType { not: true, side, name: "LOCAL" }
    }

    /// `-m mark [!] --mark MARK/MARK`: of the bits of a mark all are set, or not.
    #[must_use]
    pub fn marked(not: bool, mark: u32) -> Match<'static> {
        Match::Mark { not, value: mark, mask: mark }
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
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        if n <= 1 {
            return Probability(1 << 31);
        }
        // Half of the places times 2³¹ fits 64 bits.
        let decimal = (PLACES + n / 2) / n;
        let scaled = ((decimal << 31) + PLACES / 2) / PLACES;
        Probability(u32::try_from(scaled).unwrap_or(1 << 31))
    }
}

/// What happens to a packet that matches.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Target<'a> {
    /// Nothing: the rule is there for its comment.
    None,
    /// `ACCEPT`
    Accept,
    /// `DROP`
    Drop,
    /// `RETURN`
    Return,
    /// `REJECT`, with an ICMP port-unreachable.
    Reject,
    /// Another chain.
    Jump(&'a ChainName),
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
    /// `DNAT --to-destination ADDRESS:PORT`; the destination as
    /// [`push_socket`](super::text::push_socket) writes it.
    Dnat(&'a str),
    /// `SNAT --to-source ADDRESS[:PORT]`
    Snat {
        /// The new source.
        address: IpAddr,
        /// Its port; the old one, as far as it is free, if there is none.
        port: Option<u16>,
    },
    /// `REDIRECT --to-ports PORT`
    Redirect(u16),
    /// `LOG [--log-prefix TEXT]`
    Log(Option<&'a str>),
    /// `CT --notrack`
    NoTrack,
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
}
