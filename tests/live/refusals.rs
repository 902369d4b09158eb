//! What netc refuses to do to a node, and how it says so.

use crate::lab::{Lab, rules, run, text};

const LAB: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay static }
node node0 { address 192.168.0.10 on eth0 }
node node1 { address 192.168.7.11 on eth0 }
";

/// A refused apply: its exit code and what it said.
fn refused(lab: &Lab, source: &str, node: &str) -> (Option<i32>, String) {
    let output = lab.apply(&lab.source(source), node, &["--format", "short"]);
    assert_eq!(text(&output.stdout), "");
    (output.status.code(), text(&output.stderr))
}

#[test]
fn the_kernel_s_own_words_come_with_the_statement() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    // node1 is behind a router: it cannot be a gateway.
    let (code, said) = refused(&lab, LAB, "node0");
    assert_eq!(code, Some(3));
    let expected = "cluster.netc:3:1: error[E0601]: the kernel refused `ip route replace 10.244.1.0/24 via \
                    192.168.7.11 dev eth0 proto 110`: ENETUNREACH (Network is unreachable): Nexthop has invalid gateway";
    assert!(said.contains(expected), "{said}");
    assert!(said.contains("here: asked for here"), "{said}");
}

#[test]
fn the_wrong_node_is_noticed_before_anything_is_done() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.77/24"]);
    lab.machine("node1", "ens33", &["192.168.7.11/24"]);
    let (code, said) = refused(&lab, LAB, "node0");
    assert_eq!(code, Some(1));
    assert!(
        said.contains("error[E0603]: device eth0 of this node has no address 192.168.0.10"),
        "{said}"
    );
    let (_, said) = refused(&lab, LAB, "node1");
    assert!(said.contains("error[E0603]: this node has no device eth0"), "{said}");
    assert!(rules("node0", "iptables-save").is_empty());
    let output = lab.apply(&lab.source(LAB), "node2", &[]);
    assert!(text(&output.stderr).contains("there is no network namespace node2"));
}

#[test]
fn what_somebody_else_made_is_not_taken_over() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    run("ip -n node0 link add cni0 type bridge");
    run("ip -n node0 route add 10.244.1.0/24 via 192.168.0.1 proto static");
    let source = LAB.replace("192.168.7.11", "192.168.0.11");
    let (code, said) = refused(&lab, &source, "node0");
    assert_eq!(code, Some(1));
    assert!(
        said.contains("error[E0605]: device cni0 is there already, and is not netc's"),
        "{said}"
    );
    assert!(said.contains("error[E0605]: route 10.244.1.0/24 is there already"), "{said}");
    assert!(run("ip -n node0 route").contains("10.244.1.0/24 via 192.168.0.1"));
    assert!(rules("node0", "iptables-save").is_empty());
}

#[test]
fn the_node_is_found_by_its_address() {
    let lab = Lab::enter();
    lab.machine("elsewhere", "eth0", &["192.168.0.10/24"]);
    let source = lab.source(&LAB.replace("192.168.7.11", "192.168.0.11"));
    let run_in = |netns: &str| {
        lab.netc().arg("apply").arg(&source).args(["--netns", netns]).output().unwrap()
    };
    let output = run_in("elsewhere");
    assert!(text(&output.stdout).starts_with("node0 is as planned: "), "{}", text(&output.stderr));
    lab.machine("stranger", "eth0", &["192.168.0.200/24"]);
    let output = run_in("stranger");
    assert!(text(&output.stderr).contains("say it with `--node NAME`"), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
}
