//! Forwarding entries.

use super::{Id, Netns, Text};
use netc_lang::Mac;
use std::net::IpAddr;

/// A permanent forwarding entry of a vxlan device: to which node frames for an Ethernet address
/// are sent (bridge(8), `self permanent`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fdb {
    /// Where the device lives.
    pub netns: Netns,
    /// The device.
    pub link: Text,
    /// The Ethernet address.
    pub mac: Mac,
    /// The address of the node that has it.
    pub destination: IpAddr,
}

impl Fdb {
    pub(super) fn id(&self) -> Id {
        Id::Fdb(self.netns.clone(), Text::clone(&self.link), self.mac)
    }

    pub(super) fn needs(&self) -> Id {
        Id::Link(self.netns.clone(), Text::clone(&self.link))
    }
}
