//! userspace mode (netspec 4.9), kube-proxy's first one: rules lead connections to a port of the
//! node itself, where a program takes them and opens one of its own to an endpoint.
//!
//! The rules are those of `pkg/proxy/userspace/proxier.go` of Kubernetes 1.25, with a proxy that
//! listens on every address (`--bind-address 0.0.0.0`).

mod flush;
mod portal;
mod streams;

pub(super) use flush::lower as flush;
pub(crate) use streams::servers;
pub(in crate::lower) use streams::streams;

use super::programmed;
use crate::lower::{Context, KUBE_PROXY, LAST};
use crate::model::{Family, Proxy};
use crate::object::{ChainName, Chains, Hook, Jump, Match, Place, Ruleset, Side, State, Table};
use netc_lang::Span;

/// kube-proxy's comments.
const PORTALS: &str = "handle ClusterIPs; NOTE: this must be before the NodePort rules";
const NODE_PORTS: &str = "handle service NodePorts; NOTE: this must be the last rule in the chain";
const FROM_OUTSIDE: &str = "Ensure that non-local NodePort traffic can flow";

/// Where the jumps to node ports stand: behind what Docker and CNI's plugins append.
const APPENDED: u16 = LAST - 1;

pub(super) fn lower(cx: &mut Context, proxy: &Proxy) {
    for family in Family::ALL {
        let mut out = Output::new(family, proxy.span);
        let host = cx.node.address(family).map(|own| own.address);
        for service in programmed(cx.cluster) {
            for port in &service.ports {
                portal::lower((proxy, family, host), service, port, &mut out);
            }
        }
        let Output { portals, portals_host, node_ports, node_ports_host, from_outside } = out;
        let nat = vec![portals, portals_host, node_ports, node_ports_host];
        for (table, parts) in [(Table::Filter, vec![from_outside]), (Table::Nat, nat)] {
            cx.objects.add(State::Ruleset(Ruleset::new(family, table, parts)), proxy.span);
        }
        for jump in jumps(family) {
            cx.objects.add(State::Jump(jump), proxy.span);
        }
    }
}

/// Where the rules of services go.
struct Output {
    /// KUBE-PORTALS-CONTAINER: what comes in to addresses of services.
    portals: Chains,
    /// KUBE-PORTALS-HOST: what the node itself sends to them.
    portals_host: Chains,
    /// KUBE-NODEPORT-CONTAINER: what comes in to node ports.
    node_ports: Chains,
    /// KUBE-NODEPORT-HOST: what the node itself sends to them.
    node_ports_host: Chains,
    /// KUBE-NODEPORT-NON-LOCAL, of the filter table: what is let in.
    from_outside: Chains,
}

impl Output {
    fn new(family: Family, span: Span) -> Output {
        let chain = |name| Chains::one(family, ChainName::new(&[name]), span);
        Output {
            portals: chain("KUBE-PORTALS-CONTAINER"),
            portals_host: chain("KUBE-PORTALS-HOST"),
            node_ports: chain("KUBE-NODEPORT-CONTAINER"),
            node_ports_host: chain("KUBE-NODEPORT-HOST"),
            from_outside: chain("KUBE-NODEPORT-NON-LOCAL"),
        }
    }
}

/// The jumps (`iptablesInit`): to addresses of services first, to node ports last, as those go by
/// the port alone.
fn jumps(family: Family) -> [Jump; 5] {
    let (top, bottom) = (Place::Top(KUBE_PROXY), Place::Bottom(APPENDED));
    let local = Match::local(Side::Destination);
    let jump = |table, hook, place, to, matches: [Match; 2]| {
        Jump::new((family, table), (hook, place), ChainName::new(&[to]), &matches)
    };
    let portals = [Match::Comment(&[PORTALS]), Match::Any];
    let node_ports = [local, Match::Comment(&[NODE_PORTS])];
    let from_outside = [Match::Comment(&[FROM_OUTSIDE]), Match::Any];
    let (before, output) = (Hook::Prerouting, Hook::Output);
    [
        jump(Table::Filter, Hook::Input, top, "KUBE-NODEPORT-NON-LOCAL", from_outside),
        jump(Table::Nat, before, top, "KUBE-PORTALS-CONTAINER", portals),
        jump(Table::Nat, output, top, "KUBE-PORTALS-HOST", portals),
        jump(Table::Nat, before, bottom, "KUBE-NODEPORT-CONTAINER", node_ports),
        jump(Table::Nat, output, bottom, "KUBE-NODEPORT-HOST", node_ports),
    ]
}
