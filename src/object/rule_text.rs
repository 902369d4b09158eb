//! iptables rules as iptables-save prints them.
//!
//! What is written here is what the kernel gives back (netspec 0.1), so live state can be
//! compared with it as text. There is no other place that writes a rule.

use super::text::{push_address, push_fraction, push_network, push_number, push_socket};
use super::{ConntrackStates, Match, Side, Target, VirtualAddress};
use crate::model::Family;
use netc_lang::Protocol;
use std::fmt::Write;
use std::net::SocketAddr;

/// Appends what follows the name of the chain in a rule: the conditions, then the target. The
/// conditions on addresses, devices and protocol come first, wherever they are given, as
/// iptables-save prints them; the others keep their order.
pub(super) fn push_rule(out: &mut String, family: Family, matches: &[Match], target: Target) {
    let start = out.len();
    let mut last = 0;
    for one in matches {
        let Some(place) = place(one) else { continue };
        if place < last {
            out.truncate(start);
            push_by_place(out, family, matches);
            break;
        }
        last = place;
        push_match(out, family, one);
    }
    push_target(out, family, target);
}

#[cold]
fn push_by_place(out: &mut String, family: Family, matches: &[Match]) {
    for own in 0..=OTHERS {
        let here = matches.iter().filter(|one| place(one) == Some(own));
        here.for_each(|one| push_match(out, family, one));
    }
}

/// The place of conditions that keep their order, behind all others.
const OTHERS: u8 = 5;

/// The place in a printed rule, if it stands there at all.
fn place(one: &Match) -> Option<u8> {
    match one {
        Match::Any => None,
        Match::Source { .. } => Some(0),
        Match::Destination { .. } => Some(1),
        Match::InInterface { .. } => Some(2),
        Match::OutInterface { .. } => Some(3),
        Match::Protocol(_) | Match::ProtocolName { .. } | Match::Icmp => Some(4),
        _ => Some(OTHERS),
    }
}

#[inline]
fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

fn push_match(out: &mut String, family: Family, one: &Match) {
    match *one {
        Match::Any => {}
        Match::Source { not, net } => {
            out.push_str(if not { " ! -s " } else { " -s " });
            push_network(out, net);
        }
        Match::Destination { not, net } => {
            out.push_str(if not { " ! -d " } else { " -d " });
            push_network(out, net);
        }
        Match::InInterface { not, name } => push(out, &[inverted(not), " -i ", name]),
        Match::OutInterface { not, name } => push(out, &[inverted(not), " -o ", name]),
        Match::Protocol(protocol) => push(out, &[" -p ", protocol.name()]),
        Match::Icmp => push(out, &[" -p ", icmp(family)]),
        Match::Comment(parts) => push_comment(out, parts),
        Match::Transport(protocol) => out.push_str(transport(protocol)),
        Match::DestinationPort(protocol, port) => {
            push(out, &[transport(protocol), " --dport "]);
            push_number(out, u32::from(port));
        }
        Match::DestinationPorts(ports) => push_list(out, ports),
        Match::Mark { not, value, mask } => {
            push(out, &[" -m mark", inverted(not), " --mark "]);
            push_asked_mark(out, value, mask);
        }
        Match::Conntrack { not, states } => {
            push(out, &[" -m conntrack", inverted(not), " --ctstate ", state_names(states)]);
        }
        Match::AddressType { not, side, name } => {
            let option = match side {
                Side::Source => " --src-type ",
                Side::Destination => " --dst-type ",
            };
            push(out, &[" -m addrtype", inverted(not), option, name]);
        }
        Match::Random(probability) => {
            out.push_str(" -m statistic --mode random --probability ");
            push_fraction(out, probability.0);
        }
        Match::RecentlySeen { list, seconds } => {
            out.push_str(" -m recent --rcheck --seconds ");
            push_number(out, seconds);
            push(out, &[" --reap --name ", list.as_str(), whole_address(family)]);
        }
        Match::Remember(list) => {
            push(out, &[" -m recent --set --name ", list.as_str(), whole_address(family)]);
        }
        Match::InSet { name, directions } => {
            push(out, &[" -m set --match-set ", name.as_str(), " ", directions]);
        }
        Match::NotByBridgePort => out.push_str(" -m physdev ! --physdev-is-in"),
        _ => push_seldom(out, one),
    }
}

/// The conditions that few rules have.
fn push_seldom(out: &mut String, one: &Match) {
    match *one {
        Match::Icmpv6Type(number) => {
            out.push_str(" -m icmp6 --icmpv6-type ");
            push_number(out, number.into());
        }
        Match::ProtocolName { not, name } => push(out, &[inverted(not), " -p ", name]),
        Match::OfVirtual(VirtualAddress { socket, protocol }) => {
            // libxt_ipvs prints the protocol by number, and no length behind a whole address.
            push(out, &[" -m ipvs --vproto ", number(protocol), " --vaddr "]);
            push_address(out, socket.ip());
            out.push_str(" --vport ");
            push_number(out, socket.port().into());
        }
        Match::NewState => out.push_str(" -m state --state NEW"),
        Match::Remark(text) => push_comment(out, &[text]),
        Match::Ports { protocol, source, destination } => {
            out.push_str(transport(protocol));
            push_ports(out, " --sport ", source);
            push_ports(out, " --dport ", destination);
        }
        Match::States { not, names } => {
            push(out, &[" -m conntrack", inverted(not), " --ctstate ", &names.join(",")]);
        }
        _ => {}
    }
}

