//! Connections of UDP that were translated before rules led them to the program.

use super::super::exposure::Exposure;
use super::super::programmed;
use crate::lower::Context;
use crate::model::Family;
use crate::object::{Aside, Flush, Netns, State};
use netc_lang::Protocol;
use std::net::IpAddr;

/// The program answers from the address to which a packet was turned: one of the node's. What
/// anybody else answers is forgotten.
pub(in crate::lower::kube) fn lower(cx: &mut Context) {
    for family in Family::ALL {
        let keep = own(cx, family);
        for service in programmed(cx.cluster) {
            let Some(address) = service.addresses.get(family) else { continue };
            for port in service.ports.iter().filter(|port| port.port.protocol == Protocol::Udp) {
                let outside = Exposure::new(service, port, family);
                let addresses = [*address].into_iter().chain(outside.external_ips);
                let ways = addresses.chain(outside.load_balancer_ips);
                let ways = ways.map(|one| (Some(one), port.port.number));
                for (destination, number) in
                    ways.chain(outside.node_port.map(|number| (None, number)))
                {
                    let (keep, table) = (keep.clone(), Aside(None));
                    let flush = Flush { family, destination, port: number, keep, table };
                    cx.objects.add(State::Flush(flush), port.span);
                }
            }
        }
    }
}

/// The addresses of the node, sorted.
fn own(cx: &Context, family: Family) -> Vec<IpAddr> {
    let on_devices = cx.objects.states().filter_map(|state| match state {
        State::Address(own) if own.netns == Netns::Node => Some(own.address.addr()),
        _ => None,
    });
    let stated = cx.node.addresses.iter().map(|own| own.address);
    let loopback = match family {
        Family::V4 => family.address(0x7f00_0001),
        Family::V6 => family.address(1),
    };
    let all = on_devices.chain(stated).chain([loopback]);
    let mut all: Vec<IpAddr> = all.filter(|one| Family::of(*one) == family).collect();
    all.sort_unstable();
    all.dedup();
    all
}
