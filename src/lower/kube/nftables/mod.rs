//! nftables mode (netspec 4.8; kube-proxy's `pkg/proxy/nftables/proxier.go`): a table of its own in
//! each family.
//!
//! Packets find their service in maps by address, protocol and port, or by protocol and port if
//! they are for the node. Since 1.36 a service has one rule with its endpoints; up to 1.35 each
//! endpoint has a chain, which since then only those of services with affinity have. Layout `flat`
//! is 1.36's, but that all services share the chains that spread connections.

mod endpoint;
mod flat;
mod names;
mod own;
mod port;
mod sets;
mod skeleton;

pub(super) use names::PortName;

use super::categories::Here;
use super::detector::Detector;
use super::node_ports::NodePorts;
use super::programmed;
use crate::lower::Context;
use crate::model::{Family, Layout, Nftables, Proxy};
use crate::object::{NftChain, NftSet, NftTable, Objects, State, Statement, conflict};
use flat::Flat;
use netc_lang::Span;
use sets::{Sets, Which};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The table.
pub(in crate::lower) const TABLE: &str = "kube-proxy";

/// The chain that marks what is to be masqueraded, up to 1.35.
const MARK: &str = "mark-for-masquerade";

/// The chain that refuses connections.
const REJECT: &str = "reject-chain";

pub(super) fn lower(cx: &mut Context, proxy: &Proxy, settings: Nftables) {
    for family in Family::ALL {
        let view = View::new(cx, proxy, settings, family);
        let mut out = Output::default();
        for service in programmed(cx.cluster) {
            for port in &service.ports {
                port::lower(&view, service, port, &mut out);
            }
        }
        out.report_equal_names(family, &mut cx.objects);
        let networks = cx.cluster.service_networks.get(family).copied();
        let mut table = NftTable::new(family, TABLE, Some("rules for kube-proxy"));
        table.chains = skeleton::chains(&view, networks.as_slice());
        table.chains.append(&mut out.flat.chains(&view));
        table.chains.append(&mut out.chains);
        if let Some(addresses) = &view.node_ports {
            out.sets.fill(Which::NodePortAddresses, addresses, proxy.span);
        }
        table.sets = out.sets.finish(&view);
        table.sets.append(&mut out.flat.into_maps(family));
        table.sets.append(&mut out.affinity);
        cx.objects.add(State::NftTable(table), proxy.span);
    }
}

/// What the lowering of one family goes by.
struct View<'a> {
    family: Family,
    here: Here<'a>,
    proxy: &'a Proxy,
    /// Each endpoint has a chain, and packets are marked by jumping to one (up to 1.35).
    older: bool,
    /// Services share chains (layout `flat`).
    flat: bool,
    detector: Option<Detector>,
    /// The addresses of this node on which node ports answer: all but loopback's if `None`.
    node_ports: Option<Vec<IpAddr>>,
}

impl<'a> View<'a> {
    fn new(cx: &Context<'a>, proxy: &'a Proxy, settings: Nftables, family: Family) -> View<'a> {
        let addresses = NodePorts::new(proxy, cx.node, family).addresses;
        let usable = |all: Vec<IpAddr>| all.into_iter().filter(|one| !one.is_loopback()).collect();
        View {
            family,
            here: Here { node: cx.node, id: cx.id },
            proxy,
            older: settings.layout == Layout::Older,
            flat: settings.layout == Layout::Flat,
            detector: Detector::new(cx, proxy, family),
            node_ports: addresses.map(usable),
        }
    }

    /// Marks a packet: it is to be masqueraded.
    fn mark(&self) -> Statement<'static> {
        match self.older {
            true => Statement::Jump(MARK),
            false => Statement::SetMark(self.proxy.masquerade_mark),
        }
    }

    fn masquerade(&self) -> Statement<'static> {
        Statement::Masquerade { random_fully: self.proxy.random_fully }
    }
}

/// What the services of one family ask for.
#[derive(Default)]
struct Output {
    sets: Sets,
    /// What services share in layout `flat`.
    flat: Flat,
    /// The chains of services and endpoints.
    chains: Vec<NftChain>,
    /// The sets of clients of endpoints.
    affinity: Vec<NftSet>,
}

impl Output {
    /// Names say all that they are named after, unless that is too long. Then a hash of forty bits
    /// tells them apart, which may fail.
    fn report_equal_names(&self, family: Family, objects: &mut Objects) {
        let mut cut: BTreeMap<&str, Span> = BTreeMap::new();
        for chain in self.chains.iter().filter(|chain| names::is_cut(&chain.name)) {
            let origin = chain.origin.0;
            if let Some(first) = cut.insert(&chain.name, origin) {
                let what = format!("{family} chain {} of table {TABLE}", chain.name);
                objects.reject(conflict(&what, first, origin));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netc_lang::code;

    #[test]
    fn names_that_come_out_equal_are_reported() {
        let at = |start| Span { start, ..Span::default() };
        let all = [("endpoint-A...", 1), ("endpoint-B...", 2), ("reject-chain", 3)];
        let chains = |names: &[(&str, u32)]| -> Output {
            let chains = names.iter().map(|(name, start)| NftChain::new(*name, at(*start)));
            Output { chains: chains.collect(), ..Output::default() }
        };
        let faults = |out: Output| {
            let mut objects = Objects::default();
            out.report_equal_names(Family::V6, &mut objects);
            objects.finish().1
        };
        assert!(faults(chains(&all)).is_empty());
        let found = faults(chains(&[all[0], all[1], ("endpoint-A...", 4)]));
        assert_eq!((found.len(), found[0].code), (1, code::CONFLICTING_OBJECTS));
        let said = "two statements want IPv6 chain endpoint-A... of table kube-proxy differently";
        assert_eq!(found[0].message, said);
        let places: Vec<u32> = found[0].labels.iter().map(|label| label.span.start).collect();
        assert_eq!(places, [4, 1]);
    }
}
