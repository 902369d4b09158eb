//! The jumps from the built-in chains (`iptablesJumpChain` of kube-proxy's
//! `pkg/proxy/ipvs/proxier.go`).

use crate::lower::{Context, KUBE_PROXY};
use crate::model::{Family, Proxy};
use crate::object::{ChainName, Hook, Jump, Match, Place, State, Table};

/// The jumps, each built-in chain's in their final order: kube-proxy puts every one at the top,
/// so the last one it makes comes first.
const JUMPS: [(Table, Hook, &str, &str); 9] = [
    (Table::Filter, Hook::Input, "KUBE-IPVS-FILTER", ACCESS),
    (Table::Filter, Hook::Input, "KUBE-PROXY-FIREWALL", FIREWALL),
    (Table::Filter, Hook::Input, "KUBE-NODE-PORT", "kubernetes health check rules"),
    (Table::Filter, Hook::Forward, "KUBE-PROXY-FIREWALL", FIREWALL),
    (Table::Filter, Hook::Forward, "KUBE-FORWARD", "kubernetes forwarding rules"),
    (Table::Filter, Hook::Output, "KUBE-IPVS-OUT-FILTER", ACCESS),
    (Table::Nat, Hook::Prerouting, "KUBE-SERVICES", PORTALS),
    (Table::Nat, Hook::Output, "KUBE-SERVICES", PORTALS),
    (Table::Nat, Hook::Postrouting, "KUBE-POSTROUTING", "kubernetes postrouting rules"),
];

const ACCESS: &str = "kubernetes ipvs access filter";
const FIREWALL: &str = "kube-proxy firewall rules";
const PORTALS: &str = "kubernetes service portals";

pub(super) fn lower(cx: &mut Context, proxy: &Proxy, family: Family) {
    for (rank, (table, hook, to, comment)) in (KUBE_PROXY..).zip(JUMPS) {
        let (at, to) = ((hook, Place::Top(rank)), ChainName::new(&[to]));
        let jump = Jump::new((family, table), at, to, &[Match::Comment(&[comment])]);
        cx.objects.add(State::Jump(jump), proxy.span);
    }
}
