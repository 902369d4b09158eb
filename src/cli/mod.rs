//! The commands: one file each, thin.
//!
//! This is one of the two places that may touch the machine; the other is [`crate::kernel`].
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "commands read and write files and talk to the terminal"
)]

mod apply;
mod args;
mod build;
mod certificates;
mod check;
mod confirm;
mod destroy;
mod diff;
mod drift;
mod dry_run;
mod explain;
mod files;
mod fmt;
mod graph;
mod healthz;
mod import;
mod lab;
mod live;
mod lock;
mod look;
mod plan;
mod project;
mod render;
mod rollback;
mod saved;
mod show;
mod side;
mod site;
mod suited;
mod trace;
mod transact;
mod tried;
mod ui;
mod why;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;
use ui::Ui;

/// Exit codes: the same for every command.
mod exit {
    /// All is well, or as it should be.
    pub(super) const OK: u8 = 0;
    /// Something is wrong with the input, or could not be done.
    pub(super) const ERROR: u8 = 1;
    /// What was compared differs.
    pub(super) const DIFFERS: u8 = 2;
    /// An apply failed.
    pub(super) const FAILED: u8 = 3;
    /// What was asked for is not reached, or not always.
    pub(super) const UNREACHED: u8 = 4;
}

/// Runs the program on its command line.
#[must_use]
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors. Exit code 2 is taken: it means "differs".
            let code = if error.use_stderr() { exit::ERROR } else { exit::OK };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let mut ui = Ui::new(args.color);
    let code = match &args.command {
        Command::Check(args) => check::run(args, &mut ui),
        Command::Plan(args) => plan::run(args, &mut ui),
        Command::Build(args) => build::run(args, &mut ui),
        Command::Diff(args) => diff::run(args, &mut ui),
        Command::Apply(args) => apply::run(args, &mut ui),
        Command::Confirm(args) => confirm::run(args, &mut ui),
        Command::Rollback(args) => rollback::run(args, &mut ui),
        Command::Destroy(args) => destroy::run(args, &mut ui),
        Command::Watchdog(args) => confirm::watchdog(args, &mut ui),
        Command::Healthz(args) => healthz::run(args, &mut ui),
        Command::Graph(args) => graph::run(args, &mut ui),
        Command::Show(args) => show::run(args, &mut ui),
        Command::Why(args) => why::run(args, &mut ui),
        Command::Trace(args) => trace::run(args, &mut ui),
        Command::Lab(args) => lab::run(args, &mut ui),
        Command::Lock(args) => lock::run(args, &mut ui),
        Command::Import(args) => import::run(args, &mut ui),
        Command::Fmt(args) => fmt::run(args, &mut ui),
        Command::Explain(args) => explain::run(args, &mut ui),
    };
    ExitCode::from(ui.end(code))
}
