//! A program: starting it, making it read its configuration again, ending it.

use super::failed;
use super::folder::Folder;
use super::process::{all, children, command_line, has_open, signal, wait};
use crate::kernel::error::KernelError;
use crate::model::Engine;
use crate::object::config_file;
use nix::sys::signal::Signal;
use std::fs::{self, File};
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

/// For how long a program may take to start, or to take up a configuration.
const PATIENCE: Duration = Duration::from_secs(10);

/// For how long requests that it already has are waited for.
const GRACE: Duration = Duration::from_secs(1);

/// For how long when it is to end.
const LAST_GRACE: Duration = Duration::from_secs(5);

/// As whom workers of HAProxy run, which only a configuration can say.
const USER: &str = "user.cfg";

/// What a program says while it starts.
const STARTED: &str = "start.log";

pub(super) struct Program<'f> {
    engine: Engine,
    folder: &'f Folder,
}

impl<'f> Program<'f> {
    pub(super) fn new(engine: Engine, folder: &'f Folder) -> Program<'f> {
        Program { engine, folder }
    }

    /// The process that all others of the program belong to.
    pub(super) fn master(&self) -> Option<i32> {
        let file = format!("{}.pid", self.engine.word());
        let pid = self.folder.read(&file).ok()??.lines().next()?.trim().parse().ok()?;
        let line = command_line(pid)?;
        let folder = self.folder.path().to_string_lossy();
        (line.contains(&*folder) && line.contains(self.engine.word())).then_some(pid)
    }

    /// Starts it, in the namespace of the calling thread.
    pub(super) fn start(&self) -> Result<(), KernelError> {
        let said = self.folder.file(STARTED);
        if self.engine == Engine::Haproxy {
            self.folder.put(USER, haproxy_user().as_bytes())?;
        }
        let run = || -> io::Result<bool> {
            let output = File::create(&said)?;
            let mut command = self.command();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
            Ok(command.status()?.success())
        };
        let begun = run().map_err(|error| self.failed(format!("cannot be started: {error}")))?;
        // Workers come after the master.
        let serves = || self.master().is_some_and(|master| !children(master).is_empty());
        if begun && wait(PATIENCE, serves) {
            return Ok(());
        }
        let said = fs::read_to_string(&said).unwrap_or_default();
        Err(self.failed(complaints(&said, "it ended at once")))
    }

    fn command(&self) -> Command {
        let folder = self.folder.path();
        let mut command = Command::new(self.engine.word());
        command.current_dir("/").env("LC_ALL", "C").env("PATH", search());
        match self.engine {
            Engine::Nginx => {
                command.arg("-p").arg(folder).args(["-c", config_file(self.engine)]);
                command
                    .args(["-g", &format!("user {};", worker(&["www-data", "nginx", "nobody"]))]);
            }
            Engine::Haproxy => {
                command.arg("-D").arg("-W").arg("-C").arg(folder);
                command.args(["-f", config_file(self.engine), "-f", USER, "-p"]);
                command.arg(self.folder.file("haproxy.pid"));
            }
        }
        command
    }

    /// Makes it read its configuration again. When this returns new connections are taken by it,
    /// and requests under way have had a moment to end.
    pub(super) fn reload(&self, master: i32) -> Result<(), KernelError> {
        let old = children(master);
        let log = self.folder.file("error.log");
        let before = fs::metadata(&log).map_or(0, |log| log.len());
        let said = || {
            let bytes = fs::read(&log).unwrap_or_default();
            let new = bytes.get(usize::try_from(before).unwrap_or(0)..).unwrap_or_default();
            String::from_utf8_lossy(new).into_owned()
        };
        // In a user namespace workers cannot become anybody, say so, and go on.
        let is_refusal = |line: &str| line.contains("[emerg]") && !line.contains("initgroups(");
        let refused = |said: &str| said.lines().any(is_refusal);
        signal(
            master,
            match self.engine {
                Engine::Nginx => Signal::SIGHUP,
                Engine::Haproxy => Signal::SIGUSR2,
            },
        );
        let taken_up = || {
            let now = children(master);
            let new = now.iter().any(|pid| !old.contains(pid) && command_line(*pid).is_some());
            new && old.iter().all(|pid| !now.contains(pid) || self.is_leaving(*pid))
        };
        let done = wait(PATIENCE, || taken_up() || refused(&said()));
        if !done || refused(&said()) {
            let said = complaints(&said(), "it has not taken up its configuration");
            return Err(self.failed(said));
        }
        wait(GRACE, || {
            let now = children(master);
            old.iter().all(|pid| !now.contains(pid))
        });
        Ok(())
    }

    /// Whether a worker of an earlier configuration takes no more connections.
    fn is_leaving(&self, pid: i32) -> bool {
        match self.engine {
            // ngx_setproctitle in src/os/unix/ngx_process_cycle.c
            Engine::Nginx => command_line(pid).is_none_or(|line| line.contains("shutting down")),
            // It is told so before the new one shows.
            Engine::Haproxy => true,
        }
    }

    /// Ends it, with workers whose master is gone. Requests under way have some time to end.
    pub(super) fn end(&self) -> Result<(), KernelError> {
        let graceful = match self.engine {
            Engine::Nginx => Signal::SIGQUIT,
            Engine::Haproxy => Signal::SIGUSR1,
        };
        let signals = [(graceful, LAST_GRACE), (Signal::SIGTERM, GRACE), (Signal::SIGKILL, GRACE)];
        for (way, patience) in signals {
            let own = self.processes();
            if own.is_empty() {
                return Ok(());
            }
            own.iter().for_each(|pid| signal(*pid, way));
            wait(patience, || own.iter().all(|pid| command_line(*pid).is_none()));
        }
        match self.processes().as_slice() {
            [] => Ok(()),
            [pid, ..] => Err(self.failed(format!("process {pid} does not end"))),
        }
    }

    /// All processes of the program.
    fn processes(&self) -> Vec<i32> {
        let name = self.engine.word();
        let folder = self.folder.path();
        let text = folder.to_string_lossy();
        let is = |pid: &i32| {
            command_line(*pid).is_some_and(|line| {
                line.contains(name) && (line.contains(&*text) || has_open(*pid, folder))
            })
        };
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        all().filter(|pid| *pid != own).filter(is).collect()
    }

    fn failed(&self, output: String) -> KernelError {
        failed(self.engine, output)
    }
}

/// Where programs are looked for: Debian has these where only root looks.
pub(in crate::kernel) fn search() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/local/sbin:/usr/sbin:/sbin")
}

