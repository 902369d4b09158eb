//! The mark that asks for masquerading: who sets it, who heeds it (netspec 4.3). The modes of
//! iptables and IPVS have these rules.

use crate::model::Proxy;
use crate::object::{ChainName, Chains, ConntrackStates, Match, Target};

/// Of KUBE-FORWARD: replies, and traffic that was let in already.
pub(super) fn forward(proxy: &Proxy, out: &mut Chains) {
    let marked = Match::marked(false, proxy.masquerade_mark);
    let ours = Match::Comment(&["kubernetes forwarding rules"]);
    let replies = Match::Comment(&["kubernetes forwarding conntrack rule"]);
    let state = Match::Conntrack { not: false, states: ConntrackStates::Established };
    out.rule(&[ours, marked], Target::Accept, proxy.span);
    out.rule(&[replies, state], Target::Accept, proxy.span);
}

/// Of KUBE-POSTROUTING: what carries the mark is masqueraded, and the mark taken off.
pub(super) fn postrouting(proxy: &Proxy, out: &mut Chains) {
    let (mark, span) = (proxy.masquerade_mark, proxy.span);
    let comment = Match::Comment(&["kubernetes service traffic requiring SNAT"]);
    let masquerade = Target::Masquerade { random_fully: proxy.random_fully };
    out.rule(&[Match::marked(true, mark)], Target::Return, span);
    out.rule(&[], Target::Mark { value: mark, mask: 0 }, span);
    out.rule(&[comment], masquerade, span);
}

/// KUBE-MARK-MASQ
pub(super) fn set_mark(proxy: &Proxy, out: &mut Chains) {
    let (mark, span) = (proxy.masquerade_mark, proxy.span);
    out.begin(ChainName::new(&["KUBE-MARK-MASQ"]), span);
    out.rule(&[], Target::Mark { value: mark, mask: mark }, span);
}
