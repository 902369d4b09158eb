//! `netc lab`: whole clusters brought up, asked and ended by the program itself.

mod apply;
mod ask;
mod delays;
mod ingress;
mod life;
mod machine;
mod mishaps;
mod readme;
mod refusals;
mod rootless;
mod scenario;
mod segments;
mod status;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Labs of one test, which are remembered in a folder of its own. They end with it.
pub(crate) struct Labs {
    folder: TempDir,
}

impl Labs {
    pub(crate) fn new() -> Labs {
        Labs { folder: TempDir::new().unwrap() }
    }

    /// Writes a source of the test itself.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Where they are remembered.
    pub(crate) fn memory(&self) -> PathBuf {
        self.folder.path().join("labs")
    }

    /// `netc lab …`
    pub(crate) fn netc(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
        command.arg("lab").args(arguments).env("NETC_LAB_DIR", self.memory());
        command
    }

    /// `netc lab …`, and how it ended.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.netc(arguments).output().unwrap()
    }

    /// The same, and it must succeed; what it printed.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = (crate::lab::text(&output.stdout), crate::lab::text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        out
    }

    /// The same, and it must fail; what it said.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        crate::lab::text(&output.stderr)
    }

    /// Brings a lab up.
    pub(crate) fn up(&self, sources: &Path, more: &[&str]) -> String {
        let mut arguments = vec!["up", sources.to_str().unwrap()];
        arguments.extend(more);
        self.done(&arguments)
    }

    /// Runs a command line in a place, and it must succeed; what it printed.
    pub(crate) fn exec(&self, lab: &str, place: &str, line: &str) -> String {
        let mut arguments = vec!["exec", "--name", lab, place, "--"];
        arguments.extend(line.split_whitespace());
        self.done(&arguments)
    }

    /// What is remembered of a lab.
    pub(crate) fn entry(&self, lab: &str) -> serde_json::Value {
        let text = std::fs::read_to_string(self.memory().join(lab).join("lab.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// All processes of a lab that has come up: its hub and its hosts.
    pub(crate) fn processes(&self, lab: &str) -> Vec<i64> {
        let entry = self.entry(lab);
        let hosts = entry["members"].as_array().unwrap().iter();
        let hosts = hosts.map(|member| member["process"]["pid"].as_i64().unwrap());
        hosts.chain(entry["hub"]["pid"].as_i64()).collect()
    }
}

impl Drop for Labs {
    fn drop(&mut self) {
        let _ = self.run(&["down", "--all"]);
    }
}

/// Whether a process runs.
pub(crate) fn runs(pid: i64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim().starts_with('Z'))
}
