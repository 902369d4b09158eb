//! Kubernetes objects: faulty ones with the message they get, and good ones with the `.netc` they
//! become. A case is a folder with its object files; those of `import` also have a `lab.netc` with
//! what objects do not say, the cluster.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use similar::TextDiff;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

type Check = fn(&Path) -> Result<(), Failed>;

pub(crate) fn trials() -> Vec<Trial> {
    let kinds: [(&str, Check); 2] = [("bad", bad), ("import", import)];
    let cases = kinds.into_iter().flat_map(|(kind, check)| {
        let folder = root().join("tests/objects").join(kind);
        entries(&folder).into_iter().filter(|path| path.is_dir()).map(move |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = format!("objects::{kind}::{}", name.unwrap_or_default());
            Trial::test(name, move || check(&path))
        })
    });
    cases.collect()
}

/// The names of the object files of a case.
fn object_files(case: &Path) -> Vec<String> {
    let names = entries(case).into_iter().filter_map(|path: PathBuf| {
        let ending = path.extension()?.to_str()?;
        let objects = matches!(ending, "yaml" | "yml" | "json");
        objects.then(|| path.file_name().map(|name| name.to_string_lossy().into_owned())).flatten()
    });
    names.collect()
}

/// `expected` is what netc says.
fn bad(case: &Path) -> Result<(), Failed> {
    let files = object_files(case);
    let mut arguments = vec!["check", "--format", "short", "../lab.netc"];
    arguments.extend(files.iter().map(String::as_str));
    let output = netc(case, &arguments);
    let found = text(&output.stderr);
    let refused = found.contains("error[");
    if output.status.code() != Some(i32::from(refused)) || found.is_empty() {
        return Err(format!("{:?}, said {found:?}", output.status).into());
    }
    compare(&case.join("expected"), &found)
}

/// `imported.netc` is what the objects become, `expected` what netc says beside it.
fn import(case: &Path) -> Result<(), Failed> {
    let files = object_files(case);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let output = netc(case, &[&["import", "k8s", "--format", "short"], &files[..]].concat());
    if !output.status.success() {
        return Err(text(&output.stderr).into());
    }
    compare(&case.join("imported.netc"), &text(&output.stdout))?;
    let said = text(&output.stderr);
    if !said.is_empty() || case.join("expected").exists() {
        compare(&case.join("expected"), &said)?;
    }
    formatted(case)?;
    same_artefacts(case, &files)
}

fn formatted(case: &Path) -> Result<(), Failed> {
    let output = netc(case, &["fmt", "--check", "imported.netc"]);
    if output.status.success() { Ok(()) } else { Err(text(&output.stdout).into()) }
}

/// The objects and what they become make the same nodes.
fn same_artefacts(case: &Path, files: &[&str]) -> Result<(), Failed> {
    let out = TempDir::new()?;
    let folder = |name: &str| out.path().join(name).to_string_lossy().into_owned();
    for (name, sources) in [("objects", files), ("imported", &["imported.netc"][..])] {
        let out = folder(name);
        let output = netc(case, &[&["build", "--out", &out, "lab.netc"], sources].concat());
        if !output.status.success() {
            return Err(format!("{name}: {}", text(&output.stderr)).into());
        }
    }
    for node in entries(&out.path().join("objects")) {
        // Positions are in plan.txt alone.
        let files = entries(&node).into_iter().filter(|path| !path.ends_with("plan.txt"));
        for path in files {
            let other = out.path().join("imported").join(path.strip_prefix(folder("objects"))?);
            let (a, b) = (fs::read_to_string(&path)?, fs::read_to_string(&other)?);
            if a != b {
                let diff = TextDiff::from_lines(&a, &b).unified_diff().to_string();
                return Err(format!("{} differs:\n{diff}", other.display()).into());
            }
        }
    }
    Ok(())
}
