//! Flannel's configurations and leases: faulty ones with the message they get, and good ones with
//! the `.netc` they become, which compiles, and whose own leases become the same again.

use crate::{compare, entries, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

type Check = fn(&Path) -> Result<(), Failed>;

pub(crate) fn trials() -> Vec<Trial> {
    let kinds: [(&str, Check); 2] = [("bad", bad), ("good", good)];
    let cases = kinds.into_iter().flat_map(|(kind, check)| {
        let folder = root().join("tests/import/flannel").join(kind);
        entries(&folder).into_iter().map(move |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = format!("flannel_import::{kind}::{}", name.unwrap_or_default());
            Trial::test(name, move || check(&path))
        })
    });
    cases.collect()
}

fn import(case: &Path) -> Output {
    let mut words = vec!["import", "flannel", "--format", "short", "net-conf.json"];
    if case.join("leases").exists() {
        words.extend(["--leases", "leases"]);
    }
    netc(case, &words)
}

/// `expected` is what netc says.
fn bad(case: &Path) -> Result<(), Failed> {
    let output = import(case);
    if output.status.code() != Some(1) || !output.stdout.is_empty() {
        return Err(format!("{:?}, said {:?}", output.status, text(&output.stdout)).into());
    }
    compare(&case.join("expected"), &text(&output.stderr))
}

/// `imported.netc` is what they become, `expected` what netc says beside it.
fn good(case: &Path) -> Result<(), Failed> {
    let output = import(case);
    if !output.status.success() {
        return Err(text(&output.stderr).into());
    }
    compare(&case.join("imported.netc"), &text(&output.stdout))?;
    let said = text(&output.stderr);
    if !said.is_empty() || case.join("expected").exists() {
        compare(&case.join("expected"), &said)?;
    }
    succeed(case, &["fmt", "--check", "imported.netc"])?;
    succeed(case, &["check", "imported.netc"])?;
    again(case, &text(&output.stdout))
}

/// Builds with the leases of the nodes, and imports those.
fn again(case: &Path, imported: &str) -> Result<(), Failed> {
    // Without a block nothing is known of the lease.
    if !case.join("leases").exists() || imported.matches("    pods ").nth(1).is_none() {
        return Ok(());
    }
    let lab = TempDir::new()?;
    let lines = imported.lines().map(|line| match line.trim_start().starts_with("overlay ") {
        true if line.ends_with('}') => format!("{}emit flannel }}\n", line.replace('}', "; ")),
        true if line.ends_with('{') => format!("{line}\nemit flannel\n"),
        true => format!("{line} {{ emit flannel }}\n"),
        false => format!("{line}\n"),
    });
    fs::write(lab.path().join("cluster.netc"), lines.collect::<String>())?;
    succeed(lab.path(), &["build", "--out", "out", "cluster.netc"])?;
    succeed(lab.path(), &["build", "--check", "out", "cluster.netc"])?;
    let conf = case.join("net-conf.json").to_string_lossy().into_owned();
    let nodes = entries(&lab.path().join("out"));
    let leases: Vec<String> =
        nodes.iter().map(|node| node.join("lease.json").to_string_lossy().into_owned()).collect();
    let mut words = vec!["import", "flannel", conf.as_str()];
    words.extend(leases.iter().flat_map(|lease| ["--leases", lease.as_str()]));
    let output = netc(lab.path(), &words);
    match text(&output.stdout) {
        found if found == imported => Ok(()),
        found => Err(format!("became {found}{}", text(&output.stderr)).into()),
    }
}

fn succeed(folder: &Path, words: &[&str]) -> Result<(), Failed> {
    let output = netc(folder, words);
    if output.status.success() {
        return Ok(());
    }
    Err([text(&output.stdout), text(&output.stderr)].concat().into())
}
