//! A lab of a user who is not root, where the kernel lets users make namespaces.

use crate::lab::{root, text};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A user who may do nothing.
const NOBODY: u32 = 65534;

#[test]
fn users_have_labs() {
    if !nix::unistd::geteuid().is_root() {
        // All tests of labs are it then.
        return;
    }
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // The program and the sources where that user can read them.
    let program = folder.path().join("netc");
    fs::copy(env!("CARGO_BIN_EXE_netc"), &program).unwrap();
    let source = folder.path().join("cluster.netc");
    fs::copy(root().join("examples/flannel-vxlan/cluster.netc"), &source).unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let netc = |arguments: &[&str]| -> Output {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.arg(&program).arg("lab").args(arguments);
        command.env("NETC_LAB_DIR", home.join("labs")).current_dir(&home).output().unwrap()
    };
    let up = netc(&["up", source.to_str().unwrap()]);
    if !allowed(&home) {
        let said = text(&up.stderr);
        assert!(said.contains("E0852") && said.contains("run it as root, or "), "{said}");
        println!("users may not make namespaces here");
        return;
    }
    let said = text(&up.stdout) + &text(&up.stderr);
    assert!(said.contains("1 segment, in a user namespace"), "{said}");
    let answer = netc(&["exec", "pod/web-0", "--", "curl", "-s", "-m", "3", "http://10.244.1.2"]);
    assert!(text(&answer.stdout).starts_with("default/web-1 "), "{answer:?}");
    let own = netc(&["exec", "node/node0", "--", "id", "-u"]);
    assert_eq!(text(&own.stdout), "0\n");
    let applied = netc(&["apply"]);
    assert!(text(&applied.stdout).contains("is as its sources say"), "{applied:?}");
    let down = netc(&["down"]);
    assert!(down.status.success(), "{down:?}");
}

/// Whether that user may make namespaces.
fn allowed(home: &Path) -> bool {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Urn", "true"]);
    command.current_dir(home).status().unwrap().success()
}
