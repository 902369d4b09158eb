//! Processes, told from others that have their numbers later.

use crate::lab::Process;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;

/// The process that has a number now.
pub(super) fn find(pid: i32) -> Option<Process> {
    stat(pid).map(|(_, start)| Process { pid, start })
}

/// Whether it has not ended. One that nobody has waited for yet has ended.
pub(super) fn is_alive(process: Process) -> bool {
    stat(process.pid).is_some_and(|(state, start)| {
        start == process.start && !matches!(state.as_str(), "Z" | "X" | "x")
    })
}

/// Ends it, if it has not ended.
pub(super) fn end(process: Process) -> Result<(), Errno> {
    if !is_alive(process) {
        return Ok(());
    }
    match kill(Pid::from_raw(process.pid), Signal::SIGKILL) {
        Err(Errno::ESRCH) => Ok(()),
        other => other,
    }
}

/// The state and the start time (proc_pid_stat(5), fields 3 and 22). The name before them may hold
/// anything.
fn stat(pid: i32) -> Option<(String, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    read(&text)
}

fn read(text: &str) -> Option<(String, u64)> {
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?.to_owned();
    let start = fields.nth(18)?.parse().ok()?;
    Some((state, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_confuse() {
        let text = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1 2";
        assert_eq!(read(text), Some(("S".to_owned(), 4711)));
        assert_eq!(read("7 (a"), None);
    }

    #[test]
    fn this_process_is_alive() {
        let own = find(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(is_alive(own));
        assert!(!is_alive(Process { start: own.start + 1, ..own }));
        assert_eq!(find(i32::MAX), None);
    }
}
