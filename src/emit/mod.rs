//! Objects to text: what `iptables-restore`, `sysctl` and people read.

mod balancer;
mod change;
mod ip;
mod ipset;
mod iptables;
mod ipvs;
mod netlink;
mod nft;
mod pieces;
mod sysctl;
mod wireguard;

pub(crate) use balancer::{ailment, config};
pub(crate) use change::count_lines;
pub use change::{count, parts, removal, updates};
pub use ip::{
    chain_command, chain_removal, command, policy, remark, rule_command, shown, shown_connected,
    way,
};
pub use ipset::sets;
pub(crate) use ipset::{push_create, push_destroy, push_member};
pub use iptables::restore;
pub(crate) use ipvs::push_real;
pub use ipvs::servers;
pub use netlink::operations;
pub(crate) use netlink::{operation, within};
pub use nft::tables;
pub(crate) use nft::{
    Commands, element_command, nft_chain_command, nft_rule_command, set_command, stages,
};
pub use pieces::Pieces;
pub(crate) use sysctl::MINIMUM;
pub use sysctl::parameters;
