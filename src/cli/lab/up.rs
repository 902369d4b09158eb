//! `netc lab up`

use crate::cli::args::{Format, LabUp};
use crate::cli::exit;
use crate::cli::project::{Ready, shown};
use crate::cli::ui::{Ui, count};
use crate::kernel::lab::{Running, Stopped, reserve, start};
use crate::lab::{Layout, Role};
use netc_lang::{Diagnostic, code};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, absolute};
use std::time::Instant;

/// Every host of a lab has this for itself.
const OWN: &str = "/run";

pub(super) fn run(args: &LabUp, ui: &mut Ui) -> u8 {
    up(args, ui).err().unwrap_or(exit::OK)
}

fn up(args: &LabUp, ui: &mut Ui) -> Result<(), u8> {
    let begin = Instant::now();
    let format = args.format;
    let sources = sources(args).map_err(|fault| ui.fail(fault, format))?;
    let lock = args.source.lock.as_deref().map(path_of).transpose();
    let lock = lock.map_err(|fault| ui.fail(fault, format))?;
    let ready = Ready::open(&args.source, format, ui)?;
    let layout = Layout::of(&ready.cluster);
    let left_out = Layout::left_out(&ready.cluster);
    if !left_out.is_empty() {
        let names = left_out.join(", ");
        ui.note(&format!("note: not in the lab, for a lab runs Linux: {names}"));
    }
    let name = args.name.as_ref().unwrap_or(&ready.cluster.name);
    let reserved = reserve(name).map_err(|fault| ui.fail(fault, format))?;
    let coming = start(reserved, layout, sources, lock).map_err(|fault| ui.fail(fault, format))?;
    let up = coming.wait(left_out, |done, all, what| ui.progress(done, all, what));
    ui.clear_progress();
    let lab = up.map_err(|stopped| report(*stopped, format, ui))?;
    show(&lab, begin, format, ui);
    Ok(())
}

/// The sources as absolute paths: hosts read them from another folder.
fn sources(args: &LabUp) -> Result<Vec<String>, Diagnostic> {
    args.source.sources.iter().map(|source| path_of(Path::new(source))).collect()
}

fn path_of(path: &Path) -> Result<String, Diagnostic> {
    if path == Path::new("-") {
        return Err(unreadable("standard input", "write it to a file, and name that"));
    }
    let absolute = absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = std::fs::canonicalize(&absolute);
    if real.as_ref().unwrap_or(&absolute).starts_with(OWN) {
        let help = format!("put it elsewhere: each of them has {OWN} for itself");
        return Err(unreadable(&format!("`{}`", path.display()), &help));
    }
    Ok(shown(&absolute))
}

fn unreadable(what: &str, help: &str) -> Diagnostic {
    let message = format!("the nodes of a lab cannot read {what}");
    Diagnostic::new(code::LAB_SOURCES, message).help(help)
}

/// A lab that did not come up: what its host printed, and why.
fn report(stopped: Stopped, format: Format, ui: &mut Ui) -> u8 {
    let Stopped { fault, printed } = stopped;
    let printed = printed.trim_end();
    if printed.is_empty() {
        return ui.fail(fault, format);
    }
    if format == Format::Json {
        let help = fault.help.clone().unwrap_or_default();
        return ui.fail(fault.help(format!("{help}; it printed: {printed}")), format);
    }
    ui.note(printed);
    ui.fail(fault, format)
}

fn show(lab: &Running, begin: Instant, format: Format, ui: &mut Ui) {
    let entry = lab.entry();
    let seconds = begin.elapsed().as_secs_f64();
    if format == Format::Json {
        let mut value = json!(entry);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("seconds".into(), json!(seconds));
        }
        ui.json(&value);
        return;
    }
    let pods = lab.pods().filter(|(_, pod)| pod.kind == "pod").count();
    let containers = lab.pods().count() - pods;
    let mut parts = vec![count(entry.nodes().count(), "node"), count(pods, "pod")];
    if containers > 0 {
        parts.push(count(containers, "container"));
    }
    let on: BTreeSet<usize> =
        entry.nodes().flat_map(|node| &node.wires).map(|wire| wire.segment).collect();
    parts.push(count(on.len(), "segment"));
    if entry.host(Role::Router).is_some() {
        parts.push("a router".into());
    }
    let user = if entry.rootless { ", in a user namespace" } else { "" };
    ui.out(&format!("lab {} is up in {seconds:.1} s: {}{user}\n", entry.name, parts.join(", ")));
}
