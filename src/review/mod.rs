//! The changes of many nodes, for people who review them and for their machines.
//!
//! What is the same on several nodes is shown once.

mod counts;
mod fold;
mod json;
mod line;
mod markdown;
mod names;
mod text;

pub use counts::summary;
pub use json::{change, json};
pub use markdown::markdown;
pub use text::{list, text};

use crate::hns::HnsChange;
use crate::plan::Change;

/// What changes on a node.
#[derive(Clone, Debug)]
pub struct NodeChanges {
    /// The node.
    pub node: String,
    /// Whether it stays in the cluster.
    pub fate: Fate,
    /// Its changes, in the order in which they are made.
    pub changes: Vec<Change<'static>>,
    /// What changes of what its network service is to hold, if it runs Windows.
    pub hns: Vec<HnsChange>,
}

/// Whether a node stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fate {
    /// It is in both clusters.
    Stays,
    /// It is only in the new one.
    Comes,
    /// It is only in the old one.
    Goes,
}

impl NodeChanges {
    /// Whether there is nothing to say of the node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fate == Fate::Stays && self.changes.is_empty() && self.hns.is_empty()
    }
}
