//! What can be asked without that the kernel loads a module or makes a table for the answer.

use crate::model::Family;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

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

/// Whether nf_tables is there: netlink would load it for the first who asks (nfnetlink.c). When
/// built in it leaves nothing under /sys and /proc/sys, but the kernel names its functions.
pub(super) fn nf_tables() -> bool {
    Path::new("/sys/module/nf_tables").exists()
        // A kernel without modules loads none.
        || (Path::new("/proc/kallsyms").exists() && !Path::new("/proc/modules").exists())
        || named().is_some()
}

fn named() -> Option<()> {
    const SYMBOL: &[u8] = b" nf_tables_";
    let mut names = BufReader::new(File::open("/proc/kallsyms").ok()?);
    let mut line = Vec::new();
    while names.read_until(b'\n', &mut line).ok()? > 0 {
        if memchr::memmem::find(&line, SYMBOL).is_some() {
            return Some(());
        }
        line.clear();
    }
    None
}
