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

mod changes;
mod cli;
mod format;
mod forms;
mod grammar;
mod ingress;
mod invariants;
mod labs;
mod layouts;
mod lock;
mod modes;
mod names;
mod nft_fate;
mod objects;
mod overlays;
mod pictures;
mod program;
mod properties;
mod random;
mod readme;
mod restore;
mod review;
mod schema;
mod serving;
mod snapshots;
mod speakers;
mod support;
mod tables;
mod traces;
mod tree;
mod walk;
mod walk_services;
mod walked_rules;
mod windows;
