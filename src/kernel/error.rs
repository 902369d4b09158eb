//! What the kernel, or a tool that talks to it, can answer.

use nix::errno::Errno;
use std::fmt;
use std::io;

/// Why something could not be done or read.
#[derive(Debug)]
pub enum KernelError {
    /// A netlink request was refused.
    Netlink {
        /// The error.
        errno: Errno,
        /// The kernel's own words: the text of its extended acknowledgement (netlink.rst).
        text: Option<String>,
    },
    /// Something in the file system, or a system call.
    Io {
        /// What was tried.
        what: String,
        /// The error.
        error: io::Error,
    },
    /// A tool failed.
    Tool {
        /// Its name.
        tool: &'static str,
        /// What it said, or why it did not start.
        output: String,
        /// The line of its input that it complains about, counted from one.
        line: Option<usize>,
    },
    /// A parameter that can only be set in the machine's initial network namespace.
    Fixed {
        /// Its name.
        key: String,
        /// What it is.
        value: String,
    },
    /// Something that is not there: `device eth0`.
    Missing(String),
    /// A netlink message that cannot be understood.
    Garbled(String),
}

impl KernelError {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> KernelError {
        let what = what.into();
        |error| KernelError::Io { what, error }
    }

    /// Whether the reason is a lack of privileges.
    #[must_use]
    pub fn is_permission(&self) -> bool {
        match self {
            KernelError::Netlink { errno, .. } => matches!(errno, Errno::EPERM | Errno::EACCES),
            KernelError::Io { error, .. } => error.kind() == io::ErrorKind::PermissionDenied,
            KernelError::Tool { output, .. } => {
                let refusals = ["Permission denied", "Operation not permitted", "you must be root"];
                refusals.iter().any(|refusal| output.contains(refusal))
            }
            KernelError::Fixed { .. } | KernelError::Missing(_) | KernelError::Garbled(_) => false,
        }
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KernelError::Netlink { errno, text: Some(text) } => {
                write!(f, "{errno:?} ({}): {text}", errno.desc())
            }
            KernelError::Netlink { errno, text: None } => write!(f, "{errno:?} ({})", errno.desc()),
            KernelError::Io { what, error } => write!(f, "{what}: {error}"),
            KernelError::Tool { tool, output, .. } => write!(f, "{tool}: {output}"),
            KernelError::Fixed { key, value } => write!(
                f,
                "{key} is {value}, and can be set in the machine's initial network namespace only"
            ),
            KernelError::Missing(what) => write!(f, "there is no {what}"),
            KernelError::Garbled(what) => write!(f, "cannot read the kernel's answer: {what}"),
        }
    }
}

impl std::error::Error for KernelError {}
