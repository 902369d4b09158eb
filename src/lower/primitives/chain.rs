//! Chains of iptables, and the jumps to them.

use crate::lower::{Context, FIRST, KUBE_PROXY, LAST};
use crate::model::{Condition, Family, PlainChain, PlainRule, Primitives, Transport, Verdict};
use crate::object::text::push_socket;
use crate::object::{
    ChainName, Chains, Hook, Jump, Match, Place, Ruleset, Side, State, Table, Target,
};
use netc_lang::Translation;
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(super) fn lower(cx: &mut Context, own: &Primitives) {
    for chain in &own.chains {
        let name = ChainName::new(&[&chain.name.value]);
        let mut chains = Chains::one(chain.family, name, chain.span);
        chain.rules.iter().for_each(|rule| self::rule(&mut chains, chain.family, rule));
        let ruleset = Ruleset::new(chain.family, chain.table, vec![chains]);
        cx.objects.add(State::Ruleset(ruleset), chain.span);
    }
    // How many jumps of a built-in chain come before.
    let mut before: BTreeMap<(Family, Table, Hook), u16> = BTreeMap::new();
    for (chain, hook, first) in attached(own) {
        let count = before.entry((chain.family, chain.table, hook)).or_default();
        let place = match first {
            true => Place::Top(FIRST.saturating_add(*count).min(KUBE_PROXY - 1)),
            false => Place::Bottom(LAST.saturating_add(*count)),
        };
        *count = count.saturating_add(1);
        let to = ChainName::new(&[&chain.name.value]);
        let jump = Jump::new((chain.family, chain.table), (hook, place), to, &[]);
        cx.objects.add(State::Jump(jump), chain.span);
    }
}

/// All jumps, in the order of the statements.
fn attached(own: &Primitives) -> impl Iterator<Item = (&PlainChain, Hook, bool)> {
    own.chains
        .iter()
        .flat_map(|chain| chain.on.iter().map(move |(hook, first)| (chain, hook.value, *first)))
}

/// Writes a rule. What it asks for is borrowed for as long as that takes.
fn rule(chains: &mut Chains, family: Family, rule: &PlainRule) {
    let matches: Vec<Match> =
        rule.conditions.iter().map(|one| matched(family, &one.value)).collect();
    let (mut to, name) = (String::new(), jump(&rule.target.value));
    let target = match &rule.target.value {
        Verdict::Accept => Target::Accept,
        Verdict::Drop => Target::Drop,
        Verdict::Return => Target::Return,
        Verdict::Reject => Target::Reject,
        Verdict::Jump(_) => Target::Jump(&name),
        Verdict::Masquerade { random_fully } => Target::Masquerade { random_fully: *random_fully },
        Verdict::Snat(Translation { address, port }) => {
            Target::Snat { address: *address, port: *port }
        }
        Verdict::Dnat(own) => Target::Dnat(translation(&mut to, own)),
        Verdict::Redirect(port) => Target::Redirect(*port),
        Verdict::SetMark(mark) => Target::Mark { value: mark.value, mask: mark.mask },
        Verdict::Log(prefix) => Target::Log(prefix.as_deref()),
        Verdict::NoTrack => Target::NoTrack,
    };
    chains.rule(&matches, target, rule.span);
}

fn jump(verdict: &Verdict) -> ChainName {
    match verdict {
        Verdict::Jump(to) => ChainName::new(&[to]),
        _ => ChainName::new(&[]),
    }
}

/// An address, or an address and port, as iptables writes it.
fn translation<'t>(out: &'t mut String, to: &Translation) -> &'t str {
    match to.port {
        Some(port) => push_socket(out, SocketAddr::new(to.address, port)),
        None => out.push_str(&to.address.to_string()),
    }
    out
}

fn matched(family: Family, condition: &Condition) -> Match<'_> {
    match condition {
        Condition::Source(not, net) => Match::Source { not: *not, net: *net },
        Condition::Destination(not, net) => Match::Destination { not: *not, net: *net },
        Condition::InInterface(not, name) => Match::InInterface { not: *not, name },
        Condition::OutInterface(not, name) => Match::OutInterface { not: *not, name },
        Condition::Protocol(not, Transport::Ports(own)) => {
            Match::ProtocolName { not: *not, name: own.name() }
        }
        Condition::Protocol(not, Transport::Icmp) => {
            let name = match family {
                Family::V4 => "icmp",
                Family::V6 => "ipv6-icmp",
            };
            Match::ProtocolName { not: *not, name }
        }
        Condition::Ports { protocol, source, destination } => Match::Ports {
            protocol: *protocol,
            source: source.as_ref().map(|(not, ports)| (*not, *ports.start(), *ports.end())),
            destination: destination
                .as_ref()
                .map(|(not, ports)| (*not, *ports.start(), *ports.end())),
        },
        Condition::SourceType(not, name) => {
            Match::AddressType { not: *not, side: Side::Source, name }
        }
        Condition::DestinationType(not, name) => {
            Match::AddressType { not: *not, side: Side::Destination, name }
        }
        Condition::States(not, names) => Match::States { not: *not, names },
        Condition::Mark(not, mark) => Match::Mark { not: *not, value: mark.value, mask: mark.mask },
        Condition::Comment(text) => Match::Remark(text),
    }
}
