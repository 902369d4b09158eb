//! `netc import`: one file for each form.

mod k8s;

use super::args::{self, Format, ImportFrom};
use super::exit;
use super::files::replace;
use super::project::cannot_write;
use super::ui::Ui;
use std::path::Path;

pub(super) fn run(args: &args::Import, ui: &mut Ui) -> u8 {
    match &args.from {
        ImportFrom::K8s(args) => k8s::run(args, ui),
    }
}

/// Writes what was imported.
fn write(text: &str, out: Option<&Path>, format: Format, ui: &mut Ui) -> u8 {
    let Some(path) = out else {
        ui.out(text);
        return exit::OK;
    };
    match replace(path, [text]) {
        Ok(()) => exit::OK,
        Err(error) => ui.fail(cannot_write(path, &error), format),
    }
}
