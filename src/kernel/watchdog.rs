//! The watchdog: a process of its own that undoes an apply which nobody confirms.
//!
//! It is the program itself, in a session of its own, so that it outlives the terminal and the
//! connection from which netc was started (setsid(2)). It shares the lock of the apply that it
//! watches: until it has ended nobody else changes the node.

use super::store::{Kept, Lock, Pending, Store};
use netc_lang::{Diagnostic, code};
use nix::unistd::{dup2_stdout, setsid};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

/// What the watchdog says once it watches.
const READY: &[u8] = b"ready\n";

/// How long its start may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it looks for a confirmation.
const POLL: Duration = Duration::from_millis(200);

/// How the watch ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The apply was confirmed, or is undone by somebody else: nothing is to be done.
    Confirmed,
    /// The time is over and the apply can no longer be confirmed: it is to be undone.
    Expired,
}

/// Starts the watchdog: this program with other arguments, in which all paths are absolute. It must
/// call [`watch`], and does watch when this returns. The apply must await its confirmation already
/// ([`Store::await_confirmation`]).
///
/// # Errors
/// It does not start, or ends before it watches.
pub fn start_watchdog(
    store: &Store,
    lock: &Lock,
    arguments: &[OsString],
) -> Result<(), Diagnostic> {
    let log = log(store);
    let start = || -> io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).stdin(lock.share()?);
        ready(command, &log)
    };
    start().map(drop).map_err(|error| no_watchdog(&error, &log))
}

/// Starts a command and waits until it says that it is ready.
fn ready(mut command: Command, log: &Path) -> io::Result<Child> {
    let (mut ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(PATIENCE))?;
    let mut options = OpenOptions::new();
    let log = options.write(true).create(true).truncate(true).mode(0o600).open(log)?;
    command.stdout(OwnedFd::from(theirs)).stderr(log).current_dir("/");
    let mut child = command.spawn()?;
    // Now only the child has the other end: when it ends, so does what we read.
    drop(command);
    let mut said = [0; READY.len()];
    match ours.read_exact(&mut said) {
        Ok(()) if said == READY => Ok(child),
        other => {
            let late = matches!(&other, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
            // How it ended stays as it was, if it has.
            let _ = child.kill();
            let status = child.wait()?;
            Err(io::Error::other(match late {
                true => format!("it was not ready after {PATIENCE:?}"),
                false => format!("it ended with {status}"),
            }))
        }
    }
}

fn no_watchdog(error: &io::Error, log: &Path) -> Diagnostic {
    let said = fs::read_to_string(log).unwrap_or_default();
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    let said = last.map_or(String::new(), |line| format!("; it said: {line}"));
    let message = format!("the watchdog does not start: {error}{said}");
    Diagnostic::new(code::NO_WATCHDOG, message)
        .help(format!("nothing has been changed; see {}", log.display()))
}

/// The watchdog's own part, in the process that [`start_watchdog`] has started: leaves the
/// session, says that it watches, and waits until the apply of that name is confirmed or its time
/// is over. The lock goes with the value that is returned.
///
/// # Errors
/// There is no such apply, or this process was not started as a watchdog. Then the start fails.
pub fn watch(store: &Store, id: &str) -> Result<(Verdict, Lock), Diagnostic> {
    let fault = |what: &str, error: io::Error| {
        Diagnostic::new(code::NO_WATCHDOG, format!("{what}: {error}"))
            .help("only netc itself starts the watchdog")
    };
    // Fails for who leads a group of processes, as a command of a shell with a terminal does.
    setsid().map_err(|errno| fault("cannot leave the session", errno.into()))?;
    let lock = Lock::inherited().map_err(|error| fault("cannot share the lock", error))?;
    let Some(found) = store.pending()?.current().filter(|found| found.id == id) else {
        let message = format!("no apply `{id}` awaits its confirmation");
        return Err(Diagnostic::new(code::NO_WATCHDOG, message));
    };
    let say = || -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(READY)?;
        out.flush()?;
        // Nobody listens there from now on.
        Ok(dup2_stdout(io::stderr())?)
    };
    say().map_err(|error| fault("cannot say that it watches", error))?;
    Ok((wait(store, id, found), lock))
}

