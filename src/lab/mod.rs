//! A cluster on one machine: what joins its nodes, what is remembered of it, who serves in it, and what
//! it is asked. Pure; the processes and namespaces that it is made of are the business of
//! [`kernel::lab`](crate::kernel::lab).

pub mod answer;
mod entry;
pub mod judge;
mod layout;
pub mod mishap;
mod renewal;
pub mod reply;
pub mod report;
pub mod seen;
pub mod serving;
pub mod setup;
pub mod tally;
pub mod trial;
mod underlay;
mod world;

pub use entry::{Entry, Member, Pod, Process, Role, VERSION};
pub use layout::{Host, Layout, Route, Segment, Wire, pods};
pub use renewal::Renewal;
