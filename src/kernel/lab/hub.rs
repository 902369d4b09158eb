//! The hub: the process that makes a lab and whose end is the lab's end.

use super::host::{DONE, FAILED, GO, Order, READY, WIRE, WIRED};
use super::start::{Event, Start, log_name};
use super::tool::ip;
use crate::lab::{Layout, Process, Role};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_name;
use nix::unistd::{getegid, geteuid, setsid};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// So many nodes are programmed at once.
const AT_ONCE: usize = 4;

/// What is to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// The lab's name.
    pub name: String,
    /// The hosts and what joins them.
    pub layout: Layout,
    /// The sources of the cluster, as absolute paths.
    pub sources: Vec<String>,
    /// The lock file, if one was named, as an absolute path.
    pub lock: Option<String>,
    /// The folder of the lab, for what hosts print.
    pub folder: PathBuf,
}

/// What the hub says to whoever has started it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// So much of something has been done.
    Step { what: String, done: usize, all: usize },
    /// It cannot be made.
    Failed(Trouble),
    /// All hosts are there and programmed: their processes, in their order.
    Up { hosts: Vec<Process>, rootless: bool },
}

/// Why a lab does not come up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Trouble {
    /// Namespaces cannot be made.
    Namespaces(String),
    /// Something failed on a host, at this place of all, or on the switch.
    Host(Option<usize>, String),
}

/// The word after which the hub stays when whoever has started it ends.
pub(super) const KEEP: &str = "keep";

/// Makes the lab of the task on standard input, and stays until its hosts have ended, or it is ended.
/// Whether it came up.
#[must_use]
pub fn hub() -> bool {
    let Some(task) = task() else { return false };
    // The terminal from which it was started is no business of it.
    let _ = setsid();
    let _ = set_name(c"netc-hub");
    let rootless = match isolate() {
        Ok(rootless) => rootless,
        Err(why) => {
            say(&Said::Failed(Trouble::Namespaces(why)));
            return false;
        }
    };
    let folder = task.folder.clone();
    thread::spawn(move || leash(&folder));
    let (send, events) = channel();
    let mut hub = Hub { task, rootless, hosts: Vec::new(), events };
    match hub.make(&send) {
        Ok(()) => {
            drop(send);
            // The ends of what hosts are told by must stay open as long as there is anybody to hear.
            while hub.events.recv().is_ok() {}
            true
        }
        Err(trouble) => {
            say(&Said::Failed(trouble));
            false
        }
    }
}

fn task() -> Option<Task> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

/// Ends the lab when whoever has started it ends before it has come up.
fn leash(folder: &Path) {
    let mut line = String::new();
    let kept = io::stdin().lock().read_line(&mut line).is_ok() && line.trim() == KEEP;
    if !kept {
        let _ = fs::remove_dir_all(folder);
        std::process::exit(1);
    }
}

fn say(said: &Said) {
    let mut out = io::stdout().lock();
    let _ = serde_json::to_writer(&mut out, said);
    let _ = writeln!(out).and_then(|()| out.flush());
}

/// Leaves the network namespace for a new one, the switch; if that takes a user namespace, in a new one
/// of these, in which this user is root (user_namespaces(7)). Whether it does.
fn isolate() -> Result<bool, String> {
    let (user, group) = (geteuid(), getegid());
    match unshare(CloneFlags::CLONE_NEWNET) {
        Ok(()) => Ok(false),
        Err(Errno::EPERM) => {
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)
                .map_err(|errno| format!("{}", io::Error::from(errno)))?;
            let write = |file: &str, text: &str| fs::write(format!("/proc/self/{file}"), text);
            // A group may be mapped by its own user only where it can give none up.
            let map = || -> io::Result<()> {
                write("setgroups", "deny")?;
                write("uid_map", &format!("0 {user} 1\n"))?;
                write("gid_map", &format!("0 {group} 1\n"))
            };
            map().map_err(|error| format!("its users cannot be mapped: {error}"))?;
            Ok(true)
        }
        Err(errno) => Err(io::Error::from(errno).to_string()),
    }
}

/// The hub at work.
struct Hub {
    task: Task,
    rootless: bool,
    /// The processes of the hosts, and by what they are told.
    hosts: Vec<(Process, ChildStdin)>,
    events: Receiver<Event>,
}

impl Hub {
    /// All that can be done at once is: first all namespaces, then all pairs of devices, then their
    /// bridges, then all is set up. The other way round the kernel takes many times as long.
    fn make(&mut self, send: &Sender<Event>) -> Result<(), Trouble> {
        self.start(send)?;
        self.wire()?;
        self.tell_all(WIRE)?;
        self.hear_all(WIRED, "machines joined")?;
        self.program()?;
        let hosts = self.hosts.iter().map(|(process, _)| *process).collect();
        say(&Said::Up { hosts, rootless: self.rootless });
        Ok(())
    }

