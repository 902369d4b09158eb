//! What a lab does to the machine: nothing.

use super::Labs;
use crate::lab::{root, run};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What can be seen of this thread's network namespace, and of the machine's named ones.
fn seen() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for line in [
        "ip -j link",
        "ip -j -4 address",
        "ip -j route show table all",
        "ip -j rule",
        "iptables-save",
        "ip6tables-save",
        "nft list ruleset",
    ] {
        // Counters count, whoever sends.
        let shown =
            run(line).lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        all.insert(line.to_owned(), shown);
    }
    let names = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    let mut names: Vec<String> =
        names.map(|name| name.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    all.insert("/run/netns".into(), names.join(" "));
    all.insert("mounts".into(), fs::read_to_string("/proc/thread-self/mounts").unwrap());
    all.insert("host name".into(), run("hostname"));
    parameters(Path::new("/proc/sys/net"), &mut all);
    all
}

/// All parameters of the network that can be read. Some count, or are drawn anew.
fn parameters(folder: &Path, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let counts = ["nf_conntrack_count", "stable_secret", "tcp_fastopen_key", "cpu", "dentry"];
        if counts.iter().any(|name| path.to_string_lossy().contains(name)) {
            continue;
        }
        if path.is_dir() {
            parameters(&path, all);
        } else if let Ok(value) = fs::read_to_string(&path) {
            all.insert(path.display().to_string(), value);
        }
    }
}

#[test]
fn nothing_of_the_machine_changes() {
    let labs = Labs::new();
    let before = seen();
    let same = |when: &str| {
        let now = seen();
        let differ: Vec<&String> = before
            .keys()
            .chain(now.keys())
            .filter(|key| before.get(*key) != now.get(*key))
            .collect();
        assert!(differ.is_empty(), "{when}: {differ:?}");
    };
    labs.up(&root().join("examples/flannel-vxlan"), &[]);
    same("up");
    labs.exec("flannel-vxlan", "pod/web-0", "ping -c 1 -W 2 10.244.1.2");
    labs.done(&["down"]);
    same("down");
}
