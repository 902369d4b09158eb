//! iptables rules as iptables-save prints them, and input for iptables-restore.
//!
//! What is written here is what the kernel gives back (netspec 0.1), so live state can be
//! compared line by line.

use crate::model::Family;
use crate::object::text::{push_network, push_number, push_socket};
use crate::object::{Chain, ConntrackStates, Jump, Match, Probability, Rule, Side, Table, Target};
use std::fmt::Write;

/// Complete input for `iptables-restore --noflush` on a node without these chains: the chains,
/// the jumps from the built-in chains in their final order, and the rules. The chains come in
/// the order given; jumps must be sorted by hook and place. Empty if there is nothing to restore.
#[must_use]
pub fn restore(family: Family, chains: &[&Chain], jumps: &[&Jump]) -> String {
    const RULE: usize = 140;
    let rules: usize = chains.iter().map(|chain| chain.rules.len() + 1).sum();
    let mut out = String::with_capacity(rules * RULE);
    for table in Table::ALL {
        let own = || chains.iter().filter(|one| one.family == family && one.table == table);
        let to_own = jumps.iter().filter(|one| one.family == family && one.table == table);
        if own().next().is_none() {
            continue;
        }
        push(&mut out, &["*", table.name(), "\n"]);
        for chain in own() {
            push(&mut out, &[":", chain.name.as_str(), " - [0:0]\n"]);
        }
        for jump in to_own {
            for rule in jump.rule.iter() {
                push_rule(&mut out, family, jump.hook.name(), rule);
                out.push('\n');
            }
        }
        for chain in own() {
            for rule in chain.rules.iter() {
                push_rule(&mut out, family, chain.name.as_str(), rule);
                out.push('\n');
            }
        }
        out.push_str("COMMIT\n");
    }
    out
}

/// One rule of a chain, as iptables-save prints it.
#[must_use]
pub fn rule_line(family: Family, chain: &str, rule: Rule) -> String {
    let mut out = String::new();
    push_rule(&mut out, family, chain, rule);
    out
}

/// A jump, as iptables-save prints it.
#[must_use]
pub fn jump_line(jump: &Jump) -> String {
    let line = |rule| rule_line(jump.family, jump.hook.name(), rule);
    jump.rule.iter().map(line).next().unwrap_or_default()
}

#[inline]
fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

fn push_rule(out: &mut String, family: Family, chain: &str, rule: Rule) {
    push(out, &["-A ", chain]);
    for one in rule.matches {
        push_match(out, family, one);
    }
    push_target(out, family, rule.target);
}

fn push_match(out: &mut String, family: Family, one: &Match) {
    match one {
        Match::Source { not, net } => {
            push(out, &[inverted(*not), " -s "]);
            push_network(out, *net);
        }
        Match::Destination { not, net } => {
            push(out, &[inverted(*not), " -d "]);
            push_network(out, *net);
        }
        Match::InInterface { not, name } => push(out, &[inverted(*not), " -i ", name]),
        Match::Protocol(protocol) => push(out, &[" -p ", protocol.name()]),
        Match::Comment(text) => push_comment(out, text),
        Match::Transport(protocol) => push(out, &[" -m ", protocol.name()]),
        Match::DestinationPort(protocol, port) => {
            push(out, &[" -m ", protocol.name(), " --dport "]);
            push_number(out, u32::from(*port));
        }
        Match::Mark { not, mark } => {
            push(out, &[" -m mark", inverted(*not), " --mark "]);
            push_mark(out, *mark, *mark);
        }
        Match::Conntrack { not, states } => {
            push(out, &[" -m conntrack", inverted(*not), " --ctstate ", state_names(*states)]);
        }
        Match::LocalAddress(side) => {
            let option = match side {
                Side::Source => " --src-type LOCAL",
                Side::Destination => " --dst-type LOCAL",
            };
            push(out, &[" -m addrtype", option]);
        }
        Match::Random(probability) => {
            out.push_str(" -m statistic --mode random --probability ");
            push_probability(out, *probability);
        }
        Match::RecentlySeen { list, seconds } => {
            out.push_str(" -m recent --rcheck --seconds ");
            push_number(out, *seconds);
            push(out, &[" --reap --name ", list, whole_address(family)]);
        }
        Match::Remember(list) => {
            push(out, &[" -m recent --set --name ", list, whole_address(family)]);
        }
    }
}

