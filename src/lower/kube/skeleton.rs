//! The chains that all services share, and the jumps to them (netspec 4.3).

use super::Shared;
use crate::lower::{Context, host};
use crate::model::{Family, NodePortAddresses, Proxy};
use crate::object::{
    Chain, ChainName, ConntrackStates, Hook, Jump, Match, Place, Rules, Side, State, Table, Target,
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

pub(super) fn lower(cx: &mut Context, proxy: &Proxy, family: Family, shared: Shared) {
    let localhost = localhost_node_ports(proxy, family);
    if localhost {
        cx.objects.add(host::sysctl("net.ipv4.conf.all.route_localnet", None), proxy.span);
    }
    let mut services = shared.services;
    to_node_ports(cx, proxy, family, localhost, &mut services);
    let filter = [
        ("KUBE-SERVICES", shared.refused),
        ("KUBE-EXTERNAL-SERVICES", shared.refused_outside),
        ("KUBE-FORWARD", forward(proxy)),
        ("KUBE-NODEPORTS", Rules::default()),
        ("KUBE-PROXY-FIREWALL", Rules::default()),
        ("KUBE-FIREWALL", block_localnet(localhost, proxy.span)),
    ];
    let nat = [
        ("KUBE-SERVICES", services),
        ("KUBE-NODEPORTS", shared.node_ports),
        ("KUBE-POSTROUTING", postrouting(proxy)),
        ("KUBE-MARK-MASQ", set_mark(proxy)),
    ];
    let filter = filter.map(|(name, rules)| (Table::Filter, name, rules));
    let nat = nat.map(|(name, rules)| (Table::Nat, name, rules));
    for (table, name, rules) in filter.into_iter().chain(nat) {
        let chain = Chain { family, table, name: ChainName::new(&[name]), rules };
        cx.objects.add(State::Chain(chain), proxy.span);
    }
    for (rank, jump) in (0..).zip(JUMPS) {
        cx.objects.add(State::Jump(self::jump(family, rank, *jump, proxy.span)), proxy.span);
    }
}

fn jump(
    family: Family,
    rank: u8,
    (table, hook, to, comment, new): (Table, Hook, &str, &str, bool),
    span: Span,
) -> Jump {
    let to = ChainName::new(&[to]);
    let state = Match::Conntrack { not: false, states: ConntrackStates::New };
    let comment = (!comment.is_empty()).then(|| Match::Comment(comment.into()));
    let matches = Some(state).filter(|_| new).into_iter().chain(comment);
    let rule = Rules::one(matches, Target::Jump(to), span);
    Jump { family, table, hook, place: Place::Top(rank), to, rule }
}

/// Whether IPv4 node ports answer on 127.0.0.1: only if 127.0.0.1 is among their addresses.
fn localhost_node_ports(proxy: &Proxy, family: Family) -> bool {
    let among = match &proxy.node_port_addresses {
        NodePortAddresses::All => true,
        NodePortAddresses::Within(nets) => {
            nets.iter().any(|net| net.contains(&loopback()) || loopback().contains(net))
        }
        NodePortAddresses::Primary => false,
    };
    family == Family::V4 && proxy.localhost_node_ports && among
}

/// The last rules of KUBE-SERVICES: what is meant for this node itself may be for a node port.
fn to_node_ports(cx: &Context, proxy: &Proxy, family: Family, localhost: bool, rules: &mut Rules) {
    let comment = || {
        let text = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";
        Match::Comment(text.into())
    };
    let mut rule = |matches: [Option<Match>; 3]| {
        let to = Target::Jump(ChainName::new(&["KUBE-NODEPORTS"]));
        rules.push(matches.into_iter().flatten(), to, proxy.span);
    };
    let own = || cx.node.addresses.get(family).map(|own| own.address);
    let mut to = |address| {
        let destination = Match::Destination { not: false, net: IpNet::from(address) };
        rule([Some(destination), Some(comment()), None]);
    };
    match &proxy.node_port_addresses {
        NodePortAddresses::All => {
            // Node ports on ::1 cannot work; those on 127.0.0.1 need route_localnet.
            let loopback = match family {
                Family::V4 => Some(loopback()).filter(|_| !localhost),
                Family::V6 => Some(IpNet::from(family.address(1))),
            };
            let except = loopback.map(|net| Match::Destination { not: true, net });
            let local = Match::LocalAddress(Side::Destination);
            rule([except, Some(comment()), Some(local)]);
        }
        NodePortAddresses::Primary => own().into_iter().for_each(to),
        NodePortAddresses::Within(nets) => {
            let loopback = localhost.then(|| family.address(0x7f00_0001));
            let within = |address: &_| nets.iter().any(|net| net.contains(address));
            loopback.into_iter().chain(own()).filter(within).for_each(&mut to);
        }
    }
}

/// 127.0.0.0/8
fn loopback() -> IpNet {
    IpNet::new(Family::V4.address(0x7f00_0000), 8).unwrap_or(Family::V4.default_route())
}

/// KUBE-FORWARD: replies, and traffic that was let in already.
fn forward(proxy: &Proxy) -> Rules {
    let state = |states| Match::Conntrack { not: false, states };
    let comment = |text: &str| Match::Comment(text.into());
    let marked = Match::Mark { not: false, mark: proxy.masquerade_mark };
    let (ours, replies) = ("kubernetes forwarding rules", "kubernetes forwarding conntrack rule");
    let mut rules = Rules::default();
    rules.push([state(ConntrackStates::Invalid)], Target::Drop, proxy.span);
    rules.push([comment(ours), marked], Target::Accept, proxy.span);
    let established = [comment(replies), state(ConntrackStates::Established)];
    rules.push(established, Target::Accept, proxy.span);
    rules
}

/// KUBE-FIREWALL: route_localnet would let neighbours reach 127.0.0.0/8.
fn block_localnet(localhost: bool, span: Span) -> Rules {
    let matches = [
        Match::Source { not: true, net: loopback() },
        Match::Destination { not: false, net: loopback() },
        Match::Comment("block incoming localnet connections".into()),
        Match::Conntrack { not: true, states: ConntrackStates::EstablishedOrDnat },
    ];
    if localhost { Rules::one(matches, Target::Drop, span) } else { Rules::default() }
}

/// KUBE-POSTROUTING: what carries the mark is masqueraded, and the mark taken off.
fn postrouting(proxy: &Proxy) -> Rules {
    let mark = proxy.masquerade_mark;
    let comment = Match::Comment("kubernetes service traffic requiring SNAT".into());
    let masquerade = Target::Masquerade { random_fully: proxy.random_fully };
    let mut rules = Rules::default();
    rules.push([Match::Mark { not: true, mark }], Target::Return, proxy.span);
    rules.push([], Target::Mark { value: mark, mask: 0 }, proxy.span);
    rules.push([comment], masquerade, proxy.span);
    rules
}

/// KUBE-MARK-MASQ
fn set_mark(proxy: &Proxy) -> Rules {
    let mark = proxy.masquerade_mark;
    Rules::one([], Target::Mark { value: mark, mask: mark }, proxy.span)
}
