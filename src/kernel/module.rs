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
    let named = || {
        let lines = BufReader::new(File::open("/proc/kallsyms").ok()?).split(b'\n');
        let mut names = lines.map_while(Result::ok);
        names.find(|line| line.windows(SYMBOL.len()).any(|part| part == SYMBOL))
    };
    Path::new("/sys/module/nf_conntrack_netlink").exists() || named().is_some()
}

/// How the functions of nf_conntrack_netlink.c are called.
const SYMBOL: &[u8] = b" ctnetlink_";

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
