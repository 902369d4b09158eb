//! Faults on demand, for the tests of transactions: a run that is told so fails, or is killed, at
//! a given step. Only a program that is built for kernel tests knows them.

use super::error::KernelError;

/// Whether a fault is to come.
#[cfg(not(feature = "kernel-tests"))]
pub(super) fn is_armed() -> bool {
    false
}

/// A step is about to be done.
#[cfg(not(feature = "kernel-tests"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail in a program for tests")]
pub(super) fn point() -> Result<(), KernelError> {
    Ok(())
}

#[cfg(feature = "kernel-tests")]
pub(super) use armed::{is_armed, point};

#[cfg(feature = "kernel-tests")]
mod armed {
    use super::KernelError;
    use nix::errno::Errno;
    use nix::sys::signal::{Signal, raise};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// `fail:3` or `kill:3`: at the third step. Several in a list: `fail:3,kill:7`.
    const VARIABLE: &str = "NETC_FAULT";

    /// How many steps were begun.
    static BEGUN: AtomicUsize = AtomicUsize::new(0);

    pub(in crate::kernel) fn is_armed() -> bool {
        wanted().is_some()
    }

    /// What is to come, if this is not the watchdog: it has the environment of the apply.
    fn wanted() -> Option<String> {
        let watchdog = std::env::args_os().nth(1).is_some_and(|word| word == "watchdog");
        std::env::var(VARIABLE).ok().filter(|_| !watchdog)
    }

    pub(in crate::kernel) fn point() -> Result<(), KernelError> {
        let Some(wanted) = wanted() else { return Ok(()) };
        let number = BEGUN.fetch_add(1, Ordering::Relaxed) + 1;
        let mut faults = wanted.split(',').filter_map(|fault| fault.split_once(':'));
        match faults.find(|(_, at)| at.parse() == Ok(number)) {
            None => Ok(()),
            Some((what, _)) => {
                if what == "kill" {
                    let _ = raise(Signal::SIGKILL);
                }
                let text = Some("a fault that was asked for".to_owned());
                Err(KernelError::Netlink { errno: Errno::EIO, text })
            }
        }
    }
}
