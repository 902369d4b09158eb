//! IPVS mode (netspec 4.5–4.7; kube-proxy's `pkg/proxy/ipvs/proxier.go`): virtual servers hand
//! connections to endpoints, their addresses are on a device of their own, and few rules look into
//! sets of addresses and ports to masquerade and to filter.

mod device;
mod filter;
mod jumps;
mod nat;
mod parameters;
mod port;
mod reals;
mod servers;
mod sets;

pub(in crate::lower) use parameters::STRICT_ARP;

use super::categories::Here;
use super::detector::Detector;
use super::node_ports::NodePorts;
use super::programmed;
use crate::lower::Context;
use crate::model::{Family, Ipvs, Proxy};
use crate::object::{Ruleset, Scheduling, State, Table, VirtualAddress};
use netc_lang::Span;
use servers::Servers;
use sets::{Sets, Which};
use std::net::IpAddr;

pub(super) fn lower(cx: &mut Context, proxy: &Proxy, settings: &Ipvs) {
    parameters::lower(cx, proxy, settings);
    device::lower(cx, proxy);
    let mut bound = Vec::new();
    for family in Family::ALL {
        let ipvs = View::new(cx, proxy, settings, family);
        let mut out = Output::new(family);
        for service in programmed(cx.cluster) {
            for port in &service.ports {
                port::lower(&ipvs, service, port, &mut out);
            }
        }
        let (servers, own) = out.servers.finish();
        let addresses = own.iter().map(|bound| bound.address);
        out.sets.fill(Which::Bound, addresses);
        out.sets.report_full(&mut cx.objects, proxy.span);
        let nat = nat::chains(&ipvs, &out.sets);
        let filter = filter::chains(&ipvs, &out.sets, &out.barred);
        for (table, chains) in [(Table::Filter, filter), (Table::Nat, nat)] {
            let ruleset = Ruleset::new(family, table, vec![chains]);
            cx.objects.add(State::Ruleset(ruleset), proxy.span);
        }
        jumps::lower(cx, proxy, family);
        for set in out.sets.finish() {
            cx.objects.add(State::Set(set), proxy.span);
        }
        for (server, origin) in servers {
            cx.objects.add(State::Virtual(server), origin);
        }
        bound.extend(own);
    }
    device::bind(cx, bound);
}

/// What the lowering of one family goes by.
struct View<'a> {
    family: Family,
    here: Here<'a>,
    proxy: &'a Proxy,
    settings: &'a Ipvs,
    detector: Option<Detector>,
    /// How every virtual server picks a real one.
    scheduling: Scheduling,
    /// The node's own addresses of the family.
    own: Vec<IpAddr>,
    /// Those on which node ports answer.
    node_ports: Vec<IpAddr>,
}

impl<'a> View<'a> {
    fn new(cx: &Context<'a>, proxy: &'a Proxy, settings: &'a Ipvs, family: Family) -> View<'a> {
        let node = cx.node;
        let here = |address: &IpAddr| Family::of(*address) == family && is_usable(*address);
        let own: Vec<IpAddr> = node.addresses.iter().map(|own| own.address).filter(here).collect();
        let mut node_ports = match NodePorts::new(proxy, node, family).addresses {
            None => own.clone(),
            Some(within) => within.into_iter().filter(|one| !one.is_loopback()).collect(),
        };
        node_ports.sort_unstable();
        node_ports.dedup();
        let fallback = if settings.scheduler_fallback { Scheduling::FLAG_1 } else { 0 };
        let port = if settings.scheduler_port { Scheduling::FLAG_2 } else { 0 };
        View {
            family,
            here: Here { node, id: cx.id },
            proxy,
            settings,
            detector: Detector::new(cx, proxy, family),
            scheduling: Scheduling {
                scheduler: settings.scheduler.as_str().into(),
                flags: fallback | port,
            },
            own,
            node_ports,
        }
    }
}

/// Whether node ports may answer on an address, if nobody said otherwise (`isValidForSet` of
/// kube-proxy's `pkg/proxy/ipvs/netlink_linux.go`).
fn is_usable(address: IpAddr) -> bool {
    let link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    !address.is_loopback() && !link_local
}

/// What the services of one family ask for.
struct Output {
    sets: Sets,
    servers: Servers,
    /// The load balancers that this node itself may not reach.
    barred: Vec<(VirtualAddress, Span)>,
}

impl Output {
    fn new(family: Family) -> Output {
        Output { sets: Sets::new(family), servers: Servers::default(), barred: Vec::new() }
    }
}
