//! A session from end to end: two labs side by side, one of several segments, asked, broken and healed.

use super::Labs;
use crate::lab::{root, text};

#[test]
fn a_lab_is_brought_up_asked_broken_healed_and_ended() {
    let labs = Labs::new();
    let said = labs.up(&root().join("examples/two-segments"), &[]);
    assert!(said.contains("3 nodes, 3 pods") && said.contains("a router"), "{said}");
    labs.up(&root().join("examples/flannel-vxlan"), &["--name", "other"]);
    let lab = |command: &str, more: &[&str]| {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.extend(["--name", "two-segments"]);
        arguments.extend(more);
        labs.run(&arguments)
    };
    let done = |command: &str, more: &[&str]| {
        let output = lab(command, more);
        let printed = text(&output.stdout);
        assert!(output.status.success(), "{command}: {printed}{}", text(&output.stderr));
        printed
    };
    let answer = done("curl pod/shop/web-0 pod/shop/web-2", &[]);
    assert!(answer.starts_with("shop/web-2 10.244.2.2:8080 sees 10.244.0.2:"), "{answer}");
    let answer = done("curl outside/203.0.113.9 node/node2:30080", &[]);
    assert!(answer.starts_with("shop/web-"), "{answer}");
    done("test", &[]);

    // Between the rooms there is the router alone.
    done("break router --link", &["--device", "eth1"]);
    assert_eq!(lab("curl pod/shop/web-0 pod/shop/web-2", &[]).status.code(), Some(4));
    let status = done("status", &["--pods"]);
    assert!(status.contains("router: eth1 cut"), "{status}");
    done("curl pod/shop/web-0 pod/shop/web-1", &[]);
    // The other lab has its own.
    assert!(!labs.done(&["status", "--name", "other"]).contains("cut"));
    done("heal", &[]);

    // Two nodes of different segments are parted at the router.
    done("break link node0 node2", &[]);
    let ping = ["--", "ping", "-c", "1", "-W", "1", "192.168.20.11"];
    assert!(!lab("exec node/node0", &ping).status.success());
    assert!(lab("exec node/node1", &ping).status.success());
    done("heal", &[]);
    done("test", &[]);
    labs.done(&["down", "--all"]);
    assert_eq!(labs.done(&["list"]), "no lab runs\n");
}