/// As whom workers run: the first of these users that there is. Where this process cannot become
/// another user, as in a lab of somebody who is not root, they run as it does.
pub(super) fn worker(users: &[&str]) -> String {
    let denied = fs::read_to_string("/proc/self/setgroups").is_ok_and(|all| all.trim() == "deny");
    let known = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let is_known = |user: &&&str| {
        let head = format!("{user}:");
        known.lines().any(|line| line.starts_with(&head))
    };
    let user = users.iter().find(is_known).filter(|_| !denied);
    user.map_or_else(|| "root".to_owned(), |user| group(user))
}

fn haproxy_user() -> String {
    match worker(&["haproxy"]) {
        user if user == "root" => "global\n".to_owned(),
        user => format!("global\n    user {user}\n    group {user}\n"),
    }
}

/// A user with the group that is called so too, or the one for nobody.
fn group(user: &str) -> String {
    if user == "nobody" { "nobody nogroup".to_owned() } else { user.to_owned() }
}

/// The lines that say what is wrong; all others if none does.
pub(super) fn complaints(said: &str, otherwise: &str) -> String {
    let wrong = ["[emerg]", "[ALERT]"];
    let lines: Vec<&str> =
        said.lines().filter(|line| wrong.iter().any(|word| line.contains(word))).collect();
    let lines = if lines.is_empty() { said.lines().collect() } else { lines };
    match lines.as_slice() {
        [] => otherwise.to_owned(),
        [first, ..] => bare(first),
    }
}

/// A complaint without the time and the process: `nginx: [emerg] …`, `[ALERT]    (17) : …`.
fn bare(line: &str) -> String {
    let rest = line.split_once("[emerg]").or_else(|| line.split_once("[ALERT]"));
    let rest = rest.map_or(line, |(_, rest)| rest).trim_start();
    let numbered = |rest: &str| -> Option<String> {
        let (head, text) = rest.split_once(": ")?;
        let is_number = |one: char| one.is_ascii_digit() || "()# ".contains(one);
        head.chars().all(is_number).then(|| text.to_owned())
    };
    numbered(rest).unwrap_or_else(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_told_without_times() {
        let nginx = "2026/11/22 01:00:00 [notice] 7#7: signal 1\n\
                     2026/11/22 01:00:00 [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)\n";
        let said = "bind() to 0.0.0.0:80 failed (98: Address already in use)";
        assert_eq!(complaints(nginx, ""), said);
        let haproxy = "[NOTICE]   (12) : haproxy version is 2.6\n\
                       [ALERT]    (12) : config : parsing [haproxy.cfg:3] : unknown keyword 'x'\n";
        let said = "config : parsing [haproxy.cfg:3] : unknown keyword 'x'";
        assert_eq!(complaints(haproxy, ""), said);
        assert_eq!(complaints("", "it ended"), "it ended");
    }
}
