//! Kernel parameters.

use super::{Id, Netns, Text};

/// A kernel parameter under /proc/sys (sysctl(8)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sysctl {
    /// Where it is set.
    pub netns: Netns,
    /// Its dotted name. A device name in it has its own dots written as `/`, as sysctl(8) has it.
    pub key: Text,
    /// Its value.
    pub value: Text,
    /// What must be there for the parameter to exist: a device or a module.
    pub after: Option<Id>,
}

impl Sysctl {
    pub(super) fn id(&self) -> Id {
        Id::Sysctl(self.netns.clone(), Text::clone(&self.key))
    }

    pub(super) fn needs(&self) -> impl Iterator<Item = Id> {
        self.netns.needs().into_iter().chain(self.after.clone())
    }
}
