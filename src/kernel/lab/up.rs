//! Bringing a lab up: starting the hub and listening to it.

use super::child::{self, Started};
use super::folder::Reserved;
use super::hub::{KEEP, Said, Task, Trouble};
use super::running::Running;
use super::start::log_name;
use crate::lab::{Entry, Layout, Member, Process, VERSION};
use netc_lang::{Diagnostic, code};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A lab that comes up.
#[derive(Debug)]
pub struct Coming {
    reserved: Reserved,
    task: Task,
    hub: Child,
    process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// Starts the hub of a lab. If this process ends before the lab has come up, so does the lab.
///
/// # Errors
/// It does not start.
pub fn start(
    reserved: Reserved,
    layout: Layout,
    sources: Vec<String>,
    lock: Option<String>,
) -> Result<Coming, Diagnostic> {
    let name = reserved.name().to_owned();
    let task = Task { name, layout, sources, lock, folder: reserved.folder().to_owned() };
    let start = || {
        let log = File::create(task.folder.join("hub.log"))?;
        child::start(&["hub", &task.name], log, &task)
    };
    match start() {
        Ok(Started { child: hub, process, input, output }) => {
            Ok(Coming { reserved, task, hub, process, input, output })
        }
        Err(error) => {
            let message = format!("the lab's first process does not start: {error}");
            reserved.forget();
            Err(Diagnostic::new(code::LAB_FAILED, message))
        }
    }
}

/// A lab that did not come up.
#[derive(Debug)]
pub struct Stopped {
    /// Why.
    pub fault: Diagnostic,
    /// What the host on which it failed has printed.
    pub printed: String,
}

impl Coming {
    /// Waits until the lab is up. `progress` hears how much of what has been done.
    ///
    /// # Errors
    /// It does not come up. Then nothing is left of it.
    pub fn wait(
        mut self,
        left_out: Vec<String>,
        mut progress: impl FnMut(usize, usize, &str),
    ) -> Result<Running, Box<Stopped>> {
        let trouble = loop {
            match self.hear() {
                Some(Said::Step { what, done, all }) => progress(done, all, &what),
                Some(Said::Failed(trouble)) => break trouble,
                Some(Said::Up { hosts, rootless }) => {
                    return self.keep(&hosts, rootless, left_out);
                }
                None => break Trouble::Host(None, "its first process has ended".into()),
            }
        };
        let stopped = self.stopped(&trouble);
        self.end();
        Err(Box::new(stopped))
    }

    fn hear(&mut self) -> Option<Said> {
        let mut line = String::new();
        self.output.read_line(&mut line).ok().filter(|length| *length > 0)?;
        serde_json::from_str(&line).ok()
    }

    /// The lab is up: it is remembered, and stays.
    fn keep(
        mut self,
        hosts: &[Process],
        rootless: bool,
        left_out: Vec<String>,
    ) -> Result<Running, Box<Stopped>> {
        let members = self.task.layout.hosts.iter().zip(hosts);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let entry = Entry {
            version: VERSION,
            name: self.reserved.name().to_owned(),
            sources: self.task.sources.clone(),
            lock: self.task.lock.clone(),
            since,
            hub: self.process,
            rootless,
            segments: self.task.layout.segments.clone(),
            members: members.map(|(host, process)| Member::of(host.clone(), *process)).collect(),
            left_out,
        };
        let told = self.reserved.write(&entry).and_then(|()| {
            let told = writeln!(self.input, "{KEEP}").and_then(|()| self.input.flush());
            told.map_err(|error| {
                let message = format!("the lab's first process has ended: {error}");
                Diagnostic::new(code::LAB_FAILED, message)
            })
        });
        match told {
            Ok(()) => Ok(Running { folder: self.reserved.folder().to_owned(), entry }),
            Err(fault) => {
                self.end();
                Err(Box::new(Stopped { fault, printed: String::new() }))
            }
        }
    }

    fn stopped(&self, trouble: &Trouble) -> Stopped {
        let log =
            |name: String| fs::read_to_string(self.task.folder.join(name)).unwrap_or_default();
        match trouble {
            Trouble::Namespaces(why) => {
                Stopped { fault: no_namespaces(why), printed: String::new() }
            }
            Trouble::Host(None, why) => {
                let fault = Diagnostic::new(code::LAB_FAILED, format!("the lab failed: {why}"));
                Stopped { fault: fault.help(NOTHING_LEFT), printed: log("hub.log".into()) }
            }
            Trouble::Host(Some(place), why) => {
                let host = self.task.layout.hosts.get(*place);
                let name = host.map_or("", |host| host.name.as_str());
                let fault = Diagnostic::new(code::LAB_FAILED, format!("{name} failed: {why}"));
                Stopped { fault: fault.help(NOTHING_LEFT), printed: log(log_name(*place, name)) }
            }
        }
    }

    /// Takes down what there is.
    fn end(mut self) {
        let _ = self.hub.kill();
        let _ = self.hub.wait();
        // Hosts end with the hub, but not before it.
        thread::sleep(Duration::from_millis(20));
        self.reserved.forget();
    }
}

/// What is said of a lab that did not come up.
const NOTHING_LEFT: &str = "the lab was taken down again: nothing is left of it";

/// Neither root nor a user namespace.
fn no_namespaces(why: &str) -> Diagnostic {
    let read = |name: &str| fs::read_to_string(format!("/proc/sys/{name}")).unwrap_or_default();
    let is = |name: &str, value: &str| read(name).trim() == value;
    let how = if is("kernel/unprivileged_userns_clone", "0") {
        "let users make namespaces with `sysctl kernel.unprivileged_userns_clone=1`"
    } else if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
        "let users make namespaces with `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
    } else if is("user/max_user_namespaces", "0") {
        "let users make namespaces with `sysctl user.max_user_namespaces=10000`"
    } else {
        "in a container it takes one that may make user namespaces, or a privileged one"
    };
    Diagnostic::new(code::NO_NAMESPACES, format!("this user may not make namespaces: {why}"))
        .help(format!("run it as root, or {how}"))
}
