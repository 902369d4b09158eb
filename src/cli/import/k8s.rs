//! `netc import k8s`

use super::finish;
use crate::cli::args::{ImportK8s, SourceArgs};
use crate::cli::project::{Files, Project};
use crate::cli::ui::Ui;
use crate::import::to_netc;
use netc_lang::{Diagnostic, Program, code, has_errors, sort};

pub(super) fn run(args: &ImportK8s, ui: &mut Ui) -> u8 {
    let source = SourceArgs { sources: args.files.clone(), lock: None };
    let project = match Project::open_or_report(&source, args.into.format, ui) {
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
    finish(&text, &program.sources, &faults, &args.into, ui)
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
