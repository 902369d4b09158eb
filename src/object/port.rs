//! Bridge ports.

use super::{Id, Netns, Text};

/// A device's membership in a bridge. It is an object of its own, so that all devices are made
/// before the first one joins: the kernel is much faster so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// Where both live.
    pub netns: Netns,
    /// The device.
    pub link: Text,
    /// The bridge.
    pub bridge: Text,
    /// Whether the bridge may send a packet back to this port (bridge(8), `hairpin`).
    pub hairpin: bool,
    /// Whether the bridge keeps it apart from other isolated ports (bridge(8), `isolated`).
    pub isolated: bool,
    /// The vlan that its packets without a tag are in, inside of a bridge that heeds vlans: `pvid
    /// untagged` (bridge(8)). It is in no other one but the first, which it was born into.
    pub vlan: Option<u16>,
}

impl Port {
    pub(super) fn id(&self) -> Id {
        Id::Port(self.netns.clone(), Text::clone(&self.link))
    }

    pub(super) fn needs(&self) -> [Id; 2] {
        let link = |name| Id::Link(self.netns.clone(), Text::clone(name));
        [link(&self.link), link(&self.bridge)]
    }
}