fn push_target(out: &mut String, family: Family, target: &Target) {
    match target {
        Target::Accept => out.push_str(" -j ACCEPT"),
        Target::Drop => out.push_str(" -j DROP"),
        Target::Return => out.push_str(" -j RETURN"),
        Target::Reject => {
            let with = match family {
                Family::V4 => "icmp-port-unreachable",
                Family::V6 => "icmp6-port-unreachable",
            };
            push(out, &[" -j REJECT --reject-with ", with]);
        }
        Target::Jump(chain) => push(out, &[" -j ", chain.as_str()]),
        Target::Masquerade { random_fully } => {
            let fully = if *random_fully { " --random-fully" } else { "" };
            push(out, &[" -j MASQUERADE", fully]);
        }
        Target::Mark { value, mask } => {
            out.push_str(" -j MARK --set-xmark ");
            push_mark(out, *value, *mask);
        }
        Target::Dnat(to) => {
            out.push_str(" -j DNAT --to-destination ");
            push_socket(out, *to);
        }
    }
}

fn inverted(not: bool) -> &'static str {
    if not { " !" } else { "" }
}

/// A comment of letters, digits, `_` and `-` alone stands without quotes; in quotes `"`, `\`
/// and `'` are escaped (`xtables_save_string` of libxtables).
fn push_comment(out: &mut String, text: &str) {
    out.push_str(" -m comment --comment ");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !text.is_empty() && text.bytes().all(plain) {
        return out.push_str(text);
    }
    out.push('"');
    if text.contains(['"', '\\', '\'']) {
        for c in text.chars() {
            if matches!(c, '"' | '\\' | '\'') {
                out.push('\\');
            }
            out.push(c);
        }
    } else {
        out.push_str(text);
    }
    out.push('"');
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

/// Eleven decimal places, as iptables prints the kernel's 31 bits.
fn push_probability(out: &mut String, probability: Probability) {
    const PLACES: u64 = 100_000_000_000;
    let scaled = (u128::from(probability.0) * u128::from(PLACES) + (1 << 30)) >> 31;
    let scaled = u64::try_from(scaled).unwrap_or(PLACES);
    let digits = |number: u64| u32::try_from(number).unwrap_or(0);
    push_number(out, digits(scaled / PLACES));
    out.push('.');
    // The fraction in two parts that fit 32 bits, each with its leading zeros.
    push_padded(out, digits(scaled % PLACES / 1_000_000), 5);
    push_padded(out, digits(scaled % 1_000_000), 6);
}

fn push_padded(out: &mut String, number: u32, width: usize) {
    let start = out.len();
    push_number(out, number);
    while out.len() - start < width {
        out.insert(start, '0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Rules;
    use netc_lang::Span;

    fn line(family: Family, matches: Vec<Match>, target: Target) -> String {
        let rules = Rules::one(matches, target, Span::default());
        rules.iter().map(|rule| rule_line(family, "C", rule)).collect()
    }

    #[test]
    fn probabilities_have_eleven_places() {
        let shown = |n| {
            let mut out = String::new();
            push_probability(&mut out, Probability::one_in(n));
            out
        };
        assert_eq!(shown(1), "1.00000000000");
        assert_eq!(shown(3), "0.33333333349");
        assert_eq!(shown(100), "0.00999999978");
    }

    #[test]
    fn comments_are_quoted_as_iptables_save_quotes_them() {
        let comment =
            |text: &str| line(Family::V4, vec![Match::Comment(text.into())], Target::Return);
        assert_eq!(comment("plain_one-1"), "-A C -m comment --comment plain_one-1 -j RETURN");
        assert_eq!(comment("a b"), "-A C -m comment --comment \"a b\" -j RETURN");
        assert_eq!(comment("it's \"x\""), r#"-A C -m comment --comment "it\'s \"x\"" -j RETURN"#);
        assert_eq!(comment(""), "-A C -m comment --comment \"\" -j RETURN");
    }

    #[test]
    fn families_differ_where_the_kernel_has_them_differ() {
        let seen = || vec![Match::RecentlySeen { list: "KUBE-SEP-X".into(), seconds: 10800 }];
        assert_eq!(
            line(Family::V4, seen(), Target::Reject),
            "-A C -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-X --mask 255.255.255.255 --rsource -j REJECT --reject-with icmp-port-unreachable"
        );
        assert!(line(Family::V6, seen(), Target::Reject).ends_with("icmp6-port-unreachable"));
        let to = Target::Dnat("[fd00::2]:80".parse().unwrap());
        assert_eq!(line(Family::V6, Vec::new(), to), "-A C -j DNAT --to-destination [fd00::2]:80");
    }
}
