//! The chains that all services share, and the jumps to them (netspec 4.3).

use super::node_ports::{NodePorts, loopback};
use super::{Kube, Output};
use crate::lower::{Context, host};
use crate::model::{Family, Proxy};
use crate::object::{
    ChainName, Chains, ConntrackStates, Hook, Jump, Match, Place, Ruleset, State, Table, Target,
};
use netc_lang::Span;

/// The jumps, each built-in chain's in their final order: kube-proxy puts every one at the top,
/// so the last one it makes comes first.
const JUMPS: &[(Table, Hook, &str, &str, bool)] = &[
    (Table::Filter, Hook::Input, "KUBE-FIREWALL", "", false),
    (Table::Filter, Hook::Input, "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", true),
    (Table::Filter, Hook::Input, "KUBE-NODEPORTS", "kubernetes health check service ports", false),
    (Table::Filter, Hook::Input, "KUBE-EXTERNAL-SERVICES", EXTERNAL, true),
    (
        Table::Filter,
        Hook::Forward,
        "KUBE-PROXY-FIREWALL",
        "kubernetes load balancer firewall",
        true,
    ),
    (Table::Filter, Hook::Forward, "KUBE-FORWARD", "kubernetes forwarding rules", false),
    (Table::Filter, Hook::Forward, "KUBE-SERVICES", PORTALS, true),
    (Table::Filter, Hook::Forward, "KUBE-EXTERNAL-SERVICES", EXTERNAL, true),
    (Table::Filter, Hook::Output, "KUBE-FIREWALL", "", false),
    (Table::Filter, Hook::Output, "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", true),
    (Table::Filter, Hook::Output, "KUBE-SERVICES", PORTALS, true),
    (Table::Nat, Hook::Prerouting, "KUBE-SERVICES", PORTALS, false),
    (Table::Nat, Hook::Output, "KUBE-SERVICES", PORTALS, false),
    (Table::Nat, Hook::Postrouting, "KUBE-POSTROUTING", "kubernetes postrouting rules", false),
];

const EXTERNAL: &str = "kubernetes externally-visible service portals";
const PORTALS: &str = "kubernetes service portals";

pub(super) fn lower(cx: &mut Context, kube: &Kube, mut out: Output) {
    let (proxy, family) = (kube.proxy, kube.family);
    let node_ports = NodePorts::new(kube);
    if node_ports.localhost {
        cx.objects.add(host::sysctl("net.ipv4.conf.all.route_localnet", None), proxy.span);
    }
    node_ports.jumps(kube, &mut out.services);
    let mut forwarding = Chains::new(family);
    forward(proxy, &mut forwarding);
    let mut firewall = Chains::new(family);
    block_localnet(node_ports.localhost, proxy.span, &mut firewall);
    let mut nat = Chains::new(family);
    postrouting(proxy, &mut nat);
    set_mark(kube, &mut nat);
    // The chains that all services share come first: they stand first in artefacts.
    let filter = vec![
        out.refused,
        out.refused_outside,
        forwarding,
        out.health_checks,
        out.firewall,
        firewall,
    ];
    let nat = vec![out.services, out.node_ports, nat, out.own];
    for (table, parts) in [(Table::Filter, filter), (Table::Nat, nat)] {
        cx.objects.add(State::Ruleset(Ruleset::new(family, table, parts)), proxy.span);
    }
    for (rank, jump) in (0..).zip(JUMPS) {
        cx.objects.add(State::Jump(self::jump(family, rank, *jump)), proxy.span);
    }
}

fn jump(
    family: Family,
    rank: u8,
    (table, hook, to, comment, new): (Table, Hook, &str, &str, bool),
) -> Jump {
    let state = Match::Conntrack { not: false, states: ConntrackStates::New };
    let matches = [
        if new { state } else { Match::Any },
        if comment.is_empty() { Match::Any } else { Match::Comment(&[comment]) },
    ];
    Jump::new((family, table), (hook, Place::Top(rank)), ChainName::new(&[to]), &matches)
}

/// KUBE-FORWARD: replies, and traffic that was let in already.
fn forward(proxy: &Proxy, out: &mut Chains) {
    let state = |states| Match::Conntrack { not: false, states };
    let marked = Match::Mark { not: false, mark: proxy.masquerade_mark };
    let ours = Match::Comment(&["kubernetes forwarding rules"]);
    let replies = Match::Comment(&["kubernetes forwarding conntrack rule"]);
    out.begin(ChainName::new(&["KUBE-FORWARD"]), proxy.span);
    out.rule(&[state(ConntrackStates::Invalid)], Target::Drop, proxy.span);
    out.rule(&[ours, marked], Target::Accept, proxy.span);
    out.rule(&[replies, state(ConntrackStates::Established)], Target::Accept, proxy.span);
}

/// KUBE-FIREWALL: route_localnet would let neighbours reach 127.0.0.0/8.
fn block_localnet(localhost: bool, span: Span, out: &mut Chains) {
    out.begin(ChainName::new(&["KUBE-FIREWALL"]), span);
    let matches = [
        Match::Source { not: true, net: loopback() },
        Match::Destination { not: false, net: loopback() },
        Match::Comment(&["block incoming localnet connections"]),
        Match::Conntrack { not: true, states: ConntrackStates::EstablishedOrDnat },
    ];
    if localhost {
        out.rule(&matches, Target::Drop, span);
    }
}

/// KUBE-POSTROUTING: what carries the mark is masqueraded, and the mark taken off.
fn postrouting(proxy: &Proxy, out: &mut Chains) {
    let (mark, span) = (proxy.masquerade_mark, proxy.span);
    let comment = Match::Comment(&["kubernetes service traffic requiring SNAT"]);
    let masquerade = Target::Masquerade { random_fully: proxy.random_fully };
    out.begin(ChainName::new(&["KUBE-POSTROUTING"]), span);
    out.rule(&[Match::Mark { not: true, mark }], Target::Return, span);
    out.rule(&[], Target::Mark { value: mark, mask: 0 }, span);
    out.rule(&[comment], masquerade, span);
}

/// KUBE-MARK-MASQ
fn set_mark(kube: &Kube, out: &mut Chains) {
    let (mark, span) = (kube.proxy.masquerade_mark, kube.proxy.span);
    out.begin(kube.mark_masq, span);
    out.rule(&[], Target::Mark { value: mark, mask: mark }, span);
}
