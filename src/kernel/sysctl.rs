//! Kernel parameters under /proc/sys. What is read there under `net` belongs to the network
//! namespace of the reading thread.

use super::error::KernelError;
use crate::object::Sysctl;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file of a parameter. In a dotted name `/` stands for a dot (sysctl(8)).
fn path(key: &str) -> PathBuf {
    let swapped: String = key
        .chars()
        .map(|c| match c {
            '.' => '/',
            '/' => '.',
            other => other,
        })
        .collect();
    Path::new("/proc/sys").join(swapped)
}

/// The value of a parameter in the calling thread's namespace; `None` if there is none.
pub(super) fn read(key: &str) -> Result<Option<String>, KernelError> {
    match fs::read_to_string(path(key)) {
        Ok(value) => Ok(Some(value.trim_end().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KernelError::io(format!("cannot read {key}"))(error)),
    }
}

/// Sets a parameter in the calling thread's namespace, unless what it is will do: it may have
/// changed since it was compared, or have come with a module. Some parameters can be read
/// everywhere but are the machine's (nf_conntrack_standalone.c).
pub(super) fn write(wanted: &Sysctl) -> Result<(), KernelError> {
    let (key, path) = (&wanted.key, path(&wanted.key));
    let found = read(key)?;
    if found.as_ref().is_some_and(|found| wanted.accepts(found)) {
        return Ok(());
    }
    let fixed = fs::metadata(&path).is_ok_and(|file| file.permissions().readonly());
    if let (Some(value), true) = (found, fixed) {
        return Err(KernelError::Fixed { key: key.to_string(), value });
    }
    fs::write(path, &*wanted.value).map_err(KernelError::io(format!("cannot set {key}")))
}

/// Whether the kernel has IPv6 at all. Without it nothing has to be kept from using it.
pub(super) fn has_ipv6() -> bool {
    Path::new("/proc/sys/net/ipv6").exists()
}