fn push_list(out: &mut String, ports: &[u16]) {
    for (place, port) in ports.iter().enumerate() {
        out.push_str(if place == 0 { " -m multiport --dports " } else { "," });
        push_number(out, u32::from(*port));
    }
}

fn push_target(out: &mut String, family: Family, target: Target) {
    match target {
        Target::None => {}
        Target::Accept => out.push_str(" -j ACCEPT"),
        Target::Drop => out.push_str(" -j DROP"),
        Target::Return => out.push_str(" -j RETURN"),
        Target::Reject => out.push_str(match family {
            Family::V4 => " -j REJECT --reject-with icmp-port-unreachable",
            Family::V6 => " -j REJECT --reject-with icmp6-port-unreachable",
        }),
        Target::Jump(chain) => push(out, &[" -j ", chain.as_str()]),
        Target::Masquerade { random_fully: false } => out.push_str(" -j MASQUERADE"),
        Target::Masquerade { random_fully: true } => {
            out.push_str(" -j MASQUERADE --random-fully");
        }
        Target::Mark { value, mask } => {
            out.push_str(" -j MARK --set-xmark ");
            push_mark(out, value, mask);
        }
        Target::Dnat(to) => push(out, &[" -j DNAT --to-destination ", to]),
        Target::Snat { address, port } => {
            out.push_str(" -j SNAT --to-source ");
            match port {
                Some(port) => push_socket(out, SocketAddr::new(address, port)),
                None => push_address(out, address),
            }
        }
        Target::Redirect(port) => {
            out.push_str(" -j REDIRECT --to-ports ");
            push_number(out, port.into());
        }
        Target::Log(prefix) => {
            out.push_str(" -j LOG");
            if let Some(prefix) = prefix {
                out.push_str(" --log-prefix ");
                push_text(out, &[prefix]);
            }
        }
        Target::NoTrack => out.push_str(" -j CT --notrack"),
    }
}

fn transport(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => " -m tcp",
        Protocol::Udp => " -m udp",
        Protocol::Sctp => " -m sctp",
    }
}

fn icmp(family: Family) -> &'static str {
    match family {
        Family::V4 => "icmp",
        Family::V6 => "ipv6-icmp",
    }
}

/// The number of a protocol (IANA's registry of protocol numbers).
fn number(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "6",
        Protocol::Udp => "17",
        Protocol::Sctp => "132",
    }
}

fn inverted(not: bool) -> &'static str {
    if not { " !" } else { "" }
}

/// A comment of letters, digits, `_` and `-` alone stands without quotes; in quotes `"`, `\`
/// and `'` are escaped (`xtables_save_string` of libxtables).
fn push_comment(out: &mut String, parts: &[&str]) {
    out.push_str(" -m comment --comment ");
    push_text(out, parts);
}

fn push_text(out: &mut String, parts: &[&str]) {
    // Nearly all texts need quotes and no escape.
    out.push('"');
    let start = out.len();
    let mut needs = 0;
    for part in parts {
        out.push_str(part);
        needs = part.bytes().fold(needs, |needs, byte| needs | self::needs(byte));
    }
    if needs == 0 && out.len() > start {
        out.truncate(start - 1);
        return push(out, parts);
    }
    if needs & ESCAPE != 0 {
        out.truncate(start);
        for c in parts.iter().flat_map(|part| part.chars()) {
            if u8::try_from(c).is_ok_and(|byte| self::needs(byte) & ESCAPE != 0) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out.push('"');
}

const QUOTES: u8 = 1;
const ESCAPE: u8 = 2;

/// What a byte of a comment needs.
fn needs(byte: u8) -> u8 {
    /// For each byte.
    static NEEDS: [u8; 256] = table();
    #[expect(clippy::indexing_slicing, reason = "run by the compiler: a fault fails the build")]
    const fn table() -> [u8; 256] {
        let mut all = [QUOTES; 256];
        let mut byte = 0;
        while byte <= u8::MAX as usize {
            all[byte] = match byte as u8 {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => 0,
                b'"' | b'\\' | b'\'' => QUOTES | ESCAPE,
                _ => QUOTES,
            };
            byte += 1;
        }
        all
    }
    NEEDS.get(usize::from(byte)).copied().unwrap_or(QUOTES)
}

/// A condition on a mark: a mask of all bits goes without saying.
fn push_asked_mark(out: &mut String, value: u32, mask: u32) {
    if mask == u32::MAX {
        // Writing to a string cannot fail.
        let _ = write!(out, "{value:#x}");
    } else {
        push_mark(out, value, mask);
    }
}

fn push_ports(out: &mut String, option: &str, ports: Option<(bool, u16, u16)>) {
    let Some((not, first, last)) = ports else { return };
    push(out, &[inverted(not), option]);
    push_number(out, first.into());
    if first != last {
        out.push(':');
        push_number(out, last.into());
    }
}

fn push_mark(out: &mut String, value: u32, mask: u32) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value:#x}/{mask:#x}");
}

fn state_names(states: ConntrackStates) -> &'static str {
    match states {
        ConntrackStates::Invalid => "INVALID",
        ConntrackStates::New => "NEW",
        ConntrackStates::Established => "RELATED,ESTABLISHED",
        ConntrackStates::EstablishedOrDnat => "RELATED,ESTABLISHED,DNAT",
    }
}

