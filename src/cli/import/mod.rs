//! `netc import`: one file for each form.

mod cni;
mod docker;
mod flannel;
mod k8s;

use super::args::{self, ImportFrom, ImportInto};
use super::exit;
use super::files::replace;
use super::project::{Files, cannot_write};
use super::ui::Ui;
use netc_lang::{Diagnostic, FileId, Reader, Sources, code, has_errors};
use std::path::Path;

pub(super) fn run(args: &args::Import, ui: &mut Ui) -> u8 {
    match &args.from {
        ImportFrom::K8s(args) => k8s::run(args, ui),
        ImportFrom::Cni(args) => cni::run(args, ui),
        ImportFrom::Docker(args) => docker::run(args, ui),
        ImportFrom::Flannel(args) => flannel::run(args, ui),
    }
}

/// The texts of configuration files, in their order.
fn texts(paths: &[String], faults: &mut Vec<Diagnostic>) -> (Sources, Vec<FileId>) {
    let (mut sources, mut files) = (Sources::default(), Vec::new());
    let mut reader = Files::new(Path::new(""));
    for path in paths {
        let text = reader.read(None, path).and_then(|text| {
            let content = String::from_utf8(text.bytes);
            let content = content.map_err(|_| "it is not UTF-8 text".to_owned())?;
            Ok((text.path, text.name, content))
        });
        match text {
            Ok((path, name, content)) => files.push(sources.add(path, name, content)),
            Err(why) => {
                let message = format!("cannot read `{path}`: {why}");
                faults.push(Diagnostic::new(code::UNREADABLE_FILE, message));
            }
        }
    }
    (sources, files)
}

/// Reports what is wrong; writes what was imported, unless that is an error.
fn finish(
    text: &str,
    sources: &Sources,
    faults: &[Diagnostic],
    into: &ImportInto,
    ui: &mut Ui,
) -> u8 {
    ui.report(sources, faults, into.format);
    if has_errors(faults) {
        return exit::ERROR;
    }
    let Some(path) = &into.out else {
        ui.out(text);
        return exit::OK;
    };
    match replace(path, [text]) {
        Ok(()) => exit::OK,
        Err(error) => ui.fail(cannot_write(path, &error), into.format),
    }
}
