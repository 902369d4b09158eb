//! Devices that are up.

use super::{Id, Netns, Text};

/// That a device is up. It is an object of its own, because a device comes up only after its
/// addresses are on it and it has joined its bridge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Up {
    /// Where the device lives.
    pub netns: Netns,
    /// The device; `lo` is in every namespace.
    pub link: Text,
}

impl Up {
    pub(super) fn id(&self) -> Id {
        Id::Up(self.netns.clone(), Text::clone(&self.link))
    }

    pub(super) fn needs(&self) -> Option<Id> {
        match &*self.link {
            "lo" => self.netns.needs(),
            _ => Some(Id::Link(self.netns.clone(), Text::clone(&self.link))),
        }
    }
}
