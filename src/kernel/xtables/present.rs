//! What can be asked without that the kernel loads a module or makes a table for the answer.

use crate::model::Family;
use std::fs;

/// The tables of x_tables in the namespace of the calling thread. Those that nobody has used yet
/// are not there, and a tool that asks for one would make it.
pub(super) fn legacy_tables(family: Family) -> Vec<String> {
    let file = match family {
        Family::V4 => "/proc/thread-self/net/ip_tables_names",
        Family::V6 => "/proc/thread-self/net/ip6_tables_names",
    };
    let names = fs::read_to_string(file).unwrap_or_default();
    names.lines().map(str::to_owned).collect()
}
