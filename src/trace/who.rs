//! Who a packet is of or for: one address, or any one of several.

use crate::model::Family;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// One address, or any one of several for which everything was the same so far.
///
/// A walk begins with all pods of a node at once. Wherever something tells them apart the way
/// divides, so what is left at its ends are classes of pods that are treated alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    /// This one.
    One(IpAddr),
    /// Any one of these: at least two of one family, sorted.
    Any(Arc<[IpAddr]>),
}

impl Who {
    /// Any one of some addresses of one family; `None` if there are none.
    #[must_use]
    pub fn any(mut all: Vec<IpAddr>) -> Option<Who> {
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [] => None,
            [one] => Some(Who::One(*one)),
            _ => Some(Who::Any(all.into())),
        }
    }

    /// All of them, sorted.
    #[must_use]
    pub fn all(&self) -> &[IpAddr] {
        match self {
            Who::One(address) => std::slice::from_ref(address),
            Who::Any(all) => all,
        }
    }

    /// One that stands for all.
    #[must_use]
    pub fn first(&self) -> IpAddr {
        match self {
            Who::One(address) => *address,
            Who::Any(all) => {
                all.first().copied().unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED))
            }
        }
    }

    /// Whether both are the same several: not just equal ones.
    pub(super) fn is(&self, other: &Who) -> bool {
        match (self, other) {
            (Who::Any(own), Who::Any(other)) => Arc::ptr_eq(own, other),
            _ => false,
        }
    }

    /// The family of all.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.first())
    }

    /// Those for which something holds, and the others.
    #[must_use]
    pub fn split(&self, test: impl Fn(IpAddr) -> bool) -> (Option<Who>, Option<Who>) {
        match self {
            Who::One(address) if test(*address) => (Some(self.clone()), None),
            Who::One(_) => (None, Some(self.clone())),
            Who::Any(all) => {
                let (yes, no): (Vec<_>, Vec<_>) = all.iter().copied().partition(|one| test(*one));
                (Who::any(yes), Who::any(no))
            }
        }
    }
}

impl From<IpAddr> for Who {
    fn from(address: IpAddr) -> Who {
        Who::One(address)
    }
}

impl fmt::Display for Who {
    /// The address, and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::One(address) => address.fmt(f),
            Who::Any(all) => write!(f, "{} and {} more", self.first(), all.len().saturating_sub(1)),
        }
    }
}
