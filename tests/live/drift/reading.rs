//! Reading changes nothing: not the node, not the modules, not what is remembered.

use super::{Node, dump};
use crate::lab::{Lab, text};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// All files of a folder, with what they hold and when they were written.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut all = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return all };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let written = entry.metadata().unwrap().modified().unwrap();
            all.insert(path.display().to_string(), (fs::read(&path).unwrap(), written));
        }
    }
    all
}

/// The names of the modules that are loaded. How many use them is nobody's choice.
fn modules() -> Vec<String> {
    let text = fs::read_to_string("/proc/modules").unwrap_or_default();
    let mut names: Vec<String> =
        text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    names
}

/// Everything that only reads, with its exit code.
fn read(node: &Node, expected: i32) {
    let all: [(&[&str], i32); 6] = [
        (&["plan"], 0),
        (&["plan", "--against", "live", "--netns", "node0"], expected),
        (&["diff", "--netns", "node0"], expected),
        (&["diff", "--netns", "node0", "--format", "json"], expected),
        (&["diff", "--drift", "--netns", "node0"], expected),
        (&["diff", "--drift", "--netns", "node0", "--format", "json"], expected),
    ];
    for (command, code) in all {
        let output = node.netc(command);
        let said = format!("{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{said}");
    }
}

fn is_untouched(node: &Node, expected: i32) {
    let state = |lab: &Lab| (modules(), dump(), files(&lab.memory()), lab.memory().exists());
    let before = state(&node.lab);
    read(node, expected);
    assert_eq!(state(&node.lab), before);
}

#[test]
fn reading_changes_nothing() {
    let node = Node::new();
    // Nothing is there yet, not even a folder.
    is_untouched(&node, 2);
    assert!(!node.lab.memory().exists());
    assert!(node.apply().status.success());
    is_untouched(&node, 0);
    node.shell("$n link set cni0 mtu 1300; $n route del 10.244.1.0/24; $x iptables -t nat -F");
    is_untouched(&node, 2);
}

#[test]
fn findings_are_for_machines_too() {
    let node = Node::new();
    assert!(node.apply().status.success());
    node.shell("$n route del 10.244.1.0/24");
    let (code, said) = node.drift(&["--format", "json"]);
    assert_eq!(code, Some(2));
    let value: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!((&value["node"], &value["drifted"]), (&"node0".into(), &true.into()));
    let finding = &value["findings"][0];
    assert_eq!(finding["object"], "route 10.244.1.0/24");
    assert_eq!(finding["kind"], "missing");
    assert_eq!(finding["key"]["kind"], "route");
    assert_eq!(finding["origin"]["line"], 7);
    assert!(finding["cause"].as_str().unwrap().contains("ManageForeignRoutes"));
    assert!(node.apply().status.success());
    let (code, said) = node.drift(&["--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &value["drifted"]), (Some(0), &false.into()));
}
