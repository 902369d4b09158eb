//! Neighbour entries.

use super::{Id, Netns, Text};
use netc_lang::Mac;
use std::net::IpAddr;

/// A permanent neighbour entry: which Ethernet address answers for an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Neighbour {
    /// Where the device lives.
    pub netns: Netns,
    /// The device.
    pub link: Text,
    /// The neighbour's address.
    pub address: IpAddr,
    /// The neighbour's Ethernet address.
    pub mac: Mac,
}

impl Neighbour {
    pub(super) fn id(&self) -> Id {
        Id::Neighbour(self.netns.clone(), Text::clone(&self.link), self.address)
    }

    pub(super) fn needs(&self) -> Id {
        Id::Up(self.netns.clone(), Text::clone(&self.link))
    }
}
