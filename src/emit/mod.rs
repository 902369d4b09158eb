//! Objects to text: what `iptables-restore`, `sysctl` and people read.

mod ip;
mod iptables;
mod netlink;
mod sysctl;

pub use ip::{command, shown, shown_connected};
pub use iptables::{jump_line, restore, rule_line};
pub use netlink::operations;
pub use sysctl::parameters;
