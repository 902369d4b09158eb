//! Flannel's rules: pod traffic that leaves the cluster takes the node's address, and traffic of
//! the pod network is forwarded (netspec 1.10).

use super::Context;
use crate::model::{Family, Proxy};
use crate::object::{Chain, ChainName, Hook, Jump, Match, Place, Rules, State, Table, Target};
use ipnet::IpNet;
use netc_lang::Span;

/// The mark with which kube-proxy asks for masquerading; flannel only reads it.
const MARK: u32 = 0x4000;

pub(super) fn lower(cx: &mut Context) {
    let span = cx.cluster.overlay.span;
    for (family, block) in cx.node.blocks.iter() {
        let Some(pods) = cx.cluster.pod_networks.get(family) else { continue };
        let mark = cx.cluster.proxy.as_ref().map_or(MARK, |proxy: &Proxy| proxy.masquerade_mark);
        let nat = masquerading(family, *block, pods.network, mark, span);
        let chain = ChainName::new(&["FLANNEL-POSTRTG"]);
        attach(cx, family, Table::Nat, Hook::Postrouting, chain, "flanneld masq", nat);
        let filter = forwarding(pods.network, span);
        let chain = ChainName::new(&["FLANNEL-FWD"]);
        attach(cx, family, Table::Filter, Hook::Forward, chain, "flanneld forward", filter);
    }
}

/// Adds a chain and the jump to it. Flannel appends its jumps: whoever is there comes first.
fn attach(
    cx: &mut Context,
    family: Family,
    table: Table,
    hook: Hook,
    name: ChainName,
    comment: &str,
    rules: Rules,
) {
    let span = cx.cluster.overlay.span;
    cx.objects.add(State::Chain(Chain { family, table, name, rules }), span);
    let rule = Rules::one([Match::Comment(comment.into())], Target::Jump(name), span);
    let jump = Jump { family, table, hook, place: Place::Bottom(0), to: name, rule };
    cx.objects.add(State::Jump(jump), span);
}

/// FLANNEL-POSTRTG
fn masquerading(family: Family, block: IpNet, network: IpNet, mark: u32, span: Span) -> Rules {
    let source = |not, net| Match::Source { not, net };
    let destination = |not, net| Match::Destination { not, net };
    let mut rules = Rules::default();
    let mut rule = |matches: &[Match], target| {
        let comment = Match::Comment("flanneld masq".into());
        rules.push(matches.iter().cloned().chain([comment]), target, span);
    };
    let masquerade = || Target::Masquerade { random_fully: true };
    rule(&[Match::Mark { not: false, mark }], Target::Return);
    rule(&[source(false, block), destination(false, network)], Target::Return);
    rule(&[source(false, network), destination(false, block)], Target::Return);
    rule(&[source(true, network), destination(false, block)], Target::Return);
    rule(&[source(false, network), destination(true, multicast(family))], masquerade());
    rule(&[source(true, network), destination(false, network)], masquerade());
    rules
}

/// FLANNEL-FWD
fn forwarding(net: IpNet, span: Span) -> Rules {
    let comment = || Match::Comment("flanneld forward".into());
    let mut rules = Rules::default();
    for end in [Match::Source { not: false, net }, Match::Destination { not: false, net }] {
        rules.push([end, comment()], Target::Accept, span);
    }
    rules
}

/// The multicast addresses of a family (RFC 5771, RFC 4291 section 2.7).
fn multicast(family: Family) -> IpNet {
    let (first, prefix) = match family {
        Family::V4 => (0xe000_0000, 4),
        Family::V6 => (0xff << 120, 8),
    };
    IpNet::new(family.address(first), prefix).unwrap_or(family.default_route())
}
