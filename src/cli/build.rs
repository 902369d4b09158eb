//! `netc build`

use super::args::{self, Format};
use super::exit;
use super::files::replace;
use super::project::{Ready, cannot_write, reason, shown};
use super::tried::Configs;
use super::ui::{Ui, count};
use crate::artefacts::{NAMES, compare, files, for_others, is_for_others, of_windows};
use crate::emit::Pieces;
use crate::graph::Ordered;
use crate::kernel::refuses;
use crate::model::Node;
use netc_lang::{Diagnostic, code};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub(super) fn run(args: &args::Build, ui: &mut Ui) -> u8 {
    let result = match &args.check {
        Some(folder) => check(args, folder.as_deref(), ui),
        None => write(args, ui),
    };
    result.unwrap_or_else(|code| code)
}

/// Writes all nodes' artefacts into a folder of its own first, and moves them into place when
/// all are there: a fault in the last node writes nothing.
fn write(args: &args::Build, ui: &mut Ui) -> Result<u8, u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let Some(out) = args.out.as_ref().or(ready.project.out.as_ref()) else {
        let fault = Diagnostic::new(code::CANNOT_WRITE, "there is no folder to write to");
        return Err(
            ui.fail(fault.help("name one with `--out DIR`, or `out` in netc.toml"), args.format)
        );
    };
    let failed = |(path, error): (PathBuf, io::Error), ui: &mut Ui| {
        ui.fail(cannot_write(&path, &error), args.format)
    };
    let stage = fs::create_dir_all(out)
        .and_then(|()| tempfile::Builder::new().prefix(".netc-").tempdir_in(out));
    let stage = stage.map_err(|error| failed((out.clone(), error), ui))?;
    let written = staged(&ready, stage.path(), args, ui)?;
    publish(&written, stage.path(), out).map_err(|why| failed(why, ui))?;
    let names: BTreeSet<&str> = ready.cluster.nodes.iter().map(|node| node.name.as_str()).collect();
    let removed = stale(out, &names, &args.nodes, &written);
    remove(&removed).map_err(|why| failed(why, ui))?;
    let nodes = if args.nodes.is_empty() { names.len() } else { args.nodes.len() };
    say(out, (&written, &removed), nodes, args.format, ui);
    Ok(exit::OK)
}
/// Writes the artefacts of the nodes below a folder; their places in it. What other programs are to read
/// is shown to them, where they are installed.
fn staged(
    ready: &Ready,
    stage: &Path,
    args: &args::Build,
    ui: &mut Ui,
) -> Result<Vec<PathBuf>, u8> {
    let nodes = ready.nodes(&args.nodes, args.format, ui)?;
    let mut written = Vec::new();
    let mut configs = Configs::default();
    for (index, chosen) in nodes.iter().enumerate() {
        ui.progress(index, nodes.len(), &chosen.1.name);
        let ordered = ready.objects(*chosen, args.format, ui)?;
        takes(&mut configs, &ordered, ready, args, ui)?;
        let folder = stage.join(&chosen.1.name);
        for (name, content) in all_files(ready, chosen.1, &ordered) {
            let path = folder.join(&name);
            fs::create_dir_all(&folder)
                .and_then(|()| replace(&path, content.iter()))
                .map_err(|error| ui.fail(cannot_write(&path, &error), args.format))?;
            accepted(ready, chosen.1, &name, &path, args.format, ui)?;
            written.push(Path::new(&chosen.1.name).join(name));
        }
    }
    ui.clear_progress();
    Ok(written)
}

/// Moves files from one folder to another; the first that cannot be, and why.
fn publish(places: &[PathBuf], from: &Path, to: &Path) -> Result<(), (PathBuf, io::Error)> {
    places.iter().try_for_each(|place| {
        let path = to.join(place);
        fs::create_dir_all(path.parent().unwrap_or(to))
            .and_then(|()| fs::rename(from.join(place), &path))
            .map_err(|error| (path, error))
    })
}

/// Removes files, and folders that they leave empty.
fn remove(paths: &[PathBuf]) -> Result<(), (PathBuf, io::Error)> {
    paths.iter().try_for_each(|path| {
        fs::remove_file(path).map_err(|error| (path.clone(), error))?;
        // Only an empty folder goes; one with somebody's own files stays.
        let _ = path.parent().map(fs::remove_dir);
        Ok(())
    })
}

/// Says what was written and removed, for so many nodes.
fn say(
    out: &Path,
    (written, removed): (&[PathBuf], &[PathBuf]),
    nodes: usize,
    format: Format,
    ui: &mut Ui,
) {
    if format == Format::Json {
        let list = |paths: &mut dyn Iterator<Item = PathBuf>| {
            paths.map(|path| Value::from(shown(&path))).collect::<Value>()
        };
        let written = list(&mut written.iter().map(|place| out.join(place)));
        let removed = list(&mut removed.iter().cloned());
        return ui.json(&json!({ "written": written, "removed": removed }));
    }
    let gone =
        if removed.is_empty() { String::new() } else { format!(", removed {}", removed.len()) };
    let (files, nodes, folder) = (count(written.len(), "file"), count(nodes, "node"), shown(out));
    ui.out(&format!("wrote {files} for {nodes} to {folder}{gone}\n"));
}

