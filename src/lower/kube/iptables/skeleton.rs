//! The chains that all services share, and the jumps to them (netspec 4.3).

use super::{Kube, Output};
use crate::lower::kube::masquerade;
use crate::lower::kube::node_ports::{NodePorts, loopback};
use crate::lower::{Context, KUBE_PROXY, host};
use crate::model::Family;
use crate::object::{
    ChainName, Chains, ConntrackStates, Hook, Jump, Match, Place, Ruleset, Side, State, Table,
    Target,
};
use ipnet::IpNet;
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
    let node_ports = NodePorts::new(proxy, kube.here.node, family);
    if node_ports.localhost {
        cx.objects.add(host::sysctl("net.ipv4.conf.all.route_localnet", None), proxy.span);
    }
    enter(kube, &node_ports, &mut out.services);
    let mut forwarding = Chains::new(family);
    forwarding.begin(ChainName::new(&["KUBE-FORWARD"]), proxy.span);
    let invalid = Match::Conntrack { not: false, states: ConntrackStates::Invalid };
    forwarding.rule(&[invalid], Target::Drop, proxy.span);
    masquerade::forward(proxy, &mut forwarding);
    let mut firewall = Chains::new(family);
    block_localnet(node_ports.localhost, proxy.span, &mut firewall);
    let mut nat = Chains::new(family);
    nat.begin(ChainName::new(&["KUBE-POSTROUTING"]), proxy.span);
    masquerade::postrouting(proxy, &mut nat);
    masquerade::set_mark(proxy, &mut nat);
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
    for (rank, jump) in (KUBE_PROXY..).zip(JUMPS) {
        cx.objects.add(State::Jump(self::jump(family, rank, *jump)), proxy.span);
    }
}

fn jump(
    family: Family,
    rank: u16,
    (table, hook, to, comment, new): (Table, Hook, &str, &str, bool),
) -> Jump {
    let state = Match::Conntrack { not: false, states: ConntrackStates::New };
    let matches = [
        if new { state } else { Match::Any },
        if comment.is_empty() { Match::Any } else { Match::Comment(&[comment]) },
    ];
    Jump::new((family, table), (hook, Place::Top(rank)), ChainName::new(&[to]), &matches)
}

/// The last rules of KUBE-SERVICES: what is meant for this node itself may be for a node port.
fn enter(kube: &Kube, node_ports: &NodePorts, services: &mut Chains) {
    let chain = ChainName::new(&["KUBE-NODEPORTS"]);
    let mut rule = |destination: Match, condition: Match| {
        let note = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";
        let matches = [destination, Match::Comment(&[note]), condition];
        services.rule(&matches, Target::Jump(&chain), kube.proxy.span);
    };
    if let Some(addresses) = &node_ports.addresses {
        for address in addresses {
            let net = IpNet::from(*address);
            rule(Match::Destination { not: false, net }, Match::Any);
        }
        return;
    }
    // Node ports on ::1 cannot work; those on 127.0.0.1 need route_localnet.
    let except = |net| Match::Destination { not: true, net };
    let elsewhere = match kube.family {
        Family::V4 if node_ports.localhost => Match::Any,
        Family::V4 => except(loopback()),
        Family::V6 => except(IpNet::from(kube.family.address(1))),
    };
    rule(elsewhere, Match::local(Side::Destination));
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
