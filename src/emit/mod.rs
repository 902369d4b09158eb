//! Objects to text: what `iptables-restore`, `sysctl` and people read.

mod ip;
mod iptables;
mod netlink;
mod pieces;
mod sysctl;

pub use ip::{chain_command, command, remark, rule_command, shown, shown_connected};
pub use iptables::restore;
pub use netlink::operations;
pub use pieces::Pieces;
pub use sysctl::parameters;
