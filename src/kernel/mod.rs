//! The live node: observing it and changing it.
//!
//! With [`crate::cli`] this is the only part of netc that touches the machine. Everything is
//! synchronous and in order: one netlink socket for each protocol and namespace, requests one
//! by one or many at a time, every answer checked.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the part that touches the machine"
)]

mod address;
mod announce;
mod apply;
mod balancer;
mod conntrack;
mod device;
mod drain;
mod error;
mod fault;
mod generic;
mod healthz;
mod http;
mod ipset;
mod ipvs;
pub mod lab;
mod link;
mod machine;
mod module;
mod namespace;
mod neighbour;
mod nft;
mod nsid;
mod observe;
mod operation;
mod policy;
mod preflight;
mod probe;
mod progress;
mod removal;
mod retire;
mod route;
mod socket;
mod sockets;
mod speaker;
mod store;
mod sysctl;
mod tool;
mod transaction;
#[cfg(feature = "kernel-tests")]
pub mod trial;
mod tun;
mod vlan;
mod watchdog;
mod wireguard;
mod xtables;

pub use announce::announce;
pub use apply::{Failure, apply, test};
pub use balancer::{Tried, balancer_conflicts, try_config};
pub use error::KernelError;
pub(crate) use healthz::{Responder, Wish, status as health_status};
pub use machine::Machine;
pub use observe::{Interest, addresses, observe, survey};
pub use preflight::{Needs, conflicts, ipvs_lacks, preflight, release};
pub use probe::{Probe, probe};
pub use progress::Progress;
pub use retire::settle;
pub use speaker::refuses;
pub use store::{Kept, Lock, Name, Pending, Room, Settled, Store};
pub use transaction::{Broken, Goal, Reason, Transaction};
pub use watchdog::{Verdict, start_watchdog, watch};
pub use xtables::{Foreign, Held, backend, other_backend, restore_command};
