//! Kernel modules.

use super::error::KernelError;
use std::fs::{self, File};
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
    let name = "nf_conntrack_netlink";
    Path::new("/sys/module").join(name).exists()
        || built_in(name).unwrap_or_else(|| named(b" ctnetlink_").is_some())
}

/// Whether nf_tables is there: netlink would load it for the first who asks (nfnetlink.c). When
/// built in it leaves nothing under /sys and /proc/sys either.
pub(super) fn has_nf_tables() -> bool {
    Path::new("/sys/module/nf_tables").exists()
        // A kernel without modules loads none.
        || (Path::new("/proc/kallsyms").exists() && !Path::new("/proc/modules").exists())
        || built_in("nf_tables").unwrap_or_else(|| named(b" nf_tables_").is_some())
}

/// Whether a module is built into the kernel, where the kernel's own list of those is installed
/// (`modules.builtin`, Documentation/kbuild/kbuild.rst). It is a few kilobytes; the functions that
/// [`named`] looks through are a hundred thousand.
fn built_in(name: &str) -> Option<bool> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let folder = Path::new("/lib/modules").join(release.trim_end());
    let list = fs::read_to_string(folder.join("modules.builtin")).ok()?;
    Some(lists(&list, name))
}

/// Whether a list of modules, each by its path, has this one.
fn lists(list: &str, name: &str) -> bool {
    list.lines().any(|line| {
        let file = line.rsplit_once('/').map_or(line, |(_, file)| file);
        file.strip_suffix(".ko").is_some_and(|own| own.replace('-', "_") == name)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_by_their_files() {
        let list = "kernel/net/netfilter/nf_tables.ko\nkernel/crypto/crc32c-generic.ko\n";
        assert!(lists(list, "nf_tables") && lists(list, "crc32c_generic"));
        assert!(!lists(list, "nf_tables_set") && !lists("", "nf_tables"));
    }
}