/// Whether programs take the configurations that are written for them.
fn takes(
    configs: &mut Configs,
    ordered: &Ordered,
    ready: &Ready,
    args: &args::Build,
    ui: &mut Ui,
) -> Result<(), u8> {
    let faults = configs.faults(ordered);
    ui.report(&ready.sources, &faults, args.format);
    if faults.is_empty() { Ok(()) } else { Err(exit::ERROR) }
}

/// Asks the BGP speaker of the cluster, where it is installed, what it thinks of its configuration.
fn accepted(
    ready: &Ready,
    node: &Node,
    name: &str,
    path: &Path,
    format: Format,
    ui: &mut Ui,
) -> Result<(), u8> {
    let own = ready.cluster.bgp.as_ref().filter(|bgp| bgp.engine.file() == name);
    let Some((bgp, why)) = own.and_then(|bgp| Some((bgp, refuses(bgp.engine, path)?))) else {
        return Ok(());
    };
    let message = format!("{name} of node {} is refused by {why}", node.name);
    let fault = Diagnostic::at(code::REFUSED_SPEAKER, bgp.span, message)
        .help("BIRD 2.0 and FRR 8 know what netc writes: install such a version, or none");
    ui.report(&ready.sources, &[fault], format);
    Err(exit::ERROR)
}

/// The files of a node, those for other systems too.
fn all_files<'o>(
    ready: &Ready,
    node: &Node,
    ordered: &'o Ordered,
) -> impl Iterator<Item = (String, Pieces<'o>)> + use<'o> {
    let own = files(node, ordered, &ready.sources).into_iter();
    let others =
        for_others(&ready.cluster, node).into_iter().map(|(name, text)| (name, text.into()));
    let windows = node.is_windows().then(|| of_windows(&ready.cluster, node, &ready.sources));
    let windows = windows.into_iter().flatten().map(|(name, text)| (name, text.into()));
    own.map(|(name, content)| (name.to_owned(), content)).chain(others).chain(windows)
}

/// Artefacts in the folder that this build does not make: files of a node that it left empty,
/// and of nodes that are gone.
fn stale(
    out: &Path,
    nodes: &BTreeSet<&str>,
    chosen: &[String],
    written: &[PathBuf],
) -> Vec<PathBuf> {
    let made: BTreeSet<PathBuf> = written.iter().map(|place| out.join(place)).collect();
    let mut found = artefacts_in(out);
    found.retain(|path| {
        let node = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let concerned = node.is_some_and(|node| {
            chosen.is_empty() || chosen.iter().any(|one| one == node) || !nodes.contains(node)
        });
        concerned && !made.contains(path)
    });
    found
}

/// Files with an artefact's name, one folder deep.
fn artefacts_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let nodes = entries.map(|entry| entry.path()).filter(|path| {
        path.is_dir()
            && path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'))
    });
    let files = nodes.flat_map(|node| fs::read_dir(node).into_iter().flatten().flatten());
    let own = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| NAMES.contains(&name) || is_for_others(name)) && path.is_file()
    };
    let mut found: Vec<PathBuf> = files.map(|file| file.path()).filter(own).collect();
    found.sort();
    found
}

/// Compares what would be written with a folder.
fn check(args: &args::Build, folder: Option<&Path>, ui: &mut Ui) -> Result<u8, u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let Some(folder) = folder.or(ready.project.golden.as_deref()) else {
        let fault = Diagnostic::new(code::UNREADABLE_FILE, "there is no folder to compare with");
        return Err(ui.fail(
            fault.help("name one with `--check DIR`, or `golden` in netc.toml"),
            args.format,
        ));
    };
    let mut differences: Vec<(PathBuf, String)> = Vec::new();
    let mut expected = BTreeSet::new();
    let mut configs = Configs::default();
    for chosen in ready.nodes(&args.nodes, args.format, ui)? {
        let ordered = ready.objects(chosen, args.format, ui)?;
        takes(&mut configs, &ordered, &ready, args, ui)?;
        for (name, content) in all_files(&ready, chosen.1, &ordered) {
            let place = Path::new(&chosen.1.name).join(&name);
            let difference = match fs::read_to_string(folder.join(&place)) {
                Ok(old) => compare(&name, &old, &content.to_string()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Some("    is missing\n".into())
                }
                Err(error) => Some(format!("    cannot be read: {}\n", reason(&error))),
            };
            differences.extend(difference.map(|text| (place.clone(), text)));
            expected.insert(place);
        }
    }
    for path in artefacts_in(folder) {
        let place = path.strip_prefix(folder).unwrap_or(&path);
        if args.nodes.is_empty() && !expected.contains(place) {
            differences.push((place.to_owned(), "    is not made any more\n".into()));
        }
    }
    differences.sort();
    if args.format == Format::Json {
        let one =
            |(path, text): &(PathBuf, String)| json!({ "file": shown(path), "difference": text });
        ui.json(&json!({ "differences": differences.iter().map(one).collect::<Vec<_>>() }));
    } else if differences.is_empty() {
        ui.out(&format!("{} is up to date: {} files\n", shown(folder), expected.len()));
    } else {
        let all = differences.iter().map(|(path, text)| format!("{}\n{text}", shown(path)));
        ui.out(&all.collect::<String>());
    }
    Ok(if differences.is_empty() { exit::OK } else { exit::DIFFERS })
}
