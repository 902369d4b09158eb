//! A node that has no iptables, because nothing needs it.

use super::state::state;
use super::{ONE, shell};
use crate::lab::{Lab, text};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A folder with nothing but what nftables mode takes.
fn tools(lab: &Lab) -> PathBuf {
    let folder = lab.file("x", "").with_file_name("bare");
    std::fs::create_dir(&folder).unwrap();
    for (tool, place) in [("nft", "/usr/sbin/nft"), ("modprobe", "/usr/sbin/modprobe")] {
        symlink(place, folder.join(tool)).unwrap();
    }
    folder
}

/// netc with these tools: whether it succeeded, and what it said.
fn netc(lab: &Lab, tools: &Path, command: &[&str]) -> (bool, String) {
    let mut netc = lab.netc();
    netc.args(command).args(["--netns", "node0"]).env("PATH", tools);
    let output = netc.output().unwrap();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn nftables_mode_does_without() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let (source, tools) = (lab.source(ONE), tools(&lab));
    let source = source.to_str().unwrap();
    for said in ["made", "nothing to do"] {
        let (done, found) = netc(&lab, &tools, &["apply", source, "--node", "node0"]);
        assert!(done && found.contains(said), "{found}");
    }
    shell("node0", "nft add element ip kube-proxy cluster-ips '{ 1.2.3.4 }'");
    let (done, found) = netc(&lab, &tools, &["apply", source, "--node", "node0"]);
    assert!(done, "{found}");
    for command in ["rollback", "destroy"] {
        let (done, found) = netc(&lab, &tools, &[command]);
        assert!(done, "{found}");
    }
    assert_eq!(state("node0"), "");
}

#[test]
fn the_other_modes_say_what_they_lack() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let tools = tools(&lab);
    let source = lab.source(&ONE.replace("proxy    nftables", "proxy    iptables"));
    let apply = ["apply", source.to_str().unwrap(), "--node", "node0"];
    let (done, found) = netc(&lab, &tools, &apply);
    assert!(!done && found.contains("iptables-restore is /usr/sbin/"), "{found}");
    assert_eq!(shell("node0", "nft list tables"), "");
    // A node with rules that cannot be read is not taken for one without.
    lab.applied(&source, "node0", &[]);
    let source = lab.file("then.netc", ONE);
    let (done, found) = netc(&lab, &tools, &["apply", source.to_str().unwrap(), "--node", "node0"]);
    assert!(!done && found.contains("iptables-restore: is not installed"), "{found}");
    lab.applied(&source, "node0", &[]);
    assert_eq!(shell("node0", "iptables-save | grep -c KUBE || true"), "0\n");
}
