//! Kernel modules.

use super::error::KernelError;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a module is there, loaded or built in. A module that is built in and has no
/// parameters is not under /sys/module: then something that it makes bears witness.
pub(super) fn present(name: &str) -> bool {
    let witness = match name {
        "br_netfilter" => "/proc/sys/net/bridge",
        _ => "",
    };
    Path::new("/sys/module").join(name).exists()
        || (!witness.is_empty() && Path::new(witness).exists())
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
