//! The order in which objects are made.
//!
//! The order is total and stable: whatever an object needs comes before it, and what is free
//! to choose is decided by the identities alone. So it does not depend on the order of the
//! sources.

mod chains;
mod cycle;
mod detail;
mod order;
mod parts;

pub(crate) use chains::{chains_in_order, targets_first};
pub use detail::{Item, Placed, detail, items};
pub(crate) use order::order_known;
pub use order::{Node, Ordered, order};
pub use parts::{Part, PartKind};
