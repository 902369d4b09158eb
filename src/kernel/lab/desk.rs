//! What a host heeds once it has come up, until the hub ends.
//!
//! Its servers are to be in step with its node. Whoever changes a node, an apply, a rollback or a
//! watchdog, has the lock of what netc remembers of it open meanwhile: when that file is closed, netc has been
//! at work (inotify(7), `IN_CLOSE_WRITE`). A namespace whose name is gone is to go, too, and a server that
//! stays in it would keep it. And whoever wants to know that they are in step asks, by a socket
//! in the host's own file system: by a word to which the answer is where nobody can serve.

use super::host::hear;
use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::store::{LOCK_FILE, Store};
use crate::lab::{Pod, Role};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::time::Duration;

/// Where a host is asked, in its own file system.
pub(super) const SOCKET: &str = "/run/netc/host.sock";

/// Where a host says which pods it has, in its own file system.
pub(super) const PODS: &str = "/run/netc/pods.json";

/// The words by which it is asked: whether the servers are in step with the node, and that they are to be
/// made so by the sources as they are now.
pub(super) const SETTLE: &str = "settle";
pub(super) const RENEW: &str = "renew";

/// Where namespaces have their names (ip-netns(8)).
const NAMESPACES: &str = "/run/netns";

/// How long whoever asks may take to say what.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often processes that have ended are waited for.
const PAUSE: u16 = 200;

/// Where a host hears what it is to heed.
pub struct Desk {
    /// What tells that netc was at work, where that can be.
    work: Inotify,
    listener: UnixListener,
    helper: Option<Pid>,
}

/// Something to be heeded.
#[must_use = "whoever asks waits for the answer"]
pub struct Call {
    /// The servers may be out of step.
    pub due: bool,
    asked: Option<UnixStream>,
}

impl Desk {
    /// From now on nothing is missed.
    ///
    /// # Errors
    /// A socket or a watch cannot be made.
    pub fn open(role: Role) -> Result<Desk, String> {
        let work = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC);
        let work = work.map_err(|errno| format!("nothing can be watched: {errno}"))?;
        if role == Role::Node {
            watch(&work).map_err(|error| error.to_string())?;
        }
        let listener = UnixListener::bind(SOCKET).map_err(|error| format!("{SOCKET}: {error}"))?;
        Ok(Desk { work, listener, helper: None })
    }

    /// Waits until something is to be heeded; nothing is once the hub has ended. Whatever ends on the host
    /// without anybody waiting for it is waited for here, as the first process must (pid_namespaces(7)).
    pub fn wait(&mut self) -> Option<Call> {
        loop {
            self.reap();
            let hub = io::stdin();
            let fds = [hub.as_fd(), self.work.as_fd(), self.listener.as_fd()];
            let mut fds = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
            if poll(&mut fds, PollTimeout::from(PAUSE)).is_err() {
                continue;
            }
            let [hub, _, asked] = fds.map(|fd| fd.any().unwrap_or(false));
            if hub && hear().is_err() {
                return None;
            }
            let asked = asked.then(|| self.accept()).flatten();
            // What was done before somebody asked is seen by now.
            let due = self.was_at_work() || asked.as_ref().is_some_and(|(word, _)| word == RENEW);
            if due || asked.is_some() {
                return Some(Call { due, asked: asked.map(|(_, stream)| stream) });
            }
        }
    }

    fn accept(&self) -> Option<(String, UnixStream)> {
        let (stream, _) = self.listener.accept().ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let mut word = String::new();
        BufReader::new(&stream).read_line(&mut word).ok()?;
        let word = word.trim_end().to_owned();
        [SETTLE, RENEW].contains(&word.as_str()).then_some((word, stream))
    }

    /// Whether netc was at work on the node since this was asked last.
    fn was_at_work(&self) -> bool {
        let mut any = false;
        while let Ok(events) = self.work.read_events() {
            any |= events.into_iter().any(|event| {
                event.mask.contains(AddWatchFlags::IN_DELETE)
                    || event.name.is_some_and(|name| name == LOCK_FILE)
            });
        }
        any
    }

    fn reap(&mut self) {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                return;
            }
            if status.pid() == self.helper {
                self.helper = None;
            }
        }
    }

    /// Has the host's helper read its sources again (SIGHUP), or starts it where there is none.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn help(&mut self, command: &mut Command) -> io::Result<()> {
        if let Some(helper) = self.helper {
            return kill(helper, Signal::SIGHUP).map_err(io::Error::from);
        }
        let pid = i32::try_from(command.spawn()?.id()).map_err(io::Error::other)?;
        self.helper = Some(Pid::from_raw(pid));
        Ok(())
    }

    /// Whether the host has a helper.
    #[must_use]
    pub fn has_help(&self) -> bool {
        self.helper.is_some()
    }
}

impl Call {
    /// Tells whoever has asked where nobody can serve.
    pub fn answer(self, failed: &[String]) {
        if let Some(mut stream) = self.asked {
            // Who does not wait for the answer needs none.
            let _ = serde_json::to_writer(&stream, failed).map_err(io::Error::from);
            let _ = writeln!(stream);
        }
    }
}

/// Watches what netc remembers of the node, and its namespaces.
fn watch(work: &Inotify) -> Result<(), KernelError> {
    let folder = Store::folder_of(&mut Machine::open(None)?)?;
    let what = format!("cannot watch {}", folder.display());
    fs::create_dir_all(&folder).map_err(KernelError::io(what.clone()))?;
    work.add_watch(&folder, AddWatchFlags::IN_CLOSE_WRITE)
        .and_then(|_| work.add_watch(NAMESPACES, AddWatchFlags::IN_DELETE))
        .map(drop)
        .map_err(|errno| KernelError::io(what)(errno.into()))
}

/// Says which pods the host has, for whoever looks into its file system.
///
/// # Errors
/// It cannot be written.
pub fn tell_pods(pods: &[Pod]) -> io::Result<()> {
    let new = format!("{PODS}.new");
    fs::write(&new, serde_json::to_vec(pods)?)?;
    fs::rename(new, PODS)
}
