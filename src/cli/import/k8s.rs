//! `netc import k8s`

use super::write;
use crate::cli::args::{ImportK8s, SourceArgs};
use crate::cli::exit;
use crate::cli::project::{Files, Project};
use crate::cli::ui::Ui;
use crate::import::to_netc;
use netc_lang::{Diagnostic, Program, code, has_errors, sort};

pub(super) fn run(args: &ImportK8s, ui: &mut Ui) -> u8 {
    let source = SourceArgs { sources: args.files.clone(), lock: None };
    let project = match Project::open_or_report(&source, args.format, ui) {
        Ok(project) => project,
        Err(code) => return code,
    };
    let (program, mut faults) = Program::load(project.roots(), &mut Files::new(project.folder()));
    faults.extend(strangers(&program));
    let mut text = String::new();
    if !has_errors(&faults) {
        let (printed, found) = to_netc(&program);
        text = printed;
        faults.extend(found);
    }
    sort(&mut faults);
    ui.report(&program.sources, &faults, args.format);
    if has_errors(&faults) {
        exit::ERROR
    } else {
        write(&text, args.out.as_deref(), args.format, ui)
    }
}

/// Sources that hold no objects.
fn strangers(program: &Program) -> impl Iterator<Item = Diagnostic> {
    let sources = program.roots.iter().filter_map(|file| program.sources.get(*file));
    sources.map(|source| {
        let message = format!("`{}` holds no Kubernetes objects", source.path);
        Diagnostic::new(code::UNREADABLE_OBJECTS, message)
            .help("name .yaml or .json files: what is in .netc need not be imported")
    })
}
