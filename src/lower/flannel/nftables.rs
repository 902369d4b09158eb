//! The rules as a table of nf_tables for each family (netspec 1.11).
//!
//! Flannel's own have two faults, which are put right unless they are asked for: the mark is compared
//! as a whole, so that any other bit defeats it; and the fourth rule returns for what goes from
//! elsewhere to *any* pod instead of to one of this node, so that the sixth is never reached and a
//! node's own traffic to pods of other nodes keeps an address to which they have no way back.

use super::{MARK, Networks, networks};
use crate::lower::{Context, multicast};
use crate::object::{Base, Condition, NftChain, NftTable, State, Statement};
use ipnet::IpNet;
use netc_lang::Span;

pub(super) fn lower(cx: &mut Context, faulty: bool) {
    let span = cx.cluster.overlay.span;
    let mark = cx.cluster.proxy.as_ref().map_or(MARK, |proxy| proxy.masquerade_mark);
    let mark = match faulty {
        true => Condition::Mark(MARK),
        false => Condition::Marked { not: false, bit: mark },
    };
    for networks in networks(cx) {
        let name = format!("flannel-{}", networks.family).to_lowercase();
        let mut table = NftTable::new(networks.family, &name, Some(&format!("rules for {name}")));
        table.chains = vec![forwarding(networks, span), masquerading(networks, mark, faulty, span)];
        cx.objects.add(State::NftTable(table), span);
    }
}

fn forwarding(Networks { family, pods, .. }: Networks, span: Span) -> NftChain {
    let mut chain = NftChain::base("forward", Base::new("filter", "forward", 0), span);
    for end in [source(false, &pods), destination(false, &pods)] {
        chain.rule(family, &[end], &[Statement::Accept], &[], span);
    }
    chain
}

fn masquerading(networks: Networks, mark: Condition, faulty: bool, span: Span) -> NftChain {
    let Networks { family, block, pods } = networks;
    let masquerade = Statement::Masquerade { random_fully: true };
    let multicast = multicast(family);
    // Flannel has the networks of its fourth rule the wrong way round.
    let (from, to) = if faulty { (&block, &pods) } else { (&pods, &block) };
    let rules = [
        ([mark, Condition::Any], Statement::Return),
        ([source(false, &block), destination(false, &pods)], Statement::Return),
        ([source(false, &pods), destination(false, &block)], Statement::Return),
        ([source(true, from), destination(false, to)], Statement::Return),
        ([source(false, &pods), destination(true, &multicast)], masquerade),
        ([source(true, &pods), destination(false, &pods)], masquerade),
    ];
    let mut chain = NftChain::base("postrtg", Base::new("nat", "postrouting", 100), span);
    for (conditions, statement) in rules {
        chain.rule(family, &conditions, &[statement], &[], span);
    }
    chain
}

fn source(not: bool, net: &IpNet) -> Condition<'_> {
    Condition::Source { not, nets: std::slice::from_ref(net) }
}

fn destination(not: bool, net: &IpNet) -> Condition<'_> {
    Condition::Destination { not, nets: std::slice::from_ref(net) }
}
