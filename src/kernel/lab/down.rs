//! Taking a lab down.

use super::folder::{self, Reserved};
use super::process;
use super::running::Running;
use crate::lab::Process;
use netc_lang::{Diagnostic, code};
use std::thread;
use std::time::{Duration, Instant};

/// How long all processes may take to end. The kernel ends them; nobody can refuse.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often they are looked for.
const POLL: Duration = Duration::from_millis(10);

impl Running {
    /// Ends the lab: all its processes, and with them all its namespaces.
    ///
    /// # Errors
    /// Another netc is at it, or it cannot be ended.
    pub fn down(self) -> Result<(), Diagnostic> {
        let Running { folder, entry } = self;
        let base = folder.parent().unwrap_or(&folder);
        let reserved: Reserved = folder::take(base, &entry.name, false)?;
        let hosts = entry.members.iter().map(|member| member.process);
        // The hub first: else it would see its hosts end.
        let all: Vec<Process> = [entry.hub].into_iter().chain(hosts).collect();
        for process in &all {
            process::end(*process).map_err(|errno| {
                let message = format!("process {} cannot be ended: {errno}", process.pid);
                Diagnostic::new(code::LAB_FAILED, message)
                    .help("end the lab as the user who brought it up")
            })?;
        }
        let begin = Instant::now();
        while all.iter().any(|process| process::is_alive(*process)) {
            if begin.elapsed() > PATIENCE {
                let message = format!("the processes of the lab `{}` do not end", entry.name);
                return Err(Diagnostic::new(code::LAB_FAILED, message));
            }
            thread::sleep(POLL);
        }
        reserved.forget();
        Ok(())
    }
}
