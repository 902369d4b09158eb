//! Modules of the kernel: to read loads none, what an apply has loaded stays.
//!
//! On a kernel that has everything built in there is little to see. tests/run.sh runs this alone on
//! one that has only just started: other tests load modules too.

use crate::lab::{Lab, run, text};
use std::fs;
use std::path::Path;

const LAB: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan; proxy ipvs }
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.11/24 on eth0 }
pods web replicas 1 on node0 { labels app=web; port http 80 }
service web { ip 10.96.0.80; select app=web; port 80 -> http }
";

/// The names of the modules that are loaded. How many use them is nobody's choice.
fn modules() -> Vec<String> {
    let text = fs::read_to_string("/proc/modules").unwrap_or_default();
    let names = text.lines().filter_map(|line| line.split(' ').next());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

/// Runs netc on the node; what it says, and the code with which it must end.
#[track_caller]
fn netc(lab: &Lab, source: Option<&Path>, words: &[&str], code: i32) -> String {
    let mut netc = lab.netc();
    let (command, more) = words.split_first().unwrap();
    netc.arg(command).args(source).args(more).args(["--netns", "node0"]);
    let output = netc.output().unwrap();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
    said
}

/// Everything that only reads loads nothing.
#[track_caller]
fn read(lab: &Lab, source: &Path, code: i32) {
    let loaded = modules();
    let all: [&[&str]; 3] = [&["plan", "--against", "live"], &["diff"], &["diff", "--drift"]];
    for words in all {
        netc(lab, Some(source), &[words, &["--node", "node0"]].concat(), code);
        assert_eq!(modules(), loaded, "{words:?}");
    }
}

#[test]
fn to_read_loads_none_and_what_an_apply_has_loaded_stays() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let source = lab.source(LAB);
    read(&lab, &source, 2);
    let before = modules();
    netc(&lab, Some(&source), &["apply", "--node", "node0"], 0);
    let loaded = modules();
    assert!(before.iter().all(|name| loaded.contains(name)), "{before:?} {loaded:?}");
    read(&lab, &source, 0);
    assert_eq!(modules(), loaded);
    netc(&lab, None, &["rollback"], 0);
    assert_eq!(modules(), loaded);
    assert!(!run("ip -n node0 link").contains("netc"), "devices are gone");
}
