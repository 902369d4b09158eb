//! `netc import docker`

use super::{finish, texts};
use crate::cli::args::ImportDocker;
use crate::cli::ui::Ui;
use crate::import::from_docker;

pub(super) fn run(args: &ImportDocker, ui: &mut Ui) -> u8 {
    let mut faults = Vec::new();
    let (sources, files) = texts(&args.files, &mut faults);
    let (text, found) = from_docker(&sources, &files, &args.node);
    faults.extend(found);
    finish(&text, &sources, &faults, &args.into, ui)
}