/// Waits until an apply is confirmed or its time is over. Its deadline may be moved meanwhile.
fn wait(store: &Store, id: &str, mut last: Pending) -> Verdict {
    loop {
        match store.pending() {
            Ok(Kept::Current(found)) if found.id == id => last = found,
            Ok(_) => return Verdict::Confirmed,
            // What cannot be read is not confirmed: the deadline that was known holds.
            Err(_) => {}
        }
        let left = last.left().unwrap_or(Duration::ZERO);
        if left.is_zero() {
            // Where it cannot be renamed it cannot be removed either: nobody can confirm it.
            return match store.expire() {
                Ok(false) => Verdict::Confirmed,
                Ok(true) | Err(_) => Verdict::Expired,
            };
        }
        thread::sleep(left.min(POLL));
    }
}

/// The file that the watchdog's words go to.
fn log(store: &Store) -> PathBuf {
    store.folder().join("watchdog.log")
}

#[cfg(test)]
mod tests {
    use super::super::store::Settled;
    use super::*;
    use serde_json::Value;
    use std::process::Stdio;

    fn pending(id: &str, window: u64) -> Pending {
        let deadline_ms = Pending::deadline(Duration::from_millis(window)).unwrap();
        Pending { id: id.to_owned(), deadline_ms, body: Value::Null }
    }

    /// What comes of a watch over an apply that has so many milliseconds, when something happens.
    fn watched(window: u64, happens: impl Fn(&Store)) -> (Verdict, Store, tempfile::TempDir) {
        let base = tempfile::tempdir().unwrap();
        let store = Store::in_folder(base.path());
        let first = pending("a", window);
        store.await_confirmation(&first).unwrap();
        let verdict = thread::scope(|scope| {
            let watch = scope.spawn(|| wait(&store, "a", first.clone()));
            happens(&store);
            watch.join().unwrap()
        });
        (verdict, store, base)
    }

    #[test]
    fn a_confirmation_ends_it() {
        let (verdict, store, _base) = watched(60_000, |store| {
            assert!(matches!(store.confirm(), Ok(Settled::Confirmed(_))));
        });
        assert_eq!(verdict, Verdict::Confirmed);
        assert_eq!(store.confirm().unwrap(), Settled::Nothing);
    }

    #[test]
    fn without_one_it_expires() {
        let (verdict, store, _base) = watched(50, |_| {});
        assert_eq!(verdict, Verdict::Expired);
        assert!(matches!(store.confirm(), Ok(Settled::Expired(_))));
    }

    #[test]
    fn the_deadline_can_be_moved() {
        let (verdict, ..) =
            watched(60_000, |store| store.await_confirmation(&pending("a", 50)).unwrap());
        assert_eq!(verdict, Verdict::Expired);
    }

    #[test]
    fn another_apply_is_not_its_business() {
        let (verdict, store, _base) =
            watched(60_000, |store| store.await_confirmation(&pending("b", 0)).unwrap());
        assert_eq!(verdict, Verdict::Confirmed);
        assert!(matches!(store.pending(), Ok(Kept::Current(found)) if found.id == "b"));
    }

    #[test]
    fn what_cannot_be_read_is_not_confirmed() {
        let (verdict, store, _base) = watched(300, |store| {
            fs::write(store.folder().join("confirm.json"), "{").unwrap();
        });
        assert_eq!(verdict, Verdict::Expired);
        assert!(store.folder().join("expired.json").exists());
    }

    /// How a watchdog that is a shell script starts.
    fn start(script: &str) -> Result<Child, Diagnostic> {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("watchdog.log");
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        ready(command, &log).map_err(|error| no_watchdog(&error, &log))
    }

    #[test]
    fn it_must_say_that_it_is_ready() {
        let mut watchdog = start("echo ready; exec sleep 60").unwrap();
        assert_eq!(watchdog.try_wait().unwrap(), None);
        watchdog.kill().unwrap();
        assert!(!watchdog.wait().unwrap().success());
        let fault = start("echo reading; exec sleep 60").unwrap_err();
        assert_eq!(fault.message, "the watchdog does not start: it ended with signal: 9 (SIGKILL)");
        let fault = start("echo 'error: no such apply' >&2; exit 1").unwrap_err();
        assert!(
            fault.message.ends_with("it ended with exit status: 1; it said: error: no such apply")
        );
    }
}
