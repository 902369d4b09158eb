//! Kernel modules.

use super::{Id, Text};

/// A kernel module that must be loaded or built in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Its name.
    pub name: Text,
}

impl Module {
    pub(super) fn id(&self) -> Id {
        Id::Module(Text::clone(&self.name))
    }
}
