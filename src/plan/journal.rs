//! What is written down before a node is changed.

use super::record::Record;
use super::target::Target;

/// An apply that is under way, or the last one.
#[derive(Clone, Debug)]
pub struct Journal {
    /// What was asked for: the command line.
    pub title: String,
    /// Whether it goes back to what was before another apply. If it is interrupted, to go back is
    /// to go on with it.
    pub back: bool,
    /// What was there.
    pub before: Target,
    /// What was remembered of the node.
    pub record: Record,
    /// What is to be remembered of it.
    pub after: Record,
}
