//! IPVS mode on a kernel that has it: virtual servers, sets and rules as kube-proxy makes them, and
//! real connections through them.
//!
//! Debian's kernel in a virtual machine has all of it: `tests/vm/run.sh`. Where the kernel has none,
//! leave these tests out with `--skip ipvs::`.

mod changes;
mod conformance;
mod drain;
mod faults;
mod modes;
mod own;
mod random;
mod recorded;
mod site;
mod state;
mod traffic;

use crate::lab::text;
use std::process::Command;

/// Runs a script in a namespace; it must succeed. What it printed.
#[track_caller]
fn shell(netns: &str, script: &str) -> String {
    let mut command = Command::new("ip");
    let output = command.args(["netns", "exec", netns, "bash", "-c", script]).output().unwrap();
    assert!(output.status.success(), "{}\n{script}", text(&output.stderr));
    text(&output.stdout)
}
