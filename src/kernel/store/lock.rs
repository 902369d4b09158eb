//! One netc at a time on a node.
//!
//! The lock is on an open file (flock(2)), not in it: it is free as soon as nobody has that file
//! open any more, however its holder ended. What is in the file is for people.

use super::{fault, time};
use netc_lang::{Diagnostic, code};
use nix::unistd::{User, geteuid};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The file, in the folder of a node. Whoever changes the node has it open for writing meanwhile.
pub(in crate::kernel) const FILE: &str = "lock";

/// How often a lock that is held is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// How much of a command line is shown.
const SHOWN: usize = 80;

/// The right to change the node, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Who holds the lock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Held {
    /// The process.
    pid: u32,
    /// Its command line.
    command: String,
    /// Whose it is.
    user: String,
    /// Since when, in RFC 3339.
    since: String,
}

impl Lock {
    /// The lock as a child's standard input: the child holds it too, until it ends, even when
    /// this process ends before. Every other child is without it, for files are closed on exec.
    ///
    /// # Errors
    /// There are too many open files.
    pub fn share(&self) -> io::Result<Stdio> {
        self.file.try_clone().map(Stdio::from)
    }

    /// The lock that this process was given as its standard input.
    ///
    /// # Errors
    /// There is no standard input.
    pub fn inherited() -> io::Result<Lock> {
        let mut lock = Lock { file: File::from(io::stdin().as_fd().try_clone_to_owned()?) };
        lock.sign();
        Ok(lock)
    }

    /// Writes down who holds it. Where there is no room for that it is held all the same.
    fn sign(&mut self) {
        let write = |file: &mut File| -> io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            let text = serde_json::to_string(&Held::me())?;
            file.write_all(text.as_bytes())
        };
        let _ = write(&mut self.file);
    }
}

impl Held {
    /// This process.
    fn me() -> Held {
        let uid = geteuid();
        let name =
            User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name);
        let user = match std::env::var("SUDO_USER") {
            Ok(behind) if behind != name => format!("{name} (sudo: {behind})"),
            _ => name,
        };
        let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let program = words.next().unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default().to_owned();
        let command: Vec<String> = std::iter::once(program).chain(words).collect();
        let since = time::rfc3339(SystemTime::now());
        Held { pid: std::process::id(), command: command.join(" "), user, since }
    }
}

/// Takes the lock of a folder, once patience is at an end not any more.
pub(super) fn take(folder: &Path, patience: Duration) -> Result<Lock, Diagnostic> {
    let path = folder.join(FILE);
    let failed = |error: io::Error| fault::unwritable("lock", &path, &error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(failed)?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => {
                let mut lock = Lock { file };
                lock.sign();
                return Ok(lock);
            }
            Err(TryLockError::WouldBlock) if start.elapsed() < patience => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Err(busy(holder(&path).as_ref())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

/// What is written in a lock file. It may just be being written, or could not be.
fn holder(path: &Path) -> Option<Held> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn busy(holder: Option<&Held>) -> Diagnostic {
    let mut message = "another netc is at work on this node".to_owned();
    let mut help = "wait until it has ended".to_owned();
    if let Some(Held { pid, command, user, since }) = holder {
        let shown: String = match command.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", command.get(..end).unwrap_or(command)),
            None => command.clone(),
        };
        message = format!("{message}: `{shown}`, process {pid} of {user}, since {since}");
        help = format!("wait until it has ended; `ps -fp {pid}` shows it");
    }
    Diagnostic::new(code::NODE_BUSY, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// A test beside this one may just be starting a child: until its exec it has all files open.
    const SOON: Duration = Duration::from_secs(5);

    #[test]
    fn the_second_is_told_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = take(folder.path(), Duration::ZERO).unwrap();
        let fault = take(folder.path(), Duration::from_millis(60)).unwrap_err();
        assert_eq!(fault.code.id, "E0606");
        let pid = format!("process {} of ", std::process::id());
        assert!(fault.message.contains(&pid), "{}", fault.message);
        drop(first);
        take(folder.path(), SOON).unwrap();
    }

    #[test]
    fn a_holder_that_cannot_be_read_is_a_holder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = take(folder.path(), Duration::ZERO).unwrap();
        fs::write(folder.path().join("lock"), "{").unwrap();
        let fault = take(folder.path(), Duration::ZERO).unwrap_err();
        assert_eq!(fault.message, "another netc is at work on this node");
    }

    #[test]
    fn a_long_command_is_cut() {
        let held = Held {
            pid: 7,
            command: "ä".repeat(100),
            user: "root".into(),
            since: "2026-11-21T08:00:00Z".into(),
        };
        let fault = busy(Some(&held));
        let cut = format!("{}…", "ä".repeat(80));
        let end = "process 7 of root, since 2026-11-21T08:00:00Z";
        assert_eq!(fault.message, format!("another netc is at work on this node: `{cut}`, {end}"));
    }

    #[test]
    fn only_a_child_that_is_given_it_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let start = |stdin: Stdio| {
            let mut command = Command::new("sleep");
            command.arg("60").stdin(stdin).spawn().unwrap()
        };
        let first = take(folder.path(), Duration::ZERO).unwrap();
        let mut without = start(Stdio::null());
        drop(first);
        let second = take(folder.path(), SOON).unwrap();
        let mut with = start(second.share().unwrap());
        drop(second);
        let fault = take(folder.path(), Duration::ZERO).unwrap_err();
        assert_eq!(fault.code.id, "E0606");
        with.kill().unwrap();
        with.wait().unwrap();
        take(folder.path(), SOON).unwrap();
        without.kill().unwrap();
        without.wait().unwrap();
    }
}
