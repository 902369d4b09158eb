//! The live node: observing it and changing it.
//!
//! With [`crate::cli`] this is the only part of netc that touches the machine. Everything is
//! synchronous and in order: one netlink socket for each protocol and namespace, one request at a
//! time, every answer checked.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the part that touches the machine"
)]

mod address;
mod apply;
mod conntrack;
mod error;
mod link;
mod machine;
mod module;
mod namespace;
mod neighbour;
mod observe;
mod route;
mod socket;
mod sysctl;
mod xtables;

pub use apply::{Failure, apply};
pub use error::KernelError;
pub use machine::Machine;
pub use observe::{addresses, observe};
