//! The integration tests, in one binary.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may"
)]

mod cli;
mod format;
mod grammar;
mod lock;
mod program;
mod properties;
mod readme;
mod schema;
mod snapshots;
mod support;
mod tree;
