//! One thing of a cluster and all that belongs to it: for people, and as JSON.
//!
//! Each kind of thing has a file that puts a [`Card`] together from the cluster and the objects of
//! the node; how cards look is the same for all.

mod card;
mod cluster;
mod container;
mod docker;
mod ingress;
mod lab;
mod node;
mod pod;
mod rules;
mod service;
mod space;
mod table;

pub use card::Card;
pub use cluster::cluster;
pub use container::{Found, container, find};
pub use docker::docker;
pub use ingress::ingress;
pub use lab::{Lab, lab, lab_host, lab_pod};
pub use node::node;
pub use pod::pod;
pub use rules::{rules, tables};
pub use service::service;
pub(crate) use table::{Cell, Table};