    /// Starts the processes of all hosts.
    fn start(&mut self, send: &Sender<Event>) -> Result<(), Trouble> {
        let count = self.task.layout.hosts.len();
        for place in 0..count {
            let (send, start) = (send.clone(), self.start_of(place)?);
            thread::spawn(move || start.run(place, &send));
        }
        let mut started: Vec<Option<(Process, ChildStdin)>> = Vec::new();
        started.resize_with(count, || None);
        let (mut ready, mut known) = (0, 0);
        while ready < count || known < count {
            match self.events.recv() {
                Ok(Event::Started(place, process, input)) => {
                    if let Some(slot) = started.get_mut(place) {
                        *slot = Some((process, input));
                    }
                    known += 1;
                }
                Ok(Event::Line(place, line)) => {
                    if line == READY {
                        ready += 1;
                        say(&Said::Step {
                            what: "machines started".into(),
                            done: ready,
                            all: count,
                        });
                    } else {
                        failed(place, &line)?;
                    }
                }
                Ok(Event::Ended(place, why)) => return Err(Trouble::Host(Some(place), why)),
                Err(_) => return Err(Trouble::Host(None, "all hosts have ended".into())),
            }
        }
        self.hosts = started.into_iter().flatten().collect();
        Ok(())
    }

    fn start_of(&self, place: usize) -> Result<Start, Trouble> {
        let layout = &self.task.layout;
        let trouble = |why: String| Trouble::Host(Some(place), why);
        let host = layout.hosts.get(place).cloned();
        let host = host.ok_or_else(|| trouble("there is no such host".into()))?;
        let log = File::create(self.task.folder.join(log_name(place, &host.name)));
        let log = log.map_err(|error| trouble(format!("its log: {error}")))?;
        let (sources, lock) = (self.task.sources.clone(), self.task.lock.clone());
        let lab = self.task.name.clone();
        Ok(Start { lab, order: Order { host, sources, lock, has_v6: layout.has_v6() }, log })
    }

    /// Joins the hosts.
    fn wire(&self) -> Result<(), Trouble> {
        // The switch itself has no addresses, so that nobody on it speaks but hosts.
        for scope in ["all", "default"] {
            let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{scope}/disable_ipv6"), "1");
        }
        for tool in ["iptables", "ip6tables", "arptables"] {
            let _ = fs::write(format!("/proc/sys/net/bridge/bridge-nf-call-{tool}"), "0");
        }
        let segments = &self.task.layout.segments;
        let mut all: Vec<String> = segments
            .iter()
            .map(|one| format!("link add name {} type bridge mcast_snooping 0", one.bridge))
            .collect();
        let hosts = || self.task.layout.hosts.iter().zip(&self.hosts);
        let wires = || hosts().flat_map(|(host, own)| host.wires.iter().map(move |w| (w, own.0)));
        all.extend(wires().map(|(wire, process)| {
            let (port, device, mtu) = (&wire.port, &wire.device, wire.mtu);
            let pid = process.pid;
            format!(
                "link add name {port} mtu {mtu} type veth peer name {device} mtu {mtu} netns {pid}"
            )
        }));
        all.extend(wires().filter_map(|(wire, _)| {
            let bridge = &segments.get(wire.segment)?.bridge;
            Some(format!("link set dev {} master {bridge}", wire.port))
        }));
        all.extend(wires().map(|(wire, _)| format!("link set dev {} up", wire.port)));
        all.extend(segments.iter().map(|one| format!("link set dev {} up", one.bridge)));
        ip(&all).map_err(|why| Trouble::Host(None, why))
    }

    /// Lets the hosts be programmed, a few at once.
    fn program(&mut self) -> Result<(), Trouble> {
        let count = self.hosts.len();
        let nodes = self.task.layout.hosts.iter().filter(|host| host.role == Role::Node).count();
        let (mut told, mut done, mut programmed) = (0, 0, 0);
        while told < count.min(AT_ONCE) {
            self.tell(told, GO)?;
            told += 1;
        }
        while done < count {
            let place = self.hear(DONE)?;
            done += 1;
            programmed += usize::from(place < nodes);
            say(&Said::Step { what: "nodes programmed".into(), done: programmed, all: nodes });
            if told < count {
                self.tell(told, GO)?;
                told += 1;
            }
        }
        Ok(())
    }

    fn tell_all(&mut self, word: &str) -> Result<(), Trouble> {
        (0..self.hosts.len()).try_for_each(|place| self.tell(place, word))
    }

    fn tell(&mut self, place: usize, word: &str) -> Result<(), Trouble> {
        let Some((_, input)) = self.hosts.get_mut(place) else { return Ok(()) };
        let told = writeln!(input, "{word}").and_then(|()| input.flush());
        told.map_err(|error| Trouble::Host(Some(place), format!("it does not hear: {error}")))
    }

    fn hear_all(&mut self, word: &str, what: &str) -> Result<(), Trouble> {
        let all = self.hosts.len();
        for done in 1..=all {
            self.hear(word)?;
            say(&Said::Step { what: what.into(), done, all });
        }
        Ok(())
    }

    /// Waits until a host has come so far; which one.
    fn hear(&mut self, word: &str) -> Result<usize, Trouble> {
        loop {
            match self.events.recv() {
                Ok(Event::Line(place, line)) if line == word => return Ok(place),
                Ok(Event::Line(place, line)) => failed(place, &line)?,
                Ok(Event::Ended(place, why)) => return Err(Trouble::Host(Some(place), why)),
                Ok(Event::Started(..)) => {}
                Err(_) => return Err(Trouble::Host(None, "all hosts have ended".into())),
            }
        }
    }
}

/// A host that says that it failed.
fn failed(place: usize, line: &str) -> Result<(), Trouble> {
    match line.strip_prefix(FAILED) {
        Some(why) => Err(Trouble::Host(Some(place), why.trim().to_owned())),
        None => Ok(()),
    }
}
