//! What IPVS mode has beside devices and rules: sets and virtual servers.

use super::Interest;
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::{ipset, ipvs};
use crate::object::{Id, Netns, SERVICE_DEVICE, SetName, State, VirtualAddress};
use crate::plan::{Live, system_of_set};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Records the sets that are called like kube-proxy's, or are of interest. The former are netc's
/// own on a node that it has programmed.
pub(super) fn sets(
    machine: &mut Machine,
    interest: &Interest,
    live: &mut Live,
) -> Result<(), KernelError> {
    let of_interest = |name: &str| interest.has(&Id::Set(SetName::new(name)));
    let all = ipset::list(machine, |name| system_of_set(name).is_some() || of_interest(name))?;
    for set in all {
        let managed = interest.record.managed && system_of_set(set.name.as_str()).is_some();
        live.insert(State::Set(set), managed || interest.adopt);
    }
    Ok(())
}

/// Records the virtual servers that are netc's own or of interest. They bear no mark: those are its
/// own that it has recorded, or that have an address on its own device for addresses of services.
pub(super) fn virtual_servers(
    machine: &mut Machine,
    interest: &Interest,
    live: &mut Live,
) -> Result<(), KernelError> {
    let bound = bound(live);
    let is_own = |address: &VirtualAddress| {
        interest.record.virtuals.contains(address) || bound.contains(&address.socket.ip())
    };
    let of_interest = |address: &VirtualAddress| interest.has(&Id::Virtual(*address));
    for server in ipvs::list(machine, |address| is_own(address) || of_interest(address))? {
        let owned = interest.adopt || is_own(&server.address);
        live.insert(State::Virtual(server), owned);
    }
    Ok(())
}

/// The addresses on the device for addresses of services, if that is netc's own.
fn bound(live: &Live) -> BTreeSet<IpAddr> {
    let device = Id::Link(Netns::Node, SERVICE_DEVICE.into());
    if !live.states.get(&device).is_some_and(|found| found.owned) {
        return BTreeSet::new();
    }
    let addresses = live.states.values().filter_map(|found| match &found.state {
        State::Address(own) if own.netns == Netns::Node && *own.link == *SERVICE_DEVICE => {
            Some(own.address.addr())
        }
        _ => None,
    });
    addresses.collect()
}
