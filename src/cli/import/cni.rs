//! `netc import cni`

use super::{finish, texts};
use crate::cli::args::ImportCni;
use crate::cli::project::reason;
use crate::cli::ui::Ui;
use crate::import::from_cni;
use netc_lang::{Diagnostic, code};
use std::fs;
use std::path::Path;

pub(super) fn run(args: &ImportCni, ui: &mut Ui) -> u8 {
    let mut faults = Vec::new();
    let mut paths = Vec::new();
    for path in &args.files {
        match listed(path) {
            Ok(own) => paths.extend(own),
            Err(why) => {
                let message = format!("cannot read `{path}`: {why}");
                let fault = Diagnostic::new(code::UNREADABLE_FILE, message);
                faults.push(fault.help("name .conf or .conflist files, or a folder of them"));
            }
        }
    }
    let (sources, files) = texts(&paths, &mut faults);
    let (text, found) = from_cni(&sources, &files);
    faults.extend(found);
    finish(&text, &sources, &faults, &args.into, ui)
}

/// A file, or the configurations of a folder in the order in which runtimes look at them: by name
/// (`ConfFiles` of libcni).
fn listed(path: &str) -> Result<Vec<String>, String> {
    if !Path::new(path).is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|error| reason(&error))?;
    let mut all = Vec::new();
    for entry in entries {
        let own = entry.map_err(|error| reason(&error))?.path();
        let ending = own.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if let (true, Some(own)) = (["conf", "conflist", "json"].contains(&ending), own.to_str()) {
            all.push(own.to_owned());
        }
    }
    all.sort();
    if all.is_empty() {
        Err("it has no .conf, .conflist or .json file".to_owned())
    } else {
        Ok(all)
    }
}
