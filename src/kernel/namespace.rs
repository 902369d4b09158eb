//! Network namespaces: named ones as `ip netns` keeps them under /run/netns (ip-netns(8)).

use super::error::KernelError;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

/// Where named namespaces are.
const FOLDER: &str = "/run/netns";

/// An open network namespace.
pub(super) struct Namespace {
    file: File,
}

impl Namespace {
    /// The namespace of the calling thread.
    pub(super) fn current() -> Result<Namespace, KernelError> {
        let file = File::open("/proc/thread-self/ns/net");
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

    /// Makes a named namespace, as `ip netns add` does.
    pub(super) fn create(name: &str) -> Result<(), KernelError> {
        let make = || {
            share_folder()?;
            let path = path(name);
            fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
            let made = thread::scope(|scope| scope.spawn(|| bind_new(&path)).join());
            let made = made.unwrap_or_else(|_| Err(io::Error::other("the thread ended")));
            if made.is_err() {
                let _ = fs::remove_file(&path);
            }
            made
        };
        make().map_err(KernelError::io(format!("cannot make the namespace {name}")))
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

    /// The open file, as netlink wants it.
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Makes the calling thread's namespace a new one and keeps it alive under a path.
fn bind_new(path: &Path) -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNET)?;
    let own = Path::new("/proc/thread-self/ns/net");
    mount(Some(own), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    Ok(())
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
