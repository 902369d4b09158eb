//! The way of a packet through what the nodes hold: namespaces and devices, bridges, routes, the
//! hooks of netfilter, connection tracking and translation, IPVS, encapsulation; and the way of the
//! answer. Nothing of it needs a kernel.
//!
//! A [`Network`] has a [`machine::Machine`] for each node that a question comes to. A walk takes a
//! [`Way`] from place to place; wherever something is left to chance, or is not the same for all
//! that it stands for, the way divides. Rules are judged by [`iptables`] and [`nft`] from their
//! text, so compiled and live ones alike.

pub mod diagnosis;
pub mod iptables;
mod ipvs;
mod listen;
pub mod machine;
pub mod names;
mod network;
pub mod nft;
mod packet;
pub mod party;
mod question;
pub mod render;
mod sets;
mod tracks;
mod trail;
pub mod verdict;
mod walk;
mod way;
mod who;
pub mod words;

pub use network::{Make, Network};
pub use packet::{Device, Packet, Payload, TrackState, Tracked};
pub use question::{Answer, Cause, Ended, Failure, Question, Server, Symptom};
pub use tracks::{Ends, Track, Tracks};
pub use trail::{Decided, Event, Place, RuleTable, Step, Trail};
pub use way::{Holds, Way};
pub use who::Who;
