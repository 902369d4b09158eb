//! `netc lab exec`

use super::place::place;
use crate::cli::args::LabExec;
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::kernel::lab::Running;
use netc_lang::{Diagnostic, code};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// What shells and env(1) end with if there is no such program, or it cannot be started.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;

pub(super) fn run(args: &LabExec, ui: &mut Ui) -> u8 {
    match exec(args) {
        Ok(Ok(status)) => code(status),
        Ok(Err(error)) => {
            ui.fail(unstarted(args, &error), args.format);
            if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED }
        }
        Err(fault) => ui.fail(fault, args.format),
    }
}

/// How the command ended, or why it could not be started.
fn exec(args: &LabExec) -> Result<io::Result<ExitStatus>, Diagnostic> {
    let lab = Running::find(args.which.name.as_deref())?;
    let place = place(&lab, &args.place)?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Ok(Ok(ExitStatus::default()));
    };
    lab.join()?;
    let space = lab.space(&place)?;
    Ok(space.command(program).args(arguments).attended())
}

/// As a shell has it for what a signal has ended.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::ERROR)
}

fn unstarted(args: &LabExec, error: &io::Error) -> Diagnostic {
    let program = args.command.first().map_or("".into(), |word| word.to_string_lossy());
    let message = format!("`{program}` cannot be started on {}: {error}", args.place);
    Diagnostic::new(code::LAB_COMMAND, message)
        .help("it is a program of this machine: install it, or see whether PATH leads to it")
}
