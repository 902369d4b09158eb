//! Devices, addresses and routes of a lab: many at once, by ip(8).

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

/// Runs commands of ip in the calling thread's namespaces. Why that failed.
pub(super) fn ip(commands: &[String]) -> Result<(), String> {
    run(&["-batch", "-"], commands)
}

/// The same for commands of which any may fail, as they take away what may be gone already.
pub(super) fn ip_gone(commands: &[String]) {
    let _ = run(&["-force", "-batch", "-"], commands);
}

fn run(options: &[&str], commands: &[String]) -> Result<(), String> {
    let mut command = Command::new("ip");
    command.args(options).stdin(Stdio::piped()).stdout(Stdio::null());
    let spawned = command.stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "ip is not installed (Debian: package iproute2)".to_owned(),
        _ => format!("ip does not start: {error}"),
    })?;
    let text = commands.join("\n") + "\n";
    let written = child.stdin.take().map(|mut input| input.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(|error| format!("ip: {error}"))?;
    if output.status.success() && matches!(written, Some(Ok(()))) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip: {}", failure(&said, commands)))
}

/// What it complains about: it names the line of its input.
fn failure(said: &str, commands: &[String]) -> String {
    let why = said.lines().next().unwrap_or("it says nothing");
    let line = said.lines().find_map(|line| line.strip_prefix("Command failed -:"));
    let command = line.and_then(|line| commands.get(line.trim().parse::<usize>().ok()? - 1));
    command.map_or_else(|| why.to_owned(), |command| format!("{why}: `ip {command}`"))
}
