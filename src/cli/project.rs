//! Sources, manifest and lock on disk.

use super::args::{Format, SourceArgs};
use super::ui::Ui;
use super::{certificates, exit};
use crate::compile::{Compiled, compile, objects_on};
use crate::graph::Ordered;
use crate::lower::Facts;
use crate::model::{Built, Cluster, Lock, Node, NodeId};
use crate::object::{Aside, State};
use ipnet::IpNet;
use netc_lang::suggest::did_you_mean;
use netc_lang::{
    Diagnostic, MAX_BYTES, MAX_OBJECT_BYTES, Reader, Sources, Text, code, holds_objects,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, stdin};
use std::path::{Component, Path, PathBuf};

/// The name under which standard input is shown.
const STDIN: &str = "<stdin>";

/// So many bytes are read to see what a source is.
const BEGINNING: usize = 64 * 1024;

/// `netc.toml`
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The sources, relative to the manifest; every source file beside it if there are none.
    #[serde(default)]
    sources: Vec<PathBuf>,
    lock: Option<PathBuf>,
    golden: Option<PathBuf>,
    out: Option<PathBuf>,
}

/// What the command line names.
pub(super) struct Project {
    roots: Vec<String>,
    /// The folder that paths in artefacts are relative to.
    folder: PathBuf,
    lock_path: PathBuf,
    /// What the lock file holds, if it is there.
    lock: Option<Lock>,
    /// Where the manifest keeps reviewed artefacts.
    pub(super) golden: Option<PathBuf>,
    /// Where the manifest has artefacts written.
    pub(super) out: Option<PathBuf>,
}

/// A project compiled without errors.
pub(super) struct Ready {
    pub(super) sources: Sources,
    pub(super) cluster: Cluster,
    pub(super) lock: Lock,
    pub(super) project: Project,
}

impl Project {
    /// Finds sources, manifest and lock.
    fn open(args: &SourceArgs) -> Result<Project, Diagnostic> {
        let mut roots = Vec::new();
        let mut manifest = Manifest::default();
        let mut folder = None;
        for source in &args.sources {
            let path = Path::new(source);
            if source == "-" || !path.is_dir() {
                let parent = path.parent().filter(|_| source != "-").unwrap_or(Path::new(""));
                folder.get_or_insert_with(|| parent.to_owned());
                roots.push(source.clone());
                continue;
            }
            let path = clean(path);
            folder.get_or_insert_with(|| path.clone());
            manifest = read_manifest(&path)?;
            roots.extend(folder_sources(&path, &manifest)?);
        }
        let folder = folder.unwrap_or_default();
        let own = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        let lock_path = args.lock.clone().or_else(|| own(manifest.lock));
        let lock_path = lock_path.unwrap_or_else(|| folder.join("netc.lock"));
        let lock = read_lock(&lock_path)?;
        let (golden, out) = (own(manifest.golden), own(manifest.out));
        Ok(Project { roots, folder, lock_path, lock, golden, out })
    }

    /// The same; what is wrong is reported, and the exit code returned.
    pub(super) fn open_or_report(
        args: &SourceArgs,
        format: Format,
        ui: &mut Ui,
    ) -> Result<Project, u8> {
        Project::open(args).map_err(|fault| ui.fail(fault, format))
    }

    /// The cluster of sources of which all has been said already.
    pub(super) fn quietly(args: &SourceArgs) -> Option<Cluster> {
        Project::open(args).ok()?.compile().built.map(|built| built.cluster)
    }

    /// The files to read, in order.
    pub(super) fn roots(&self) -> &[String] {
        &self.roots
    }

    /// The folder that paths in artefacts are relative to.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Compiles the sources.
    pub(super) fn compile(&self) -> Compiled {
        let mut reader = Files::new(&self.folder);
        let path = shown(&self.lock_path);
        let lock = self.lock.as_ref().map(|lock| (lock, path.as_str()));
        certificates::checked(compile(&self.roots, &mut reader, lock))
    }

    /// The path of the lock file.
    pub(super) fn lock_path(&self) -> &Path {
        &self.lock_path
    }

    /// What the lock file holds, if it is there.
    pub(super) fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }
}

impl Ready {
    /// The networks of the cluster's pods.
    pub(super) fn pod_networks(&self) -> Vec<IpNet> {
        self.cluster.pod_networks.values().map(|pods| pods.network).collect()
    }

    /// Opens and compiles; reports what is wrong, and gives the exit code if that is an error.
    pub(super) fn open(args: &SourceArgs, format: Format, ui: &mut Ui) -> Result<Ready, u8> {
        let ready = Ready::compile(Project::open_or_report(args, format, ui)?, format, ui)?;
        ready.note_lock(false, ui);
        Ok(ready)
    }

