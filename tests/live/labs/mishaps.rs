//! What is broken on purpose, what it does, and that it is healed.

use super::Labs;
use crate::lab::root;
use crate::program::until;
use std::fs;

const NAME: &str = "flannel-vxlan";

/// A lab of an example.
fn lab() -> Labs {
    let labs = Labs::new();
    labs.up(&root().join("examples/flannel-vxlan"), &[]);
    labs
}

/// Whether one pings another: the address of node1's pod from node0's, unless said otherwise.
fn pings(labs: &Labs, place: &str, address: &str) -> bool {
    let line = ["exec", place, "--", "ping", "-c", "2", "-i", "0.2", "-W", "1", address];
    labs.run(&line).status.success()
}

fn pods_meet(labs: &Labs) -> bool {
    pings(labs, "pod/web-0", "10.244.1.2")
}

/// The states of all processes that see the mounts of a node.
fn states(labs: &Labs, node: &str) -> Vec<char> {
    let entry = labs.entry(NAME);
    let mut members = entry["members"].as_array().unwrap().iter();
    let member = members.find(|member| member["name"] == node).unwrap();
    let mounts = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/mnt")).ok();
    let own = mounts(&member["process"]["pid"].to_string());
    let all = fs::read_dir("/proc").unwrap().map(|found| found.unwrap().file_name());
    let all = all.filter_map(|name| name.into_string().ok());
    let of_node = all.filter(|pid| pid.parse::<u32>().is_ok() && mounts(pid) == own);
    let stats = of_node.filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok());
    stats.filter_map(|stat| stat.rsplit(')').next()?.trim().chars().next()).collect()
}

#[test]
fn links_of_nodes_and_pods_are_cut_and_healed() {
    let labs = lab();
    assert!(pods_meet(&labs));
    assert_eq!(labs.done(&["break", "node1", "--link"]), "node1: link cut\n");
    assert!(!pods_meet(&labs));
    let link = labs.exec(NAME, "node/node1", "ip link show eth0");
    assert!(link.contains("NO-CARRIER"), "{link}");
    let status = labs.done(&["status"]);
    assert!(status.contains("  broken   node1: link cut\n"), "{status}");
    assert_eq!(labs.done(&["heal"]), "node1: healed (link cut)\n");
    assert!(pods_meet(&labs));
    assert_eq!(labs.done(&["heal"]), "");

    assert_eq!(labs.done(&["break", "pod/web-1", "--link"]), "pod/default/web-1: link cut\n");
    assert!(!pods_meet(&labs) && !pings(&labs, "node/node1", "10.244.1.2"));
    assert!(pings(&labs, "node/node0", "172.16.16.203"));
    let status = labs.done(&["status", "node/node1"]);
    assert!(status.contains("default/web-1  node1  link cut  10.244.1.2"), "{status}");
    labs.done(&["heal", "pod/web-1"]);
    assert!(pods_meet(&labs));
    // Nothing is left of it on the node: an apply would have nothing to do.
    let tables = labs.exec(NAME, "node/node1", "nft list tables");
    assert!(!tables.contains("netc-lab"), "{tables}");
}

#[test]
fn what_is_between_two_nodes_is_cut_alone() {
    let labs = lab();
    let said = labs.done(&["break", "link", "node1", "node/node0"]);
    assert_eq!(said, "link node0 node1: cut\n");
    assert!(!pings(&labs, "node/node0", "172.16.16.203"));
    assert!(pings(&labs, "outside", "172.16.16.203") && pings(&labs, "outside", "172.16.16.202"));
    // A node is healed with what is cut between it and others.
    assert_eq!(labs.done(&["heal", "node1"]), "link node0 node1: healed (cut)\n");
    assert!(pods_meet(&labs));
}

#[test]
fn links_lose_packets_and_are_slow() {
    let labs = lab();
    let said = labs.done(&["break", "node0", "node1", "--loss", "30%", "--rate", "2mbit"]);
    assert_eq!(said, "node0: link loss 30%, rate 2mbit\nnode1: link loss 30%, rate 2mbit\n");
    let queue = labs.exec(NAME, "node/node0", "tc qdisc show dev eth0");
    assert!(queue.contains("tbf") && queue.contains("rate 2Mbit"), "{queue}");
    let lost = labs.run(&[
        "exec",
        "outside",
        "--",
        "ping",
        "-c",
        "60",
        "-i",
        "0.01",
        "-W",
        "1",
        "172.16.16.202",
    ]);
    let lost = crate::lab::text(&lost.stdout);
    let share = lost.split("% packet loss").next().and_then(|text| text.rsplit(' ').next());
    // Half of them, as either way loses a third: few runs in a million are beyond this.
    let share: f64 = share.unwrap().parse().unwrap();
    assert!((15.0..90.0).contains(&share), "{lost}");
    labs.done(&["heal", "node0", "node1"]);
    let queue = labs.exec(NAME, "node/node0", "tc qdisc show dev eth0");
    assert!(queue.contains("noqueue"), "{queue}");
    assert!(pods_meet(&labs));
}

