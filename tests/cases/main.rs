//! One test for each case: adding a file or folder adds a test, nothing has to be registered.
//!
//! * `bad::NAME`: `tests/bad/NAME.netc` (or a folder with a `cluster.netc`) is refused with
//!   exactly the message that its last lines, marked `#~`, expect;
//! * `cni_import::KIND::CASE`: CNI configurations in `tests/import/cni/KIND/CASE` are refused with
//!   exactly the message beside them, or become exactly the `.netc` beside them;
//! * `diffs::CASE`: what changes from `old.netc` to `new.netc` in `tests/diffs/CASE` is shown
//!   exactly so;
//! * `docker::CASE`: the nodes of `tests/docker/CASE` have exactly the rules beside it;
//! * `docker_import::CASE`: what Docker prints, in `tests/docker-import/bad/CASE`, is refused with
//!   exactly the message beside it; in `tests/docker-import/import/CASE` it becomes exactly the
//!   `.netc` beside it, with the rules beside it;
//! * `docker_matrix::LAYOUT`: every combination of Docker's options gives the rules of
//!   `tests/matrix/docker-LAYOUT.txt`;
//! * `golden::EXAMPLE`: `examples/EXAMPLE` builds exactly `golden/EXAMPLE`, and is formatted and
//!   locked;
//! * `graph::CASE::PICTURE`: `netc graph` draws exactly the pictures in `tests/graph/CASE`;
//! * `ipvs::CASE`: `proxy ipvs` gives what kube-proxy did in `tests/conformance/kube-proxy/CASE`;
//! * `flannel_import::KIND::CASE`: the same of flannel's configurations and leases in
//!   `tests/import/flannel/KIND/CASE`, whose own leases become the same again;
//! * `nftables::CASE`, `nftables-1.35::CASE`: `proxy nftables` gives what kube-proxy did there, in
//!   both layouts;
//! * `objects::CASE`: Kubernetes objects in `tests/objects/bad/CASE` are refused with exactly the
//!   message beside them; those in `tests/objects/import/CASE` become exactly the `.netc` beside
//!   them, which compiles to the same artefacts;
//! * `rules::CASE`: `tests/rules/CASE` has exactly the rules beside it;
//! * `show::CASE`: `tests/show/CASE/expected` is what the commands in it print;
//! * `trace::CASE`: `tests/trace/CASE/expected` is what the questions in it print, and their exit codes;
//! * `page::CODE`: the faulty example of `lang/errors/CODE.md` gives that code, the mended one
//!   does not.
//!
//! `UPDATE=1` rewrites expectations and goldens; the difference is then to be read like code.
#![expect(clippy::disallowed_methods, clippy::expect_used, reason = "tests may")]

mod bad;
mod cni_import;
mod diffs;
mod docker;
mod docker_import;
mod docker_matrix;
mod flannel_import;
mod golden;
mod graph;
mod imports;
mod ipvs;
mod nftables;
mod objects;
mod page;
mod rules;
mod show;
mod trace;

use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials: Vec<Trial> = [
        bad::trials(),
        cni_import::trials(),
        flannel_import::trials(),
        diffs::trials(),
        docker::trials(),
        docker_import::trials(),
        docker_matrix::trials(),
        golden::trials(),
        graph::trials(),
        ipvs::trials(),
        nftables::trials(),
        objects::trials(),
        page::trials(),
        rules::trials(),
        show::trials(),
        trace::trials(),
    ]
    .into_iter()
    .flatten()
    .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Holds a text against the file that it should be; with UPDATE set the file is written.
fn compare(path: &Path, found: &str) -> Result<(), Failed> {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    if update() {
        return Ok(std::fs::write(path, found)?);
    }
    let diff = TextDiff::from_lines(&expected, found).unified_diff().to_string();
    Err(format!("{}: expected (-) and found (+):\n{diff}", path.display()).into())
}

/// The root of the project.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is in a folder, sorted.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// Runs netc in a folder.
fn netc(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netc"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .output()
        .expect("netc runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}
