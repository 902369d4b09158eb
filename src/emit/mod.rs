//! Objects to text: what `iptables-restore`, `sysctl` and people read.

mod change;
mod ip;
mod iptables;
mod netlink;
mod pieces;
mod sysctl;

pub use change::{removal, updates};
pub use ip::{chain_command, chain_removal, command, remark, rule_command, shown, shown_connected};
pub use iptables::restore;
pub use netlink::operations;
pub(crate) use netlink::{operation, within};
pub use pieces::Pieces;
pub(crate) use sysctl::MINIMUM;
pub use sysctl::parameters;
