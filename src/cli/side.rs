//! One side of a comparison: sources, or a folder of artefacts.

use super::args::{Format, SourceArgs};
use super::project::{Ready, reason, shown};
use super::ui::Ui;
use crate::artefacts::{NAMES, keep_told, read};
use crate::graph::Ordered;
use crate::hns;
use crate::model::natural_order;
use crate::plan::{Live, between, originate};
use crate::review::{Fate, NodeChanges};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, Sources, code};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What the nodes of a cluster hold, or are to hold.
pub(super) enum Side {
    /// As sources ask for.
    Sources(Box<Ready>),
    /// As a build wrote: the folders, by node.
    Artefacts(BTreeMap<String, PathBuf>),
}

impl Side {
    /// Opens what an operand names.
    pub(super) fn open(
        operand: &str,
        lock: Option<&Path>,
        format: Format,
        ui: &mut Ui,
    ) -> Result<Side, u8> {
        let folders = folders(Path::new(operand)).map_err(|fault| ui.fail(fault, format))?;
        if !folders.is_empty() {
            return Ok(Side::Artefacts(folders));
        }
        let args = SourceArgs { sources: vec![operand.into()], lock: lock.map(Path::to_owned) };
        Ready::open(&args, format, ui).map(|ready| Side::Sources(Box::new(ready)))
    }

    fn nodes(&self) -> Vec<&str> {
        match self {
            Side::Sources(ready) => {
                ready.cluster.nodes.iter().map(|node| node.name.as_str()).collect()
            }
            Side::Artefacts(folders) => folders.keys().map(String::as_str).collect(),
        }
    }

    /// What a node holds, and the objects that sources ask for; nothing if it is not there.
    fn node(&self, name: &str, format: Format, ui: &mut Ui) -> Result<Held, u8> {
        if !self.nodes().contains(&name) {
            return Ok(Held::default());
        }
        match self {
            Side::Sources(ready) => {
                let chosen = ready.nodes(&[name.to_owned()], format, ui)?;
                let Some(chosen) = chosen.into_iter().next() else { return Ok(Held::default()) };
                let ordered = ready.objects(chosen, format, ui)?;
                let hns = hns::compile(&ready.cluster, chosen.1).as_ref().map(hns::json);
                Ok(Held { live: Live::of(&ordered), ordered: Some(ordered), hns })
            }
            Side::Artefacts(folders) => match folders.get(name) {
                Some(folder) => {
                    let live = held(folder).map_err(|fault| ui.fail(fault, format))?;
                    let hns = documents(folder).map_err(|fault| ui.fail(fault, format))?;
                    Ok(Held { live, ordered: None, hns })
                }
                None => Ok(Held::default()),
            },
        }
    }

    /// The sources, which positions refer to; none if there are only artefacts.
    pub(super) fn sources(&self) -> Option<&Sources> {
        match self {
            Side::Sources(ready) => Some(&ready.sources),
            Side::Artefacts(_) => None,
        }
    }
}

#[derive(Default)]
struct Held {
    live: Live,
    ordered: Option<Ordered>,
    /// What the network service is to hold, if the node runs Windows.
    hns: Option<Value>,
}

/// What changes from one side to the other, node by node. `chosen` are the nodes that were asked
/// for; all if there are none.
pub(super) fn compare(
    (old, new): (&Side, &Side),
    chosen: &[String],
    format: Format,
    ui: &mut Ui,
) -> Result<Vec<NodeChanges>, u8> {
    let (before, after): (BTreeSet<&str>, BTreeSet<&str>) =
        (old.nodes().into_iter().collect(), new.nodes().into_iter().collect());
    let mut names: Vec<&str> = before.union(&after).copied().collect();
    names.sort_by(|left, right| natural_order(left, right));
    if let Some(unknown) = chosen.iter().find(|name| !names.contains(&name.as_str())) {
        let fault = Diagnostic::new(code::UNKNOWN_NODE, format!("there is no node `{unknown}`"));
        return Err(ui.fail(fault.maybe_help(did_you_mean(unknown, names)), format));
    }
    names.retain(|name| chosen.is_empty() || chosen.iter().any(|one| one == name));
    let partly = [old, new].iter().any(|side| matches!(side, Side::Artefacts(_)));
    let mut all = Vec::new();
    for (done, name) in names.iter().enumerate() {
        ui.progress(done, names.len(), name);
        let (mut from, mut to) = (old.node(name, format, ui)?, new.node(name, format, ui)?);
        if partly {
            keep_told(&mut from.live);
            keep_told(&mut to.live);
        }
        let mut changes = between(&from.live, &to.live);
        if let Some(ordered) = &to.ordered {
            originate(&mut changes, ordered);
        }
        let fate = match (before.contains(name), after.contains(name)) {
            (false, _) => Fate::Comes,
            (_, false) => Fate::Goes,
            _ => Fate::Stays,
        };
        let hns = hns::between(from.hns.as_ref(), to.hns.as_ref());
        all.push(NodeChanges { node: (*name).to_owned(), fate, changes, hns });
    }
    ui.clear_progress();
    Ok(all)
}

/// The folders of nodes in a folder of artefacts; none if it is no such folder. One with a
/// manifest is a folder of sources, wherever these are built to.
fn folders(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Diagnostic> {
    if !folder.is_dir() || folder.join("netc.toml").exists() {
        return Ok(BTreeMap::new());
    }
    let entries = fs::read_dir(folder).map_err(|error| {
        let message = format!("cannot read the folder `{}`: {}", shown(folder), reason(&error));
        Diagnostic::new(code::UNREADABLE_FILE, message)
    })?;
    let nodes = entries.flatten().map(|entry| entry.path()).filter(|path| {
        // Every node has a plan.
        path.join("plan.txt").is_file()
    });
    Ok(nodes
        .filter_map(|path| Some((path.file_name()?.to_string_lossy().into_owned(), path)))
        .collect())
}

/// What the artefacts of a node say that it holds.
fn held(folder: &Path) -> Result<Live, Diagnostic> {
    let fault = |name: &str, why: &str| {
        let message = format!("cannot read `{}`: {why}", shown(&folder.join(name)));
        Diagnostic::new(code::BAD_ARTEFACTS, message)
    };
    let mut files: Vec<(&str, String)> = Vec::new();
    for name in NAMES {
        match fs::read_to_string(folder.join(name)) {
            Ok(text) => files.push((name, text)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(fault(name, &reason(&error))),
        }
    }
    read(files.iter().map(|(name, text)| (*name, text.as_str())))
        .map_err(|unreadable| fault(&unreadable.name, &unreadable.why))
}

/// What an earlier build says that the network service of a Windows node is to hold.
fn documents(folder: &Path) -> Result<Option<Value>, Diagnostic> {
    let path = folder.join(hns::NAME);
    let fault = |why: &str| {
        let message = format!("cannot read `{}`: {why}", shown(&path));
        Diagnostic::new(code::BAD_ARTEFACTS, message)
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(&reason(&error))),
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| fault(&error.to_string()))?;
    match value.get("version").and_then(Value::as_u64) {
        Some(1) => Ok(Some(value)),
        _ => Err(fault("it is of no version that this netc knows")),
    }
}
