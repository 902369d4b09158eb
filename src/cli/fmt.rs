//! `netc fmt`

use super::args::{self, Format, SourceArgs};
use super::exit;
use super::files::replace;
use super::project::{Files, Project, cannot_write};
use super::ui::Ui;
use netc_lang::{
    Diagnostic, FileId, Reader, Sources, code, format, has_errors, holds_objects, parse,
};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(args: &args::Fmt, ui: &mut Ui) -> u8 {
    let source = SourceArgs { sources: args.sources.clone(), lock: None };
    let project = match Project::open_or_report(&source, args.format, ui) {
        Ok(project) => project,
        Err(code) => return code,
    };
    let mut failed = false;
    let mut changed = Vec::new();
    // Kubernetes objects have other tools to format them.
    for root in project.roots().iter().filter(|root| !holds_objects(root, &[])) {
        match file(root, args, ui) {
            Ok(true) => changed.push(root.as_str()),
            Ok(false) => {}
            Err(()) => failed = true,
        }
    }
    if args.format == Format::Json {
        let changed: Vec<Value> = changed.iter().map(|root| Value::from(*root)).collect();
        ui.json(&json!({ "changed": changed, "written": !args.check }));
    } else if args.check {
        for root in &changed {
            ui.out(&format!("{root} is not formatted\n"));
        }
    }
    match (failed, args.check && !changed.is_empty()) {
        (true, _) => exit::ERROR,
        (false, true) => exit::DIFFERS,
        (false, false) => exit::OK,
    }
}

/// Formats one file, or standard input to standard output, and says whether that changes it.
/// What is wrong has been reported.
fn file(root: &str, args: &args::Fmt, ui: &mut Ui) -> Result<bool, ()> {
    let mut sources = Sources::default();
    let fail = |fault, ui: &mut Ui| {
        ui.fail(fault, args.format);
    };
    let id = read(root, &mut sources).map_err(|fault| fail(fault, ui))?;
    let (tree, faults) = parse(&sources, id);
    ui.report(&sources, &faults, args.format);
    if has_errors(&faults) {
        return Err(());
    }
    let formatted = format(&sources, &tree);
    let changed = formatted != sources.text(id);
    if root == "-" && !args.check {
        ui.out(&formatted);
    } else if changed && !args.check {
        let path = Path::new(root);
        replace(path, [formatted.as_str()])
            .map_err(|error| fail(cannot_write(path, &error), ui))?;
    }
    Ok(changed)
}

fn read(root: &str, sources: &mut Sources) -> Result<FileId, Diagnostic> {
    let unreadable =
        |why: &str| Diagnostic::new(code::UNREADABLE_FILE, format!("cannot read `{root}`: {why}"));
    let text = Files::new(Path::new("")).read(None, root).map_err(|why| unreadable(&why))?;
    let content = String::from_utf8(text.bytes).map_err(|_| unreadable("it is not UTF-8 text"))?;
    Ok(sources.add(text.path, text.name, content))
}
