//! netc on a real kernel: clusters of network namespaces, programmed by `netc apply`, asked with
//! real TCP.
//!
//! Every test works in network and mount namespaces of its own, which end with it: nothing
//! outside is touched, and nothing has to be cleaned up. They need root, or a user namespace,
//! and the packages that `tests/run.sh` installs; without them they fail.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests may"
)]

mod announce;
mod balancer;
mod batches;
mod bgp;
mod changes;
mod cni;
mod confirm;
mod docker;
mod drift;
mod dual_stack;
mod dump;
mod examples;
mod fallback;
mod faults;
mod flannel;
mod flush;
mod foreign;
mod healthz;
mod ipvs;
mod lab;
mod labs;
mod modules;
mod nft;
mod overlays;
mod pod_networks;
mod primitives;
mod program;
mod proof;
mod protocols;
#[path = "../it/random.rs"]
mod random;
mod random_clusters;
mod refusals;
mod round_trip;
mod services;
mod site;
mod together;
mod trace;
mod traffic;
mod transactions;
mod troubles;
mod tunnels;
mod userspace;
mod why;
