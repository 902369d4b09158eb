//! What cannot be done, and what is said of it.

use super::Labs;
use crate::lab::root;

/// Its keys are nowhere.
const KEYLESS: &str = r#"
cluster broken { pods 10.244.0.0/16; overlay wireguard; pod-network none; proxy none }
node n0 {
    address 172.16.16.10/24 on eth0
    wireguard {
        public-key       "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="
        private-key-file "/nowhere/n0.key"
    }
}
node n1 {
    address 172.16.16.11/24 on eth0
    wireguard {
        public-key       "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
        private-key-file "/nowhere/n1.key"
    }
}
"#;

#[test]
fn a_node_that_fails_takes_the_lab_down() {
    let labs = Labs::new();
    let source = labs.file("cluster.netc", KEYLESS);
    let said = labs.refused(&["up", source.to_str().unwrap(), "--format", "short"]);
    assert!(said.contains("n0 failed") || said.contains("n1 failed"), "{said}");
    assert!(said.contains("error[E0"), "{said}");
    assert_eq!(labs.done(&["list"]), "no lab runs\n");
    assert_eq!(labs.memory().read_dir().unwrap().count(), 0);
}

#[test]
fn what_nodes_cannot_read_is_refused() {
    let labs = Labs::new();
    let said = labs.refused(&["up", "-"]);
    assert!(said.contains("cannot read standard input"), "{said}");
    let said = labs.refused(&["up", "/run/cluster.netc"]);
    assert!(said.contains("each of them has /run for itself"), "{said}");
    let said = labs.refused(&["up", "/nowhere.netc"]);
    assert!(said.contains("/nowhere.netc"), "{said}");
}

#[test]
fn who_is_not_there_is_told() {
    let labs = Labs::new();
    let said = labs.refused(&["down"]);
    assert!(said.contains("no lab runs") && said.contains("netc lab up"), "{said}");
    assert_eq!(labs.done(&["down", "--all"]), "no lab runs\n");
    labs.up(&root().join("examples/flannel-vxlan"), &["--name", "first"]);
    let said = labs.refused(&["down", "--name", "frist"]);
    assert!(said.contains("did you mean `first`?"), "{said}");
    let place = |word: &str| labs.refused(&["exec", word, "--", "true"]);
    for (word, help) in [
        ("pod/wbe-0", "did you mean `pod/web-0`?"),
        ("pod/shop/web-0", "did you mean `pod/default/web-0`?"),
        ("node/node7", "did you mean `node/node"),
        ("nod0", "did you mean `node0`?"),
        ("web-1", "did you mean `pod/default/web-1`?"),
        ("outsied", "did you mean `outside`?"),
        ("service/web", "no process is where a service is"),
        ("container/x", "the lab has no container"),
        ("pod/web-0:80", "names a port"),
        ("router", "has no router"),
    ] {
        let said = place(word);
        assert!(said.contains(help), "{word}: {said}");
    }
    // As shells and env(1) have it for what is not there, and for what is no program.
    for (program, code) in [("no-such-program", 127), ("/etc/passwd", 126)] {
        let run = labs.run(&["exec", "pod/web-0", "--", program]);
        let said = crate::lab::text(&run.stderr);
        assert!(said.contains("E0856") && said.contains(program), "{said}");
        assert_eq!(run.status.code(), Some(code), "{said}");
    }
}

#[test]
fn folders_that_others_may_write_are_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let labs = Labs::new();
    std::fs::create_dir(labs.memory()).unwrap();
    std::fs::set_permissions(labs.memory(), PermissionsExt::from_mode(0o777)).unwrap();
    let source = root().join("examples/flannel-vxlan");
    let said = labs.refused(&["up", source.to_str().unwrap()]);
    assert!(said.contains("others may write there"), "{said}");
    let mut relative = labs.netc(&["list"]);
    let output = relative.env("NETC_LAB_DIR", "labs").output().unwrap();
    assert!(crate::lab::text(&output.stderr).contains("which is no absolute path"));
}
