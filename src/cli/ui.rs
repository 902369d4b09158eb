//! What is shown, and where.

use super::args::Format;
use super::exit;
use super::project::reason;
use super::render;
use clap::ColorChoice;
use netc_lang::{Diagnostic, Sources, code};
use std::io::{self, ErrorKind, IsTerminal, Write, stderr, stdout};
use std::time::Duration;

/// The terminal.
pub(super) struct Ui {
    color: bool,
    progress: bool,
    /// Why what was written last did not get out.
    lost: Option<io::Error>,
}

impl Ui {
    /// Colours only on a terminal, unless asked for; `NO_COLOR` is honoured (no-color.org).
    pub(super) fn new(choice: ColorChoice) -> Ui {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => wanted && stderr().is_terminal(),
        };
        Ui { color, progress: stderr().is_terminal(), lost: None }
    }

    /// Writes a result, unless one before it did not get out.
    pub(super) fn out(&mut self, text: &str) {
        if self.lost.is_some() {
            return;
        }
        let mut out = stdout().lock();
        self.lost = out.write_all(text.as_bytes()).and_then(|()| out.flush()).err();
    }

    /// Whether results get out: nobody hears of more where the reader has gone away.
    pub(super) fn is_heard(&self) -> bool {
        self.lost.is_none()
    }

    /// The exit code of a command that gave this one: a result that did not get out is an error. A
    /// reader that has gone away, as `head` does, has what it wanted.
    pub(super) fn end(&mut self, code: u8) -> u8 {
        match self.lost.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let message = format!("cannot write the result: {}", reason(&error));
                self.fail(Diagnostic::new(code::CANNOT_WRITE, message), Format::Short)
            }
            _ => code,
        }
    }

    /// Writes a result that is written again and again: on a terminal in the place of the one before,
    /// elsewhere behind it.
    pub(super) fn frame(&mut self, text: &str, first: bool) {
        let Some((_, height)) = terminal_size::terminal_size().filter(|_| stdout().is_terminal())
        else {
            self.out(&format!("{}{text}", if first { "" } else { "\n" }));
            return;
        };
        // What does not fit would scroll, and the next one would not stand in its place.
        let room = usize::from(height.0).saturating_sub(2).max(1);
        let mut lines: Vec<&str> = text.lines().collect();
        let more = lines.len().saturating_sub(room);
        lines.truncate(room);
        let below = if more == 0 { String::new() } else { format!("… and {more} more lines") };
        lines.push(&below);
        let clear = if first { "\x1b[2J" } else { "" };
        // Each line clears what was behind it, the last one what was below: nothing flickers.
        let lines = lines.join("\x1b[K\n");
        self.out(&format!("{clear}\x1b[H{lines}\x1b[J"));
    }

    /// Writes a JSON result.
    pub(super) fn json(&mut self, value: &serde_json::Value) {
        self.out(&format!("{value:#}\n"));
    }

    /// Says something beside the result.
    pub(super) fn note(&mut self, text: &str) {
        self.clear_progress();
        let _ = writeln!(stderr(), "{text}");
    }

    /// Shows diagnostics.
    pub(super) fn report(&mut self, sources: &Sources, diagnostics: &[Diagnostic], format: Format) {
        let text = match format {
            Format::Json if diagnostics.is_empty() => return,
            Format::Text => render::full(sources, diagnostics, self.color),
            Format::Short => render::short(sources, diagnostics),
            Format::Json => format!("{}\n", render::json(sources, diagnostics)),
        };
        self.clear_progress();
        let _ = stderr().write_all(text.as_bytes());
    }

    /// Reports a fault that has no place in the sources, and gives the exit code.
    pub(super) fn fail(&mut self, fault: Diagnostic, format: Format) -> u8 {
        self.report(&Sources::default(), &[fault], format);
        exit::ERROR
    }

    /// Shows how far a long piece of work has come, on a terminal.
    pub(super) fn progress(&mut self, done: usize, all: usize, what: &str) {
        if self.progress {
            let _ = write!(stderr(), "\r\x1b[K[{done}/{all}] {}", what.get(..60).unwrap_or(what));
            let _ = stderr().flush();
        }
    }

    /// Shows what is waited for before real servers leave, on a terminal.
    pub(super) fn draining(&mut self, connections: usize, left: Duration) {
        if self.progress {
            let what = if connections == 1 { "connection" } else { "connections" };
            let _ = write!(
                stderr(),
                "\r\x1b[K{connections} {what} to endpoints or addresses that leave; at most {} s more",
                left.as_secs()
            );
            let _ = stderr().flush();
        }
    }

    /// Takes the progress line away.
    pub(super) fn clear_progress(&mut self) {
        if self.progress {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

/// So many of something: `1 node`, `2 nodes`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
