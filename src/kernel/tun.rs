//! Devices whose packets a program carries. No netlink request makes one (drivers/net/tun.c,
//! `tun_validate`); ip-tuntap(8) does, and it stays when nobody has it open.

use super::error::KernelError;
use super::machine::Machine;
use super::tool::Tool;
use crate::object::Link;

/// Makes a device, and leaves it down.
pub(super) fn make(machine: &mut Machine, link: &Link) -> Result<(), KernelError> {
    let arguments = ["tuntap", "add", "dev", &link.name, "mode", "tun"];
    let namespace = machine.namespace(&link.netns)?;
    namespace.within(|| Tool("ip").run(&arguments, None))?.map(drop)
}
