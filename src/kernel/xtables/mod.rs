//! iptables by its own tools: iptables-save to read, iptables-restore to change.

mod present;
mod read;

pub use read::{Foreign, Held, backend, other_backend};

pub(super) use read::read;

use super::error::KernelError;
use super::machine::Machine;
use super::tool::{Tool, run};
use crate::model::Family;
use crate::plan::Payload;

/// How many seconds to wait for another program that changes rules.
const WAIT: &str = "30";

/// Feeds a payload to iptables-restore; chains that it does not name stay as they are. With
/// `test` nothing is changed.
pub(super) fn restore(
    machine: &mut Machine,
    payload: &Payload,
    test: bool,
) -> Result<(), KernelError> {
    let (tool, mut arguments) = restore_command(payload.family);
    arguments.extend(test.then_some("--test"));
    run(machine, Tool(tool), &arguments, Some(&payload.text)).map(drop)
}

/// The program that takes a payload, and its arguments.
#[must_use]
pub fn restore_command(family: Family) -> (&'static str, Vec<&'static str>) {
    let tool = match family {
        Family::V4 => "iptables-restore",
        Family::V6 => "ip6tables-restore",
    };
    (tool, vec!["--noflush", "--wait", WAIT])
}
