//! Virtual servers over generic netlink, in the node's own namespace.

mod connections;
mod message;

use super::error::KernelError;
use super::generic;
use super::machine::Machine;
use super::operation::{Action, Request};
use crate::object::{Aside, Netns, RealServer, VirtualAddress, VirtualServer};
use message::{Command, FoundVirtual};

pub(super) use connections::count as connections;

/// What the family is called (`IPVS_GENL_NAME` in linux/ip_vs.h).
const NAME: &str = "IPVS";

/// The number of the family, once it was asked for; `None` if the kernel does not have it, or not
/// yet. It is the same in all namespaces.
fn family(machine: &mut Machine) -> Result<Option<u16>, KernelError> {
    if machine.ipvs.is_none() {
        machine.ipvs = generic::family(machine.socket(&Netns::Node)?, NAME)?;
    }
    Ok(machine.ipvs)
}

/// The number of the family, for a request.
fn needed(machine: &mut Machine) -> Result<u16, KernelError> {
    let missing = || KernelError::Missing("IPVS in this kernel (module ip_vs)".into());
    family(machine)?.ok_or_else(missing)
}

/// All virtual servers that have an address which is looked for, with their real servers. None if
/// the kernel has no IPVS now: nothing is loaded. None either for whoever may not ask: that is root
/// of a user namespace, who cannot have made any (ip_vs_ctl.c, `GENL_ADMIN_PERM`).
pub(super) fn list(
    machine: &mut Machine,
    looked_for: impl Fn(&VirtualAddress) -> bool,
) -> Result<Vec<VirtualServer>, KernelError> {
    let Some(family) = family(machine)? else { return Ok(Vec::new()) };
    let socket = machine.socket(&Netns::Node)?;
    let found = socket.dump(&message::virtuals(family), |answer| {
        message::found_virtual(&answer).filter(|found| looked_for(&found.address))
    });
    let found = match found {
        Err(error) if error.is_permission() => return Ok(Vec::new()),
        found => found?,
    };
    let with_reals = |FoundVirtual { address, scheduling, persistence, mask }: FoundVirtual| {
        let question = message::reals(family, &address);
        let mut reals = socket.dump(&question, |answer| message::found_real(&answer, &address))?;
        reals.sort_unstable();
        Ok(VirtualServer {
            address,
            scheduling,
            persistence,
            mask,
            reals: reals.into(),
            origins: Aside::default(),
            after: Vec::new(),
        })
    };
    found.into_iter().map(with_reals).collect()
}

/// The requests that make a virtual server, remove it, or make of what was found what is to be,
/// but for the real servers that it is to lose. If it is not known what was found, everything is
/// set again.
pub(super) fn requests(
    machine: &mut Machine,
    server: &VirtualServer,
    action: Action,
    found: Option<&VirtualServer>,
) -> Result<Vec<Request>, KernelError> {
    let family = needed(machine)?;
    let of_virtual = |command| request(message::of_virtual(family, command, server));
    let of_real = |command, real| request(message::of_real(family, command, &server.address, real));
    if action == Action::Remove {
        return Ok(vec![of_virtual(Command::Delete)]);
    }
    if action == Action::Make {
        let reals = server.reals.iter().map(|real| of_real(Command::New, real));
        return Ok([of_virtual(Command::New)].into_iter().chain(reals).collect());
    }
    let settings =
        |server: &VirtualServer| (server.scheduling.clone(), server.persistence, server.mask);
    let same = found.is_some_and(|found| settings(found) == settings(server));
    let first = (!same).then(|| of_virtual(Command::Set));
    let reals = server.reals.iter().filter_map(|real| {
        let command = match found.map(|found| found.real(real.socket)) {
            Some(Some(old)) if old == real => return None,
            Some(None) => Command::New,
            Some(Some(_)) | None => Command::Set,
        };
        Some(of_real(command, real))
    });
    Ok(first.into_iter().chain(reals).collect())
}

/// The request that makes of a real server what is to be.
pub(super) fn set_real(
    machine: &mut Machine,
    address: &VirtualAddress,
    real: &RealServer,
) -> Result<Request, KernelError> {
    let family = needed(machine)?;
    Ok(request(message::of_real(family, Command::Set, address, real)))
}

/// The request that removes a real server.
pub(super) fn remove_real(
    machine: &mut Machine,
    address: &VirtualAddress,
    real: &RealServer,
) -> Result<Request, KernelError> {
    let family = needed(machine)?;
    Ok(request(message::of_real(family, Command::Delete, address, real)))
}

fn request(message: generic::Message) -> Request {
    Request { netns: Netns::Node, message: message.into(), flags: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::operation::Packet;
    use crate::object::{Forwarding, Scheduling};
    use netc_lang::Protocol;

    fn server(weights: &[(u8, u32)]) -> VirtualServer {
        let real = |(last, weight): &(u8, u32)| RealServer {
            socket: ([10, 244, 0, *last], 80).into(),
            weight: *weight,
            forwarding: Forwarding::Masquerade,
        };
        VirtualServer {
            address: VirtualAddress {
                socket: ([10, 96, 0, 1], 80).into(),
                protocol: Protocol::Tcp,
            },
            scheduling: Scheduling { scheduler: "rr".into(), flags: 0 },
            persistence: None,
            mask: 32,
            reals: weights.iter().map(real).collect(),
            origins: Aside::default(),
            after: Vec::new(),
        }
    }

    /// The commands, by number.
    fn commands(action: Action, to: &VirtualServer, found: Option<&VirtualServer>) -> Vec<u8> {
        let mut machine = Machine::open(None).unwrap();
        machine.ipvs = Some(33);
        let all = requests(&mut machine, to, action, found).unwrap().into_iter();
        let commands = all.map(|request| match request.message {
            Packet::Generic(message) => message.payload.command,
            Packet::Route(_) => 0,
        });
        commands.collect()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let (old, new) = (server(&[(2, 1), (3, 1), (4, 1)]), server(&[(2, 1), (3, 5), (5, 1)]));
        assert_eq!(commands(Action::Make, &new, None), [1, 5, 5, 5]);
        assert_eq!(commands(Action::Change, &new, Some(&old)), [6, 5]);
        assert_eq!(commands(Action::Change, &new, Some(&new)), [0; 0]);
        assert_eq!(commands(Action::Change, &new, None), [2, 6, 6, 6]);
        assert_eq!(commands(Action::Remove, &new, Some(&old)), [3]);
        let sticky = VirtualServer { persistence: Some(60), ..old.clone() };
        assert_eq!(commands(Action::Change, &sticky, Some(&old)), [2]);
    }
}
