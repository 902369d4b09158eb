//! The rules as chains of iptables (netspec 1.10).

use super::{MARK, Networks, networks};
use crate::lower::{Context, multicast};
use crate::model::Family;
use crate::object::{ChainName, Chains, Hook, Jump, Match, Place, Ruleset, State, Table, Target};
use ipnet::IpNet;
use netc_lang::Span;

/// Flannel's jumps come behind those of everybody else, Docker's rules at the end of a chain too.
const LAST: u16 = u16::MAX;

/// The comments of flannel's rules.
const MASQ: Match = Match::Comment(&["flanneld masq"]);
const FORWARD: Match = Match::Comment(&["flanneld forward"]);

pub(super) fn lower(cx: &mut Context) {
    let span = cx.cluster.overlay.span;
    let mark = cx.cluster.proxy.as_ref().map_or(MARK, |proxy| proxy.masquerade_mark);
    for Networks { family, block, pods } in networks(cx) {
        let name = ChainName::new(&["FLANNEL-POSTRTG"]);
        let mut nat = Chains::one(family, name, span);
        masquerading(&mut nat, family, block, pods, mark, span);
        attach(cx, (family, Table::Nat), Hook::Postrouting, name, MASQ, nat);
        let name = ChainName::new(&["FLANNEL-FWD"]);
        let mut filter = Chains::one(family, name, span);
        forwarding(&mut filter, pods, span);
        attach(cx, (family, Table::Filter), Hook::Forward, name, FORWARD, filter);
    }
}

/// Adds a chain and the jump to it. Flannel appends its jumps: whoever is there comes first.
fn attach(
    cx: &mut Context,
    (family, table): (Family, Table),
    hook: Hook,
    to: ChainName,
    comment: Match,
    chain: Chains,
) {
    let span = cx.cluster.overlay.span;
    cx.objects.add(State::Ruleset(Ruleset::new(family, table, vec![chain])), span);
    let jump = Jump::new((family, table), (hook, Place::Bottom(LAST)), to, &[comment]);
    cx.objects.add(State::Jump(jump), span);
}

/// FLANNEL-POSTRTG
fn masquerading(
    chain: &mut Chains,
    family: Family,
    block: IpNet,
    network: IpNet,
    mark: u32,
    span: Span,
) {
    let source = |not, net| Match::Source { not, net };
    let destination = |not, net| Match::Destination { not, net };
    let masquerade = Target::Masquerade { random_fully: true };
    let multicast = multicast(family);
    let rules = [
        ([Match::marked(false, mark), Match::Any], Target::Return),
        ([source(false, block), destination(false, network)], Target::Return),
        ([source(false, network), destination(false, block)], Target::Return),
        ([source(true, network), destination(false, block)], Target::Return),
        ([source(false, network), destination(true, multicast)], masquerade),
        ([source(true, network), destination(false, network)], masquerade),
    ];
    for ([one, other], target) in rules {
        chain.rule(&[one, other, MASQ], target, span);
    }
}

/// FLANNEL-FWD
fn forwarding(chain: &mut Chains, net: IpNet, span: Span) {
    for end in [Match::Source { not: false, net }, Match::Destination { not: false, net }] {
        chain.rule(&[end, FORWARD], Target::Accept, span);
    }
}
