//! Processes that a lab consists of: netc itself, started once more.

use super::host::STATE;
use super::process;
use crate::lab::Process;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that has been started and has its order.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) process: Process,
    /// By what it is told.
    pub(super) input: ChildStdin,
    /// By what it is heard.
    pub(super) output: BufReader<ChildStdout>,
}

/// Starts `netc lab …` in the namespaces of this thread, and writes it its order. What it says of
/// faults goes to the log.
pub(super) fn start(arguments: &[&str], log: File, order: &impl Serialize) -> io::Result<Started> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("netc").arg("lab").args(arguments).env(STATE.0, STATE.1).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn()?;
    let gone = || io::Error::other("it ended at once");
    let mut input = child.stdin.take().ok_or_else(gone)?;
    let output = BufReader::new(child.stdout.take().ok_or_else(gone)?);
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    let process = process::find(pid).ok_or_else(gone)?;
    serde_json::to_writer(&mut input, order)?;
    writeln!(input)?;
    Ok(Started { child, process, input, output })
}
