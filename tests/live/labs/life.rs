//! From up to down, by the ways that a lab can take.

use super::{Labs, runs};
use crate::lab::root;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn pods_reach_one_another_across_nodes() {
    let labs = Labs::new();
    let said = labs.up(&root().join("examples/flannel-vxlan"), &[]);
    assert!(said.starts_with("lab flannel-vxlan is up in "), "{said}");
    assert!(said.trim_end().ends_with("2 nodes, 2 pods, 1 segment"), "{said}");
    let name = "flannel-vxlan";
    labs.exec(name, "pod/web-0", "ping -c 1 -W 2 10.244.1.2");
    let answer = labs.exec(name, "pod/default/web-0", "curl -s -m 3 http://10.244.1.2");
    assert!(answer.starts_with("default/web-1 10.244.1.2:80 sees 10.244.0.2:"), "{answer}");
    let answer = labs.exec(name, "node/node1", "curl -s -m 3 http://10.96.0.80");
    assert!(answer.starts_with("default/web-"), "{answer}");
    labs.exec(name, "outside", "ping -c 1 -W 2 172.16.16.202");
    // A host has its own name, its own processes and its own files of netc.
    assert_eq!(labs.exec(name, "node/node0", "hostname").trim(), "node0");
    assert_eq!(labs.exec(name, "node/node0", "cat /proc/1/comm").trim(), "netc-host");
    assert_eq!(labs.exec(name, "node/node0", "ls /run/netns").trim(), "pod-default.web-0");
    // It was programmed by the same apply: nothing is left to be done.
    let source = root().join("examples/flannel-vxlan");
    let diff = format!("{} diff {} --node node0", env!("CARGO_BIN_EXE_netc"), source.display());
    labs.exec(name, "node/node0", &diff);
    assert!(labs.done(&["list"]).contains(source.to_str().unwrap()));

    let processes = labs.processes(name);
    assert!(processes.iter().all(|pid| runs(*pid)));
    assert!(labs.done(&["down"]).starts_with("lab flannel-vxlan is down in "));
    assert!(!processes.iter().any(|pid| runs(*pid)));
    assert_eq!(labs.done(&["list"]), "no lab runs\n");
    assert_eq!(labs.memory().read_dir().unwrap().count(), 0);
}

#[test]
fn commands_end_as_they_end() {
    let labs = Labs::new();
    labs.up(&root().join("examples/flannel-vxlan"), &[]);
    let code = |place: &str, line: &str| {
        let run = labs.run(&["exec", place, "--", "sh", "-c", line]);
        run.status.code()
    };
    assert_eq!(code("pod/web-0", "exit 7"), Some(7));
    assert_eq!(code("node/node0", "kill -9 $$"), Some(137));
    assert_eq!(code("node0", "exit 3"), Some(3));
    assert_eq!(code("outside", "true"), Some(0));
    assert_eq!(code("switch", "ip link show segment0"), Some(0));
    // Input goes in.
    let mut cat = labs.netc(&["exec", "pod/web-1", "--", "cat"]);
    let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut cat.stdin.take().unwrap(), b"through").unwrap();
    assert_eq!(cat.wait_with_output().unwrap().stdout, b"through");
}

#[test]
fn two_of_one_cluster_stand_side_by_side() {
    let labs = Labs::new();
    let sources = root().join("examples/flannel-vxlan");
    labs.up(&sources, &["--name", "one"]);
    labs.up(&sources, &["--name", "two"]);
    for lab in ["one", "two"] {
        labs.exec(lab, "pod/web-0", "ping -c 1 -W 2 10.244.1.2");
    }
    let taken = labs.refused(&["up", sources.to_str().unwrap(), "--name", "one"]);
    assert!(taken.contains("a lab `one` runs already"), "{taken}");
    assert!(taken.contains("netc lab down --name one"), "{taken}");
    let which = labs.refused(&["exec", "pod/web-0", "--", "true"]);
    assert!(which.contains("several labs run: `one` and `two`"), "{which}");
    // What is broken in one is whole in the other.
    labs.exec("one", "node/node1", "ip link set eth0 down");
    labs.exec("two", "pod/web-0", "ping -c 1 -W 2 10.244.1.2");
    labs.done(&["down", "--name", "one"]);
    labs.exec("two", "pod/web-0", "ping -c 1 -W 2 10.244.1.2");
    let said = labs.done(&["down", "--all"]);
    assert!(said.starts_with("lab two is down in "), "{said}");
}

#[test]
fn what_is_killed_leaves_nothing() {
    let labs = Labs::new();
    let sources = root().join("examples/flannel-vxlan");
    labs.up(&sources, &[]);
    // Something that was started on a node and left there ends with it.
    let line = "sleep 600 >/dev/null 2>&1 &";
    labs.done(&["exec", "node/node0", "--", "sh", "-c", line]);
    let entry = labs.entry("flannel-vxlan");
    let processes = labs.processes("flannel-vxlan");
    let node = entry["members"][0]["process"]["pid"].as_i64().unwrap();
    let sleeper = child_of(node, "sleep");
    let hub = entry["hub"]["pid"].as_i64().unwrap();
    crate::lab::run(&format!("kill -9 {hub}"));
    let begin = Instant::now();
    while processes.iter().chain(&sleeper).any(|pid| runs(*pid)) {
        assert!(begin.elapsed() < Duration::from_secs(5), "{processes:?} {sleeper:?}");
        sleep(Duration::from_millis(20));
    }
    assert!(sleeper.is_some());
    // Its name is free, and nobody has to clean up.
    assert_eq!(labs.done(&["list"]), "no lab runs\n");
    labs.up(&sources, &[]);
}

/// A child of a process, by its command's name.
fn child_of(parent: i64, name: &str) -> Option<i64> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let mut pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i64>().ok());
    pids.find(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let rest = stat.rsplit(')').next().unwrap_or_default();
        stat.contains(&format!("({name})"))
            && rest.split_whitespace().nth(1) == Some(&parent.to_string())
    })
}

#[test]
fn what_is_interrupted_comes_down() {
    let labs = Labs::new();
    let sources = root().join("examples/flannel-vxlan");
    let mut up = labs.netc(&["up", sources.to_str().unwrap()]);
    let mut up = up.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let folder = labs.memory().join("flannel-vxlan");
    let begin = Instant::now();
    // The log of a host is there as soon as the hub has begun.
    while !folder.join("0-node0.log").exists() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(1));
    }
    up.kill().unwrap();
    up.wait().unwrap();
    let begin = Instant::now();
    while folder.exists() && !folder.join("lab.json").exists() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(10));
    }
    if !folder.exists() {
        assert_eq!(labs.done(&["list"]), "no lab runs\n");
        labs.up(&sources, &[]);
    }
}
