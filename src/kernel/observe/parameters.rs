//! Kernel parameters.

use super::Interest;
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::sysctl;
use crate::object::{Netns, State, Sysctl};
use crate::plan::Live;

/// Reads the parameters of interest of a namespace.
pub(super) fn read(
    machine: &mut Machine,
    interest: &Interest,
    netns: &Netns,
    live: &mut Live,
) -> Result<(), KernelError> {
    let wanted = interest.states.iter().filter_map(|state| match state {
        State::Sysctl(sysctl) if sysctl.netns == *netns => Some(sysctl),
        _ => None,
    });
    let wanted: Vec<&Sysctl> = wanted.collect();
    let read = || -> Result<Vec<Option<String>>, KernelError> {
        let value = |wanted: &&Sysctl| match sysctl::read(&wanted.key)? {
            None if wanted.key.starts_with("net.ipv6.") && !sysctl::has_ipv6() => {
                Ok(Some(wanted.value.to_string()))
            }
            found => Ok(found),
        };
        wanted.iter().map(value).collect()
    };
    if wanted.is_empty() {
        return Ok(());
    }
    let values = machine.namespace(netns)?.within(read)??;
    for (wanted, value) in wanted.iter().zip(values) {
        if let Some(value) = value {
            let found = Sysctl { value: value.into(), ..(*wanted).clone() };
            live.insert(State::Sysctl(found), true);
        }
    }
    Ok(())
}
