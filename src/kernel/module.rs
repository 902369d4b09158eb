//! Kernel modules.

use super::error::KernelError;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a module is there, loaded or built in. A module that is built in and has no
/// parameters is not under /sys/module: then something that it makes bears witness.
pub(super) fn present(name: &str) -> bool {
    let witness = match name {
        "tun" => "/dev/net/tun",
        "br_netfilter" => "/proc/sys/net/bridge",
        // Not the folder: the log of netfilter's core puts it there without this module.
        "nf_conntrack" => "/proc/sys/net/netfilter/nf_conntrack_max",
        _ => "",
    };
    Path::new("/sys/module").join(name).exists()
        || (!witness.is_empty() && Path::new(witness).exists())
}

/// Whether connections can be listed over netlink (nf_conntrack_netlink.c) without loading
/// anything. When built in, that module leaves nothing under /sys and /proc/sys, but the kernel
/// names its functions.
pub(super) fn lists_connections() -> bool {
    Path::new("/sys/module/nf_conntrack_netlink").exists() || named(b" ctnetlink_").is_some()
}

/// Whether nf_tables is there: netlink would load it for the first who asks (nfnetlink.c). When
/// built in it leaves nothing under /sys and /proc/sys either.
pub(super) fn has_nf_tables() -> bool {
    Path::new("/sys/module/nf_tables").exists()
        // A kernel without modules loads none.
        || (Path::new("/proc/kallsyms").exists() && !Path::new("/proc/modules").exists())
        || named(b" nf_tables_").is_some()
}

/// Whether the kernel names a function that is called so.
fn named(symbol: &[u8]) -> Option<()> {
    let mut names = BufReader::new(File::open("/proc/kallsyms").ok()?);
    let mut line = Vec::new();
    while names.read_until(b'\n', &mut line).ok()? > 0 {
        if memchr::memmem::find(&line, symbol).is_some() {
            return Some(());
        }
        line.clear();
    }
    None
}

/// Loads a module.
pub(super) fn load(name: &str) -> Result<(), KernelError> {
    let tool = "modprobe";
    let failed = |output: String| KernelError::Tool { tool, output, line: None };
    let output = Command::new(tool)
        .args(["--", name])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
