//! Removing many devices at once.

use super::error::KernelError;
use super::machine::Machine;
use super::operation::{Request, run};
use super::{device, link};
use crate::object::Netns;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use std::collections::BTreeSet;

/// The group of devices that are about to be removed: `netc` in ASCII. It has no name in
/// /etc/iproute2/group.
const GROUP: u32 = 0x6e65_7463;

/// The group of devices that nobody put into another one.
const NO_GROUP: u32 = 0;

/// Removes devices of a namespace; the first that could not be removed, by its place, and why.
/// Those before it are gone or not, as they were the kernel's to remove at once.
///
/// The kernel waits for every processor with each removal, but only once for a whole group
/// (rtnetlink.c, `rtnl_group_dellink`).
pub(super) fn remove_links(
    machine: &mut Machine,
    netns: &Netns,
    names: &[&str],
) -> Result<(), (usize, KernelError)> {
    let alone = |machine: &mut Machine| {
        let all: Vec<Request> = names.iter().map(|name| device::remove(netns, name)).collect();
        run(machine, &all)
    };
    if names.len() < 2 {
        return alone(machine);
    }
    let all: Vec<Request> = names.iter().map(|name| device::group(netns, name, GROUP)).collect();
    if let Err((place, error)) = run(machine, &all) {
        let back = |name: &&str| device::group(netns, name, NO_GROUP);
        // Whatever else is missing: each of the others must be tried.
        for name in names {
            let _ = run(machine, &[back(name)]);
        }
        return Err((place, error));
    }
    let members = link::list(machine.socket(netns).map_err(|error| (0, error))?);
    let members = members.map_err(|error| (0, error))?;
    let wanted: BTreeSet<&str> = names.iter().copied().collect();
    let mut members = members.iter().filter(|link| link.group == GROUP);
    if members.any(|link| !wanted.contains(link.name.as_str())) {
        // Somebody else uses our number.
        return alone(machine);
    }
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Group(GROUP));
    let request =
        Request { netns: netns.clone(), message: Message::DelLink(message).into(), flags: 0 };
    // The kernel removes all or, if one of them cannot be removed, none: which, it does not say.
    run(machine, &[request]).or_else(|_| alone(machine))
}