/// Delays want netem: on a kernel without it that is said, and nothing is broken.
#[test]
fn packets_come_later_where_the_kernel_has_netem() {
    let labs = lab();
    let output = labs.run(&["break", "node1", "--delay", "40ms", "--loss", "1%"]);
    let said = crate::lab::text(&output.stderr);
    if output.status.success() {
        println!("this kernel has netem");
        let pinged = labs.exec(NAME, "outside", "ping -c 5 -i 0.2 172.16.16.203");
        // Each way takes so much longer.
        let least = pinged.split("min/avg/max/mdev = ").nth(1).unwrap().split('/').next().unwrap();
        assert!(least.parse::<f64>().unwrap() >= 80.0, "{pinged}");
    } else {
        println!("this kernel has no netem");
        assert!(said.contains("E0860") && said.contains("sch_netem"), "{said}");
        assert!(!labs.done(&["status"]).contains("broken"));
        let tables = labs.exec(NAME, "node/node1", "nft list tables");
        assert!(!tables.contains("netc-lab"), "{tables}");
    }
    labs.done(&["heal"]);
    assert!(pods_meet(&labs));
}

#[test]
fn a_node_that_is_down_stands_still() {
    let labs = lab();
    assert!(states(&labs, "node1").iter().all(|state| *state != 'T'));
    assert_eq!(labs.done(&["break", "node1", "--down"]), "node1: down\n");
    // A process that runs stops when it comes to its signal.
    until("node1 stands still", || states(&labs, "node1").iter().all(|state| *state == 'T'));
    assert!(!states(&labs, "node1").is_empty());
    assert!(states(&labs, "node0").iter().all(|state| *state != 'T'));
    assert!(!pings(&labs, "outside", "172.16.16.203"));
    // A second time nothing changes.
    assert_eq!(labs.done(&["break", "node1", "--down"]), "node1: down\n");
    assert_eq!(labs.done(&["heal", "node1"]), "node1: healed (down)\n");
    assert!(pods_meet(&labs));
    let answer = labs.exec(NAME, "pod/web-0", "curl -s -m 3 http://10.244.1.2");
    assert!(answer.starts_with("default/web-1 "), "{answer}");
    // It ends with the others even while it stands still.
    labs.done(&["break", "node1", "--down"]);
    labs.done(&["down"]);
    assert!(states_of_nobody(&labs));
}

fn states_of_nobody(labs: &Labs) -> bool {
    labs.memory().read_dir().unwrap().count() == 0
}

#[test]
fn what_cannot_be_broken_is_told() {
    let labs = lab();
    let cases: [(&[&str], &str); 10] = [
        (&["break", "nod1", "--link"], "did you mean `node1`?"),
        (&["break", "web-1", "--link"], "did you mean `pod/default/web-1`?"),
        (&["break", "node1"], "it does not say how it is to be broken"),
        (&["break", "pod/web-1", "--down"], "`--down` is for nodes"),
        (&["break", "link", "node0", "node0"], "no link between `node0` and itself"),
        (&["break", "link", "node0", "node1", "--loss", "5%"], "can be cut, and nothing else"),
        (&["break", "node1", "--link", "--device", "eth9"], "no link on a device `eth9`"),
        (&["break", "node1", "--loss", "100%"], "`--link` cuts it"),
        (&["break", "service/web", "--link"], "no thing that breaks"),
        (&["heal", "pod/web-9"], "did you mean `web-0`?"),
    ];
    for (arguments, expected) in cases {
        let said = labs.refused(arguments);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let status = labs.done(&["status", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["broken"], serde_json::json!([]));
    assert_eq!(status["hosts"][0]["state"], "up");
    assert!(status["hosts"][0]["traffic"]["in"]["packets"].is_u64());
}
