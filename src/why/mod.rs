//! Why something is on a node: what a word of the network means, what it is, which statements made it,
//! what it hangs together with, and which system would have programmed it.
//!
//! [`Meaning`] is what a word may mean, `find` looks for it among the objects of a node, [`Answer`] is what
//! is told of what was found, and [`Told`] gathers the answers of several nodes.

mod answer;
mod excerpt;
mod find;
mod json;
mod known;
mod line;
mod live;
mod meaning;
mod near;
mod relations;
mod shown;
mod system;
mod text;
mod told;

pub use answer::{Answer, Several, Step};
pub use json::json;
pub use known::{Known, known};
pub use live::{Looked, Presence, Stranger, strangers};
pub use meaning::Meaning;
pub(crate) use near::names;
pub use near::near;
pub use system::System;
pub use text::text;
pub use told::{Mention, Told};
