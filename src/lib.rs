//! The declarative node-network compiler.
//!
//! ```text
//! .netc text ──lang──> items ──model──> cluster ──lower──> objects ──graph──> ordered
//!                                                                                │
//!                         artefacts <──emit── ─────────────┬────────────────── ──┤
//!                         plan, changes <──plan── ─────────┘                     │
//!                         the kernel <──kernel── ────────────────────────────────┘
//! ```
//!
//! Everything but [`kernel`] and [`cli`] is a pure function of the sources: the same input gives
//! the same bytes on every machine, without privileges.

pub mod artefacts;
pub mod cli;
pub mod compile;
pub mod emit;
pub mod form;
pub mod graph;
pub mod hns;
pub mod import;
pub mod kernel;
pub mod lab;
pub mod lower;
pub mod model;
pub mod object;
pub mod picture;
pub mod plan;
pub mod review;
pub mod show;
pub mod trace;
pub mod verify;
pub mod why;
