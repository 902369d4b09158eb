//! Programs that a test runs beside netc, and what it waits for.

use crate::lab::run;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// How long something may take that comes by itself. Nothing but a fault takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that ends with the test, and what it prints.
pub(crate) struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Program {
        let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| {
            panic!("{}: {error}: run tests/run.sh", command.get_program().display())
        });
        let (sender, lines) = channel();
        tell(child.stdout.take().unwrap(), sender.clone());
        tell(child.stderr.take().unwrap(), sender);
        Program { child, lines }
    }

    /// Waits for a line with some words.
    #[track_caller]
    pub(crate) fn says(&self, wanted: &str) -> String {
        let mut before = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no `{wanted}` in {before:#?}");
            };
            if line.contains(wanted) {
                return line;
            }
            before.push(line);
        }
    }

    /// Sends a signal: `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        run(&format!("kill -{name} {}", self.child.id()));
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tell(output: impl Read + Send + 'static, to: Sender<String>) {
    thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| to.send(line))
    });
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        sleep(Duration::from_millis(50));
    }
}
