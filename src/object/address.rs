//! Addresses on devices.

use super::{Id, Netns, Text};
use ipnet::IpNet;

/// An address on a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// Where the device lives.
    pub netns: Netns,
    /// The device.
    pub link: Text,
    /// The address with the prefix length of its network.
    pub address: IpNet,
    /// Whether the kernel makes the route to its network by itself (ip-address(8),
    /// `noprefixroute`).
    pub routed: bool,
    /// It is held for others to find on a device of the node's own: a service's address, which the
    /// node begins no connection from (`preferred_lft 0`, ip-address(8)), and which it announces to
    /// its neighbours when it gets it.
    pub held: bool,
    /// What must be there before it beside its device: the virtual servers that answer to it.
    pub after: Vec<Id>,
}

impl Address {
    /// An address as most are.
    #[must_use]
    pub fn new(netns: Netns, link: Text, address: IpNet) -> Address {
        Address { netns, link, address, routed: true, held: false, after: Vec::new() }
    }

    pub(super) fn id(&self) -> Id {
        Id::Address(self.netns.clone(), Text::clone(&self.link), self.address)
    }

    pub(super) fn needs(&self) -> impl Iterator<Item = Id> {
        let link = match self.held {
            true => Id::Underlay(Text::clone(&self.link)),
            false => Id::Link(self.netns.clone(), Text::clone(&self.link)),
        };
        [link].into_iter().chain(self.after.iter().cloned())
    }
}
