//! The numbers by which one namespace knows another.

use super::error::KernelError;
use super::machine::Machine;
use crate::object::Netns;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use std::os::fd::AsRawFd;

/// The number by which one namespace knows another; `None` if it does not (`RTM_GETNSID`,
/// net_namespace.c, `rtnl_net_getid`).
pub(super) fn of(
    machine: &mut Machine,
    here: &Netns,
    there: &Netns,
) -> Result<Option<i32>, KernelError> {
    let file = machine.namespace(there)?.file().as_raw_fd();
    let mut message = NsidMessage::default();
    message.attributes.push(NsidAttribute::Fd(file.cast_unsigned()));
    let socket = machine.socket::<Message>(here)?;
    let number = socket.ask(&Message::GetNsId(message), |answer| match answer {
        Message::NewNsId(message) => message.attributes.iter().find_map(|one| match one {
            NsidAttribute::Id(number) => Some(*number),
            _ => None,
        }),
        _ => None,
    })?;
    // A namespace that is not known has the number -1.
    Ok(number.filter(|number| *number >= 0))
}
