//! Addresses of services that another device of the node has already.

use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::{address, link};
use crate::object::{Netns, SERVICE_DEVICE, State};
use crate::plan::{Change, Kind, Thing};
use netc_lang::{Diagnostic, Span, code};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses that changes put on the device for addresses of services, although another device has
/// them: the node would answer on both, and lose that device's own services with the virtual
/// server.
///
/// # Errors
/// The devices cannot be listed.
pub fn conflicts(
    machine: &mut Machine,
    changes: &[Change],
) -> Result<Vec<Diagnostic>, KernelError> {
    let wanted: Vec<(IpAddr, Option<Span>)> = changes.iter().filter_map(bound).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let socket = machine.socket(&Netns::Node)?;
    let links = link::list(socket)?.into_iter().map(|link| (link.index, link.name));
    let names: BTreeMap<u32, String> = links.collect();
    let held = address::list(socket)?.into_iter().filter_map(|found| {
        let name = names.get(&found.device).filter(|name| *name != SERVICE_DEVICE)?;
        Some((found.net.addr(), name.as_str()))
    });
    Ok(decide(&wanted, &held.collect()))
}

/// The address that a change binds, and the statement that asks for it.
fn bound(change: &Change) -> Option<(IpAddr, Option<Span>)> {
    match change.to.as_ref().and_then(Thing::state) {
        Some(State::Address(new)) if change.kind == Kind::Make && *new.link == *SERVICE_DEVICE => {
            Some((new.address.addr(), change.origin.span()))
        }
        _ => None,
    }
}

fn decide(wanted: &[(IpAddr, Option<Span>)], held: &BTreeMap<IpAddr, &str>) -> Vec<Diagnostic> {
    let fault = |(address, origin): &(IpAddr, Option<Span>)| {
        let device = held.get(address)?;
        let message =
            format!("{device} has the address {address}, which is to be one of a service");
        let fault = Diagnostic::new(code::ADDRESS_HELD, message);
        let fault = match origin {
            Some(origin) => fault.label(*origin, "asked for here"),
            None => fault,
        };
        Some(fault.help(format!(
            "if it is an external or load-balancer address, state it as one of the node: `address \
             {address} on {device}`; for a cluster address choose another one"
        )))
    };
    wanted.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_that_has_the_address_is_named() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let wanted = [(address("10.96.0.1"), None), (address("192.0.2.7"), None)];
        let held = BTreeMap::from([(address("192.0.2.7"), "eth0"), (address("192.0.2.8"), "eth0")]);
        let faults = decide(&wanted, &held);
        assert_eq!(faults.len(), 1);
        assert_eq!(
            faults[0].message,
            "eth0 has the address 192.0.2.7, which is to be one of a service"
        );
        assert_eq!(
            faults[0].help.as_deref(),
            Some(
                "if it is an external or load-balancer address, state it as one of the node: \
                 `address 192.0.2.7 on eth0`; for a cluster address choose another one"
            )
        );
    }
}