    /// The same of sources of which the warnings have been told already.
    pub(super) fn open_tersely(
        args: &SourceArgs,
        format: Format,
        ui: &mut Ui,
    ) -> Result<Ready, u8> {
        let project = Project::open_or_report(args, format, ui)?;
        let Compiled { sources, built, diagnostics } = project.compile();
        let Some(Built { cluster, lock }) = built else {
            ui.report(&sources, &diagnostics, format);
            return Err(exit::ERROR);
        };
        Ok(Ready { sources, cluster, lock, project })
    }

    /// Compiles an open project.
    pub(super) fn compile(project: Project, format: Format, ui: &mut Ui) -> Result<Ready, u8> {
        let Compiled { sources, built, diagnostics } = project.compile();
        ui.report(&sources, &diagnostics, format);
        let Built { cluster, lock } = built.ok_or(exit::ERROR)?;
        Ok(Ready { sources, cluster, lock, project })
    }

    /// Says that some addresses are not recorded, and so may change: always if there is a lock, and
    /// where it matters (`needed`) if there is none.
    pub(super) fn note_lock(&self, needed: bool, ui: &mut Ui) {
        let current = match &self.project.lock {
            Some(lock) => *lock == self.lock,
            None => !needed || self.lock.is_empty(),
        };
        if !current {
            let path = shown(&self.project.lock_path);
            ui.note(&format!(
                "note: {path} is not up to date; run `netc lock` to record the addresses"
            ));
        }
    }

    /// The nodes that were asked for, or all.
    pub(super) fn nodes(
        &self,
        names: &[String],
        format: Format,
        ui: &mut Ui,
    ) -> Result<Vec<(NodeId, &Node)>, u8> {
        let all = || (0..).map(NodeId).zip(&self.cluster.nodes);
        let mut chosen = Vec::new();
        for name in names {
            let Some(found) = all().find(|(_, node)| node.name == *name) else {
                let known = self.cluster.nodes.iter().map(|node| node.name.as_str());
                let fault =
                    Diagnostic::new(code::UNKNOWN_NODE, format!("there is no node `{name}`"));
                return Err(ui.fail(fault.maybe_help(did_you_mean(name, known)), format));
            };
            chosen.push(found);
        }
        Ok(if names.is_empty() { all().collect() } else { chosen })
    }

    /// The objects of a node, in order.
    pub(super) fn objects(
        &self,
        (id, node): (NodeId, &Node),
        format: Format,
        ui: &mut Ui,
    ) -> Result<Ordered, u8> {
        self.objects_on((id, node), &Facts::default(), format, ui)
    }

    /// The objects of a node of whose machine something is known, in order.
    pub(super) fn objects_on(
        &self,
        (id, node): (NodeId, &Node),
        facts: &Facts,
        format: Format,
        ui: &mut Ui,
    ) -> Result<Ordered, u8> {
        let ordered = objects_on(&self.cluster, node, id, facts).map_err(|faults| {
            ui.report(&self.sources, &faults, format);
            exit::ERROR
        })?;
        Ok(located(&self.sources, ordered))
    }
}

/// The same objects, with the places of the files that are stated relative to their source.
pub(super) fn located(sources: &Sources, mut ordered: Ordered) -> Ordered {
    for node in &mut ordered.nodes {
        let State::Balancer(own) = &mut node.object.state else { continue };
        for copy in own.material.iter_mut().filter(|copy| copy.path.0.is_none()) {
            let source = sources.get(copy.stated.0.file).map(|source| source.path.as_str());
            let folder = Path::new(source.unwrap_or_default()).parent();
            let path = folder.unwrap_or(Path::new("")).join(&*copy.from);
            let path = std::path::absolute(&path).unwrap_or(path);
            copy.path = Aside(Some(shown(&path).into()));
        }
    }
    ordered
}

/// Reads sources from disk.
pub(super) struct Files<'p> {
    folder: &'p Path,
    /// How many bytes of objects were read from which path.
    object_bytes: BTreeMap<String, usize>,
}

impl<'p> Files<'p> {
    pub(super) fn new(folder: &'p Path) -> Files<'p> {
        Files { folder, object_bytes: BTreeMap::new() }
    }

    /// Reads a file, but at most one byte more than all files of its kind may have together.
    fn limited(&mut self, path: &str, from: &mut dyn Read) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // Enough to see what it is.
        read_up_to(from, &mut bytes, BEGINNING)?;
        let objects = holds_objects(path, &bytes);
        let others = self.object_bytes.iter().filter(|(other, _)| objects && *other != path);
        let taken: usize = others.map(|(_, length)| length).sum();
        let limit = if objects { MAX_OBJECT_BYTES } else { MAX_BYTES };
        read_up_to(from, &mut bytes, limit.saturating_sub(taken).saturating_add(1))?;
        if objects {
            self.object_bytes.insert(path.to_owned(), bytes.len());
        }
        Ok(bytes)
    }
}

