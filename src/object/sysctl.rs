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
    /// The value is the least that will do: a higher one stays.
    pub minimum: bool,
    /// What must be there for the parameter to exist: a device or a module.
    pub after: Option<Id>,
}

impl Sysctl {
    /// Whether a value found in the kernel is as wanted.
    #[must_use]
    pub fn accepts(&self, found: &str) -> bool {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        match (number(found), number(&self.value)) {
            (Some(found), Some(wanted)) if self.minimum => found >= wanted,
            // The kernel separates the numbers of a list by tabs.
            _ => self.value.split_whitespace().eq(found.split_whitespace()),
        }
    }

    pub(super) fn id(&self) -> Id {
        Id::Sysctl(self.netns.clone(), Text::clone(&self.key))
    }

    pub(super) fn needs(&self) -> impl Iterator<Item = Id> {
        self.netns.needs().into_iter().chain(self.after.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimum_accepts_what_is_higher() {
        let sysctl = |value: &str, minimum| Sysctl {
            netns: Netns::Node,
            key: "net.netfilter.nf_conntrack_max".into(),
            value: value.into(),
            minimum,
            after: None,
        };
        let least = sysctl("131072", true);
        assert!(least.accepts("131072") && least.accepts("262144"));
        assert!(!least.accepts("65536") && !least.accepts(""));
        let exact = sysctl("1 2", false);
        assert!(exact.accepts("1\t2") && !exact.accepts("1 3"));
        assert!(!sysctl("1", false).accepts("2"));
    }
}