/// The recent match keeps whole source addresses.
fn whole_address(family: Family) -> &'static str {
    match family {
        Family::V4 => " --mask 255.255.255.255 --rsource",
        Family::V6 => " --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{ChainName, Probability, SetName};

    fn rule(family: Family, matches: &[Match], target: Target) -> String {
        let mut out = String::new();
        push_rule(&mut out, family, matches, target);
        out
    }

    #[test]
    fn probabilities_have_eleven_places() {
        let shown = |n| rule(Family::V4, &[Match::Random(Probability::one_in(n))], Target::None);
        assert!(shown(1).ends_with(" 1.00000000000"));
        assert!(shown(3).ends_with(" 0.33333333349"));
        assert!(shown(100).ends_with(" 0.00999999978"));
    }

    #[test]
    fn comments_are_quoted_as_iptables_save_quotes_them() {
        let comment = |parts: &[&str]| rule(Family::V4, &[Match::Comment(parts)], Target::Return);
        assert_eq!(comment(&["plain", "_one-1"]), " -m comment --comment plain_one-1 -j RETURN");
        assert_eq!(comment(&["a", " b"]), " -m comment --comment \"a b\" -j RETURN");
        assert_eq!(comment(&["it's \"x\""]), r#" -m comment --comment "it\'s \"x\"" -j RETURN"#);
        assert_eq!(comment(&["ö \\"]), r#" -m comment --comment "ö \\" -j RETURN"#);
        assert_eq!(comment(&[]), " -m comment --comment \"\" -j RETURN");
    }

    #[test]
    fn sets_and_virtual_servers_are_asked_for_as_iptables_save_prints_them() {
        let name = &SetName::new("KUBE-CLUSTER-IP");
        let within = [Match::InSet { name, directions: "dst,dst" }];
        let expected = " -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT";
        assert_eq!(rule(Family::V4, &within, Target::Accept), expected);
        let foreign = [Match::NotByBridgePort, Match::foreign(Side::Source)];
        let expected = " -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT";
        assert_eq!(rule(Family::V4, &foreign, Target::Accept), expected);
        let of = |socket: &str, protocol| {
            [Match::OfVirtual(VirtualAddress { socket: socket.parse().unwrap(), protocol })]
        };
        let v4 = of("203.0.113.3:80", Protocol::Tcp);
        let expected = " -m ipvs --vproto 6 --vaddr 203.0.113.3 --vport 80 -j DROP";
        assert_eq!(rule(Family::V4, &v4, Target::Drop), expected);
        let v6 = of("[fd00::7]:53", Protocol::Udp);
        let expected = " -m ipvs --vproto 17 --vaddr fd00::7 --vport 53 -j DROP";
        assert_eq!(rule(Family::V6, &v6, Target::Drop), expected);
    }

    #[test]
    fn addresses_and_protocol_come_first() {
        let matches = [
            Match::Comment(&["x"]),
            Match::Any,
            Match::Protocol(Protocol::Tcp),
            Match::Transport(Protocol::Tcp),
            Match::Source { not: true, net: "10.0.0.0/8".parse().unwrap() },
        ];
        let expected = " ! -s 10.0.0.0/8 -p tcp -m comment --comment x -m tcp -j RETURN";
        assert_eq!(rule(Family::V4, &matches, Target::Return), expected);
        assert_eq!(rule(Family::V4, &[Match::Any], Target::Accept), " -j ACCEPT");
    }

    #[test]
    fn families_differ_where_the_kernel_has_them_differ() {
        let list = ChainName::new(&["KUBE-SEP-X"]);
        let seen = [Match::RecentlySeen { list: &list, seconds: 10800 }];
        assert_eq!(
            rule(Family::V4, &seen, Target::Reject),
            " -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-X --mask 255.255.255.255 --rsource -j REJECT --reject-with icmp-port-unreachable"
        );
        assert!(rule(Family::V6, &seen, Target::Reject).ends_with("icmp6-port-unreachable"));
        let to = Target::Dnat("[fd00::2]:80");
        assert_eq!(rule(Family::V6, &[], to), " -j DNAT --to-destination [fd00::2]:80");
    }
}