impl Reader for Files<'_> {
    fn read(&mut self, from: Option<&str>, path: &str) -> Result<Text, String> {
        if path == "-" && from.is_none() {
            let bytes = self.limited(STDIN, &mut stdin().lock());
            let bytes = bytes.map_err(|error| reason(&error))?;
            return Ok(Text { path: STDIN.into(), name: STDIN.into(), bytes });
        }
        let parent = from.and_then(|from| Path::new(from).parent()).unwrap_or(Path::new(""));
        let path = clean(&parent.join(path));
        let mut file = File::open(&path).map_err(|error| reason(&error))?;
        let bytes = self.limited(&shown(&path), &mut file).map_err(|error| reason(&error))?;
        let folder = clean(self.folder);
        let name = path.strip_prefix(&folder).ok().or(path.file_name().map(Path::new));
        let name = name.map_or_else(|| shown(&path), shown);
        Ok(Text { path: shown(&path), name, bytes })
    }
}

/// Reads until there are so many bytes in all, or no more. Grows by doubling, but never beyond
/// what may be read.
fn read_up_to(from: &mut dyn Read, bytes: &mut Vec<u8>, limit: usize) -> std::io::Result<()> {
    while bytes.len() < limit {
        let step = bytes.len().max(BEGINNING).min(limit - bytes.len());
        bytes.reserve_exact(step);
        let step = u64::try_from(step).unwrap_or(u64::MAX);
        if from.take(step).read_to_end(bytes)? == 0 {
            break;
        }
    }
    Ok(())
}

/// Why something cannot be read or written, as a phrase.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::StorageFull => "the disk is full".into(),
        _ => error.to_string(),
    }
}

/// A file that cannot be written.
pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> Diagnostic {
    let message = format!("cannot write `{}`: {}", shown(path), reason(error));
    Diagnostic::new(code::CANNOT_WRITE, message)
}

/// A path without `.` and, where it can be told, without `..`.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A path for people.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn read_manifest(folder: &Path) -> Result<Manifest, Diagnostic> {
    let path = folder.join("netc.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Manifest::default()),
        Err(error) => return Err(bad_manifest(&path, 1, &reason(&error))),
    };
    toml::from_str(&text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start));
        let line = line.map_or(1, |before| before.matches('\n').count() + 1);
        bad_manifest(&path, line, error.message().lines().next().unwrap_or_default())
    })
}

fn bad_manifest(path: &Path, line: usize, why: &str) -> Diagnostic {
    let message = format!("{}:{line}: cannot use the manifest: {why}", shown(path));
    Diagnostic::new(code::BAD_MANIFEST, message)
        .help("it may have `sources`, `lock`, `golden` and `out`")
}

fn read_lock(path: &Path) -> Result<Option<Lock>, Diagnostic> {
    match fs::read_to_string(path) {
        Ok(text) => Lock::parse(&text, &shown(path)).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("cannot read `{}`: {}", shown(path), reason(&error));
            Err(Diagnostic::new(code::BAD_LOCK, message))
        }
    }
}

/// The sources that a folder stands for.
fn folder_sources(folder: &Path, manifest: &Manifest) -> Result<Vec<String>, Diagnostic> {
    if manifest.sources.is_empty() {
        return listed(folder);
    }
    let mut sources = Vec::new();
    for path in &manifest.sources {
        let path = folder.join(path);
        if path.is_dir() {
            sources.extend(listed(&clean(&path))?);
        } else {
            sources.push(shown(&path));
        }
    }
    Ok(sources)
}

/// The source files of a folder, sorted.
fn listed(folder: &Path) -> Result<Vec<String>, Diagnostic> {
    let unreadable = |error: &std::io::Error| {
        let message = format!("cannot read the folder `{}`: {}", shown(folder), reason(error));
        Diagnostic::new(code::UNREADABLE_FILE, message)
    };
    let mut found = Vec::new();
    let here = Path::new(".");
    let listed = if folder.as_os_str().is_empty() { here } else { folder };
    for entry in fs::read_dir(listed).map_err(|error| unreadable(&error))? {
        let path = clean(&entry.map_err(|error| unreadable(&error))?.path());
        let ending = path.extension().and_then(|ending| ending.to_str());
        if matches!(ending, Some("netc" | "yaml" | "yml" | "json")) && path.is_file() {
            found.push(shown(&path));
        }
    }
    found.sort();
    if found.is_empty() {
        let message = format!("there is no .netc, .yaml or .json file in `{}`", shown(listed));
        return Err(Diagnostic::new(code::NO_SOURCES, message)
            .help("name a file, or a folder with a netc.toml or such files"));
    }
    Ok(found)
}
