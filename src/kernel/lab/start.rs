//! Starting the hosts of a lab: each in namespaces of its own.

use super::child::{self, Started};
use super::host::Order;
use crate::lab::Process;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::process::ChildStdin;
use std::sync::mpsc::Sender;

/// What somebody whom the hub listens to has said.
pub(super) enum Event {
    /// A host has started.
    Started(usize, Process, ChildStdin),
    /// A host has said something.
    Line(usize, String),
    /// A host has ended, or could not be started.
    Ended(usize, String),
}

/// The name of the file that a host's words go to.
pub(super) fn log_name(place: usize, name: &str) -> String {
    format!("{place}-{name}.log")
}

/// How a host is started.
pub(super) struct Start {
    /// The lab's name, for whoever lists processes.
    pub(super) lab: String,
    /// What the host is to be.
    pub(super) order: Order,
    /// Where its words go.
    pub(super) log: File,
}

impl Start {
    /// Starts the process in new namespaces, listens to it and waits for its end. The thread lasts as
    /// long as the process, which ends with it.
    pub(super) fn run(self, place: usize, send: &Sender<Event>) {
        let end =
            self.live(place, send).map_or_else(|error| error.to_string(), |()| "it ended".into());
        let _ = send.send(Event::Ended(place, end));
    }

    fn live(self, place: usize, send: &Sender<Event>) -> io::Result<()> {
        let all = CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWPID;
        unshare(all)?;
        let flags = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
        mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)?;
        let mut log = self.log.try_clone()?;
        let arguments = ["host", &self.lab, &self.order.host.name];
        let Started { mut child, process, input, output } =
            child::start(&arguments, self.log, &self.order)?;
        let _ = send.send(Event::Started(place, process, input));
        for line in output.lines() {
            let line = line?;
            if line.starts_with("lab: ") {
                let _ = send.send(Event::Line(place, line));
            } else {
                let _ = writeln!(log, "{line}");
            }
        }
        child.wait().map(drop)
    }
}
