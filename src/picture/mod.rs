//! Pictures: a cluster's topology, and what the objects of a node need.
//!
//! ```text
//! cluster ──topology──> Topology ──┐              ┌──> DOT
//!                                  ├──────────────┼──> Mermaid
//! ordered ──needs─────> Needs ─────┘              └──> svg: Drawing ──> SVG
//! ```
//!
//! What a picture shows is decided once, in its value: what is too much for a picture is folded
//! there, with a count. The writers know nothing of clusters and objects. A [`Drawing`] is a list of
//! shapes in whole pixels, so its bytes are the same on every machine.

mod dot;
mod mermaid;
mod needs;
mod svg;
mod text;
mod topology;

pub use mermaid::MERMAID_LIMITS;
pub use needs::{Kind, NeedBox, Needs};
pub use svg::{Drawing, Frame, Label, Shape, Style, Wire};
pub use topology::{Chip, Group, NodeBox, Overlay, Segment, ServiceBox, Topology, Zone};

/// How much a picture shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// What is of one kind is folded where there is too much of it.
    Folded,
    /// Everything on its own.
    Full,
}
