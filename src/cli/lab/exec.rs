//! `netc lab exec`

use super::place::place;
use crate::cli::args::LabExec;
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::kernel::lab::Running;
use netc_lang::{Diagnostic, code};
use std::os::unix::process::ExitStatusExt;

pub(super) fn run(args: &LabExec, ui: &mut Ui) -> u8 {
    match exec(args) {
        Ok(code) => code,
        Err(fault) => ui.fail(fault, args.format),
    }
}

fn exec(args: &LabExec) -> Result<u8, Diagnostic> {
    let lab = Running::find(args.which.name.as_deref())?;
    let place = place(&lab, &args.place)?;
    let Some((program, arguments)) = args.command.split_first() else { return Ok(exit::OK) };
    lab.join()?;
    let space = lab.space(&place)?;
    let status = space.command(program).args(arguments).attended().map_err(|error| {
        let program = program.to_string_lossy();
        let message = format!("`{program}` cannot be started on {}: {error}", args.place);
        Diagnostic::new(code::LAB_COMMAND, message)
            .help("it is a program of this machine: install it, or see whether PATH leads to it")
    })?;
    // As a shell has it for what a signal has ended.
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::ERROR))
}
