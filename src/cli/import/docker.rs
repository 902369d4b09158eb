//! `netc import docker`

use super::{texts, write};
use crate::cli::args::ImportDocker;
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::import::from_docker;
use netc_lang::has_errors;

pub(super) fn run(args: &ImportDocker, ui: &mut Ui) -> u8 {
    let mut faults = Vec::new();
    let (sources, files) = texts(&args.files, &mut faults);
    let (text, found) = from_docker(&sources, &files, &args.node);
    faults.extend(found);
    ui.report(&sources, &faults, args.format);
    if has_errors(&faults) {
        exit::ERROR
    } else {
        write(&text, args.out.as_deref(), args.format, ui)
    }
}
