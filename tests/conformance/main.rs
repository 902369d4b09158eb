//! netc against kube-proxy: the same rules from the same objects. What that means is in README.md.
//!
//! * `iptables::BACKEND::CASE`: the rules of `kube-proxy/CASE` equal the recorded ones, when
//!   loaded by a back end of iptables;
//! * `import::CASE`: the objects, translated to `.netc`, give the same artefacts;
//! * `compare::…`: the comparison itself finds what is a difference, and only that.
//!
//! Every ruleset is loaded into a network namespace of its own, which ends with its thread.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may"
)]

mod compare;
mod import;
mod iptables;
mod namespace;
mod sensitivity;

use libtest_mimic::Arguments;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use tempfile::TempDir;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [iptables::trials(), import::trials(), sensitivity::trials()];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}

/// The clusters that were recorded with a mode of kube-proxy, and their names.
fn cases(mode: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/kube-proxy");
    let entries = folder.read_dir().expect("the recordings");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.join(mode).is_dir());
    cases.sort();
    let name = |case: &Path| case.file_name().unwrap().to_string_lossy().into_owned();
    cases.into_iter().map(|case| (name(&case), case)).collect()
}

/// Runs netc in the folder of a case; it must succeed. What it printed.
fn netc(case: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    let output = command.args(arguments).current_dir(case).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if output.status.success() {
        return Ok(text(output.stdout));
    }
    let said = text(output.stderr);
    Err(format!("netc {}: {}\n{said}", arguments.join(" "), output.status))
}

/// Builds node-1 from these sources; what is in the folder is under `node-1`.
fn build(case: &Path, sources: &[&str]) -> Result<TempDir, String> {
    let folder = TempDir::new().unwrap();
    let out = folder.path().to_string_lossy().into_owned();
    netc(case, &[&["build"], sources, &["--node", "node-1", "--out", &out]].concat())?;
    Ok(folder)
}
