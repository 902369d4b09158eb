//! A place in a lab, to do something there.

use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{SigSet, Signal};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::process::{Child, Command, ExitStatus, Output};
use std::thread;

/// The namespaces of a place, open.
#[derive(Debug)]
pub struct Space {
    net: File,
    /// Those of the host beside it, and the word of setns(2) for each; none of the switch.
    others: Vec<(File, CloneFlags)>,
}

impl Space {
    pub(super) fn switch(hub: i32) -> io::Result<Space> {
        Ok(Space { net: File::open(format!("/proc/{hub}/ns/net"))?, others: Vec::new() })
    }

    /// That of a host's process, or of a namespace that has a name on the host.
    pub(super) fn of(process: i32, netns: Option<&str>) -> io::Result<Space> {
        let folder = format!("/proc/{process}");
        let net = match netns {
            None => File::open(format!("{folder}/ns/net"))?,
            Some(name) => File::open(format!("{folder}/root/run/netns/{name}"))?,
        };
        // The mounts come last: behind them the files of other processes are not seen any more.
        let kinds = [
            ("pid", CloneFlags::CLONE_NEWPID),
            ("uts", CloneFlags::CLONE_NEWUTS),
            ("mnt", CloneFlags::CLONE_NEWNS),
        ];
        let open = |(name, flag)| Ok((File::open(format!("{folder}/ns/{name}"))?, flag));
        let others = kinds.into_iter().map(open).collect::<io::Result<_>>()?;
        Ok(Space { net, others })
    }

    /// Does something in the network namespace, in a thread of its own. Sockets stay in the namespace
    /// that they were made in.
    ///
    /// # Errors
    /// It cannot be entered.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        let run = || -> io::Result<T> {
            setns(&self.net, CloneFlags::CLONE_NEWNET)?;
            Ok(work())
        };
        joined(thread::scope(|scope| scope.spawn(run).join()))
    }

    /// A command that is to run in the place: in the network namespace and all others of its host. The
    /// working folder is this process's, as far as the host has it.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> SpaceCommand<'_> {
        let mut command = Command::new(program);
        if let Ok(folder) = std::env::current_dir() {
            command.current_dir(folder);
        }
        if !self.others.is_empty() {
            command.env(super::host::STATE.0, super::host::STATE.1);
        }
        SpaceCommand { space: self, command }
    }

    /// Makes the calling thread one of the place: what it starts is there.
    fn enter(&self) -> io::Result<()> {
        // A thread that shares its root folder with others cannot change its mounts.
        unshare(CloneFlags::CLONE_FS)?;
        setns(&self.net, CloneFlags::CLONE_NEWNET)?;
        for (file, flag) in &self.others {
            setns(file, *flag)?;
        }
        Ok(())
    }
}

/// A command that runs in a place of a lab.
#[derive(Debug)]
pub struct SpaceCommand<'s> {
    space: &'s Space,
    command: Command,
}

impl SpaceCommand<'_> {
    /// Its arguments, environment and files.
    pub fn with(&mut self, set: impl FnOnce(&mut Command)) -> &mut Self {
        set(&mut self.command);
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.command.args(args);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The place cannot be entered, or there is no such program.
    pub fn spawn(&mut self) -> io::Result<Child> {
        self.run(Command::spawn)
    }

    /// Runs it to its end, with this process's input and output.
    ///
    /// # Errors
    /// The same.
    pub fn status(&mut self) -> io::Result<ExitStatus> {
        self.run(Command::status)
    }

    /// Runs it to its end as a shell does: the keys that interrupt are for the command alone.
    ///
    /// # Errors
    /// The same.
    pub fn attended(&mut self) -> io::Result<ExitStatus> {
        let typed: SigSet = [Signal::SIGINT, Signal::SIGQUIT].into_iter().collect();
        typed.thread_block()?;
        // The command has the mask of the thread that starts it.
        let started = self.run(|command| {
            typed.thread_unblock()?;
            command.spawn()
        });
        started?.wait()
    }

    /// Runs it to its end; what it wrote.
    ///
    /// # Errors
    /// The same.
    pub fn output(&mut self) -> io::Result<Output> {
        self.run(Command::output)
    }

    fn run<T: Send>(
        &mut self,
        work: impl FnOnce(&mut Command) -> io::Result<T> + Send,
    ) -> io::Result<T> {
        let SpaceCommand { space, command } = self;
        let run = || -> io::Result<T> {
            space.enter()?;
            // The host may lack the folder: it has some file systems of its own.
            if command.get_current_dir().is_some_and(|folder| !folder.is_dir()) {
                command.current_dir("/");
            }
            work(command)
        };
        joined(thread::scope(|scope| scope.spawn(run).join()))
    }
}

fn joined<T>(result: thread::Result<io::Result<T>>) -> io::Result<T> {
    result.unwrap_or_else(|_| Err(io::Error::other("the thread ended")))
}
