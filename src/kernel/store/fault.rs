//! What can be wrong with what netc remembers, and what to do about it.

use super::place::VARIABLE;
use crate::kernel::error::KernelError;
use netc_lang::{Diagnostic, code};
use std::io::{Error, ErrorKind};
use std::path::Path;

/// The namespace or the boot cannot be told.
pub(super) fn unknown_node(error: &KernelError) -> Diagnostic {
    let help = match error.is_permission() {
        // setns(2) needs CAP_SYS_ADMIN.
        true => "run it as root: it takes CAP_SYS_ADMIN to enter a network namespace",
        false => {
            "netc reads /proc/thread-self/ns/net and /proc/sys/kernel/random/boot_id: is /proc mounted?"
        }
    };
    Diagnostic::new(code::NODE_NOT_READY, format!("cannot tell which node this is: {error}"))
        .help(help)
}

/// The place is relative.
pub(super) fn not_absolute(path: &Path) -> Diagnostic {
    let message = format!("{VARIABLE} is `{}`, which is no absolute path", path.display());
    Diagnostic::new(code::BAD_STATE, message).help("begin it with `/`, or unset it")
}

/// A file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &Error) -> Diagnostic {
    let message = format!("cannot read {}: {error}", path.display());
    let help = match error.kind() {
        ErrorKind::PermissionDenied => RIGHTS.to_owned(),
        _ => format!("mend what is in the way, or choose another folder with {VARIABLE}"),
    };
    Diagnostic::new(code::BAD_STATE, message).help(help)
}

/// A file with something else in it than netc writes.
pub(super) fn garbage(path: &Path, why: &str) -> Diagnostic {
    let message = format!("{} is not as netc has written it: {why}", path.display());
    Diagnostic::new(code::BAD_STATE, message).help(format!(
        "look at it, then move it away: `mv {0} {0}.bad`; netc then knows nothing of what it held",
        path.display()
    ))
}

/// A file of a later version.
pub(super) fn newer(path: &Path, version: &str) -> Diagnostic {
    let message = format!("{} has version {version}, this netc knows 1", path.display());
    Diagnostic::new(code::BAD_STATE, message)
        .help("use the netc that has written it, or a newer one")
}

/// A file that cannot be written, or removed.
pub(super) fn unwritable(what: &str, path: &Path, error: &Error) -> Diagnostic {
    let message = format!("cannot {what} {}: {error}", path.display());
    let help = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("make room on that disk, or choose another one with {VARIABLE}")
        }
        ErrorKind::ReadOnlyFilesystem => {
            format!("mount it writable, or choose another folder with {VARIABLE}")
        }
        ErrorKind::PermissionDenied => RIGHTS.to_owned(),
        _ => format!("mend what is in the way, or choose another folder with {VARIABLE}"),
    };
    Diagnostic::new(code::CANNOT_REMEMBER, message).help(help)
}

/// What to do when a right is missing.
const RIGHTS: &str =
    "run it as the user who applies, mostly root, or choose another folder with NETC_STATE_DIR";
