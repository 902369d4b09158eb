//! Network namespaces: named ones as `ip netns` keeps them under /run/netns (ip-netns(8)).

use super::error::KernelError;
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

/// Where named namespaces are.
const FOLDER: &str = "/run/netns";

/// The namespace of the calling thread.
const OWN: &str = "/proc/thread-self/ns/net";

/// An open network namespace.
pub(super) struct Namespace {
    file: File,
}

impl Namespace {
    /// The namespace of the calling thread.
    pub(super) fn current() -> Result<Namespace, KernelError> {
        let file = File::open(OWN);
        let file = file.map_err(KernelError::io("cannot open this network namespace"))?;
        Ok(Namespace { file })
    }

    /// A named namespace; `None` if there is none of that name.
    pub(super) fn named(name: &str) -> Result<Option<Namespace>, KernelError> {
        match File::open(path(name)) {
            Ok(file) => Ok(Some(Namespace { file })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KernelError::io(format!("cannot open the namespace {name}"))(error)),
        }
    }

    /// Makes named namespaces, as `ip netns add` does; the first that could not be made, by its
    /// place, and why. Those before it were made, those behind it were not.
    pub(super) fn create(names: &[&str]) -> Result<(), (usize, KernelError)> {
        let make = || {
            let place = |place: usize| move |error| (place, error);
            if !names.is_empty() {
                share_folder().map_err(place(0))?;
            }
            let mut all = names.iter().enumerate();
            all.try_for_each(|(at, name)| create_here(&path(name)).map_err(place(at)))
        };
        // The thread goes from one new namespace into the next.
        let made = thread::scope(|scope| scope.spawn(make).join());
        made.unwrap_or_else(|_| Err((0, io::Error::other("the thread ended")))).map_err(
            |(place, error)| {
                let name = names.get(place).copied().unwrap_or_default();
                (place, KernelError::io(format!("cannot make the namespace {name}"))(error))
            },
        )
    }

    /// Removes a named namespace, as `ip netns del` does: it is gone once nothing uses it.
    pub(super) fn remove(name: &str) -> Result<(), KernelError> {
        let path = path(name);
        let unmounted = match umount2(&path, MntFlags::MNT_DETACH) {
            // Nothing is mounted there, as after a creation that was cut short.
            Err(Errno::EINVAL) => Ok(()),
            other => other.map_err(io::Error::from),
        };
        unmounted
            .and_then(|()| fs::remove_file(&path))
            .map_err(KernelError::io(format!("cannot remove the namespace {name}")))
    }

    /// Runs something within the namespace, in a thread of its own; processes that it starts are
    /// within it too.
    pub(super) fn within<T: Send>(
        &self,
        work: impl FnOnce() -> T + Send,
    ) -> Result<T, KernelError> {
        let run = || -> io::Result<T> {
            setns(&self.file, CloneFlags::CLONE_NEWNET)?;
            Ok(work())
        };
        let done = thread::scope(|scope| scope.spawn(run).join());
        let done = done.unwrap_or_else(|_| Err(io::Error::other("the thread ended")));
        done.map_err(KernelError::io("cannot enter a network namespace"))
    }

    /// The inode of its file, which tells it from all others that there are at the same time.
    pub(super) fn inode(&self) -> Result<u64, KernelError> {
        let found = self.file.metadata();
        Ok(found.map_err(KernelError::io("cannot tell a network namespace"))?.ino())
    }

    /// The open file, as netlink wants it.
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Makes the calling thread's namespace a new one and keeps it alive under a path.
fn create_here(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    let bind = || {
        unshare(CloneFlags::CLONE_NEWNET)?;
        mount(Some(OWN), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
    };
    let bound = bind();
    if bound.is_err() {
        let _ = fs::remove_file(path);
    }
    Ok(bound?)
}

/// The folder must be a shared mount, so that a namespace made here is seen by everybody who
/// copied the mounts before.
fn share_folder() -> io::Result<()> {
    let folder = Path::new(FOLDER);
    fs::create_dir_all(folder)?;
    let share = || {
        let flags = MsFlags::MS_SHARED | MsFlags::MS_REC;
        mount(None::<&str>, folder, None::<&str>, flags, None::<&str>)
    };
    if share().is_err() {
        // It is no mount point yet.
        let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
        mount(Some(folder), folder, None::<&str>, flags, None::<&str>)?;
        share()?;
    }
    Ok(())
}
