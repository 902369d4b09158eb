//! Sources that change while a lab runs: its servers follow every apply, however it was done.

use super::Labs;
use crate::lab::text;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

const HEAD: &str = "
cluster shop {
    pods     10.244.0.0/16 per-node /24
    services 10.96.0.0/16
    overlay  vxlan
    proxy    iptables
}
node node0 { address 172.16.16.202/24 on eth0 }
node node1 { address 172.16.16.203/24 on eth0 }
pod shop/client on node0 { labels app=client }
service shop/web { select app=web; ip 10.96.0.80; port 80 -> http }
service shop/dns { select app=dns; ip 10.96.0.53; port 53/udp -> dns }
assert pod shop/client reaches service shop/web
";

/// A pod of the service.
fn web(name: &str, node: &str, port: u16) -> String {
    format!("pod shop/{name} on {node} {{ labels app=web; port http {port} }}\n")
}

/// The sources with some pods.
fn write(labs: &Labs, pods: &[String]) -> PathBuf {
    labs.file("cluster.netc", &format!("{HEAD}{}", pods.concat()))
}

/// A lab with one pod on each node.
fn up() -> (Labs, PathBuf) {
    let labs = Labs::new();
    let source = write(&labs, &[web("a", "node0", 8080), web("b", "node1", 8080)]);
    labs.up(&source, &[]);
    (labs, source)
}

/// Who answers for the service, all of whom must.
fn answers(labs: &Labs) -> Vec<String> {
    let told = labs.done(&[
        "curl",
        "pod/shop/client",
        "service/shop/web",
        "--count",
        "60",
        "--format",
        "json",
    ]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let all = told["answers"].as_array().unwrap().iter();
    all.map(|one| one["by"].as_str().unwrap().to_owned()).collect()
}

/// `netc apply` on a node, as somebody does it there.
fn apply_on(labs: &Labs, node: &str, source: &Path) {
    let line = format!("{} apply {} --node {node}", env!("CARGO_BIN_EXE_netc"), source.display());
    labs.exec("shop", &format!("node/{node}"), &line);
}

#[test]
fn endpoints_are_added_and_moved() {
    let (labs, _) = up();
    assert_eq!(answers(&labs), ["shop/a", "shop/b"]);
    let dns = "pod shop/dns-0 on node0 { labels app=dns; port dns 53/udp }\n".to_owned();
    write(&labs, &[web("a", "node0", 8080), web("b", "node1", 8080), web("c", "node1", 8080), dns]);
    let said = labs.done(&["apply"]);
    assert!(said.contains("lab shop is as its sources say, in "), "{said}");
    assert!(said.trim_end().ends_with("2 nodes, 5 pods"), "{said}");
    assert_eq!(answers(&labs), ["shop/a", "shop/b", "shop/c"]);
    assert!(labs.done(&["curl", "pod/client", "service/dns", "--udp"]).starts_with("shop/dns-0 "));
    labs.done(&["test"]);

    // One moves, and another one is no more.
    write(&labs, &[web("b", "node0", 8080), web("c", "node1", 8080)]);
    labs.done(&["apply"]);
    assert_eq!(answers(&labs), ["shop/b", "shop/c"]);
    assert!(!labs.exec("shop", "node/node1", "ip netns list").contains("shop.b"));
    let on = labs.exec("shop", "pod/shop/b", "ip -4 -o addr show dev eth0");
    assert!(on.contains("10.244.0."), "{on}");
    labs.done(&["test"]);

    // A second time there is nothing to be done.
    let said = labs.done(&["apply", "--format", "json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["nodes"][1]["changes"], serde_json::json!([]));
}

#[test]
fn servers_follow_an_apply_on_a_node() {
    let (labs, source) = up();
    // A new pod, and another port.
    write(&labs, &[web("a", "node0", 8080), web("b", "node1", 9090), web("c", "node1", 8080)]);
    apply_on(&labs, "node1", &source);
    apply_on(&labs, "node0", &source);
    assert_eq!(answers(&labs), ["shop/a", "shop/b", "shop/c"]);
    labs.exec("shop", "pod/shop/c", "true");
    assert!(labs.done(&["list"]).contains("  4 "), "{}", labs.done(&["list"]));
    // One that is gone, its server with it, and is made anew.
    let veths = || labs.exec("shop", "node/node1", "ip -o link show type veth").lines().count();
    let pod = labs.exec("shop", "node/node1", "ip netns list");
    let pod = pod.lines().find(|line| line.contains("shop.c")).unwrap();
    let pod = pod.split_whitespace().next().unwrap();
    let before = veths();
    labs.exec("shop", "node/node1", &format!("ip netns del {pod}"));
    let begin = Instant::now();
    while veths() == before {
        assert!(begin.elapsed() < Duration::from_secs(10), "its server keeps it");
        sleep(Duration::from_millis(20));
    }
    apply_on(&labs, "node1", &source);
    assert!(labs.done(&["curl", "pod/client", "pod/shop/c:8080"]).starts_with("shop/c "));
    labs.done(&["test"]);
    // What netc takes back follows, too.
    let rollback = format!("{} rollback", env!("CARGO_BIN_EXE_netc"));
    labs.exec("shop", "node/node1", &rollback);
    assert_eq!(labs.run(&["test"]).status.code(), Some(1));
    apply_on(&labs, "node1", &source);
    labs.done(&["test"]);
}

#[test]
fn the_outside_is_what_the_sources_name() {
    let (labs, _) = up();
    let outside = "service shop/db { ip 10.96.0.99; port 5432; endpoint 192.168.50.7:5432 }\n\
                   assert outside 198.51.100.7 cannot-reach 10.96.0.77:80\n";
    write(&labs, &[web("a", "node0", 8080), outside.to_owned()]);
    labs.done(&["apply"]);
    assert!(
        labs.done(&["curl", "pod/client", "service/db"]).starts_with("outside 192.168.50.7:5432")
    );
    let addresses = labs.exec("shop", "outside", "ip -o addr show");
    assert!(addresses.contains(" 198.51.100.7/32"), "{addresses}");
    labs.done(&["test"]);
    write(&labs, &[web("a", "node0", 8080)]);
    labs.done(&["apply"]);
    let addresses = labs.exec("shop", "outside", "ip -o addr show");
    assert!(
        !addresses.contains("192.168.50.7") && !addresses.contains("198.51.100.7"),
        "{addresses}"
    );
    labs.done(&["test"]);
}

#[test]
fn machines_stay_the_same() {
    let (labs, source) = up();
    let said = labs.refused(&["up", source.to_str().unwrap()]);
    assert!(said.contains("`netc lab apply --name shop` brings changed sources to it"), "{said}");
    write(
        &labs,
        &[web("a", "node0", 8080), "node node2 { address 172.16.16.204/24 on eth0 }\n".into()],
    );
    let said = labs.refused(&["apply", "--format", "short"]);
    assert!(said.contains("E0858") && said.contains("node `node2` is new"), "{said}");
    // Nothing has been touched.
    let status = labs.done(&["status"]);
    assert!(!status.contains("node2"), "{status}");
    write(&labs, &["pod shop/a on node9 { }\n".into()]);
    assert!(labs.refused(&["apply"]).contains("node9"));
}

#[test]
fn who_is_down_is_left_as_it_is() {
    let (labs, _) = up();
    labs.done(&["break", "node1", "--down"]);
    write(&labs, &[web("a", "node0", 8080), web("c", "node0", 8080)]);
    let said = labs.done(&["apply"]);
    assert!(said.contains("node1 is left as it is: it is down"), "{said}");
    assert_eq!(answers(&labs), ["shop/a", "shop/c"]);
    labs.done(&["heal"]);
    assert!(labs.exec("shop", "node/node1", "ip netns list").contains("shop.b"));
    labs.done(&["apply"]);
    assert!(!labs.exec("shop", "node/node1", "ip netns list").contains("shop.b"));
    labs.done(&["test"]);
}

#[test]
fn a_node_that_refuses_is_told_with_why() {
    let (labs, _) = up();
    // Somebody else's bridge is in the way.
    labs.exec("shop", "node/node1", "ip link del cni0");
    labs.exec("shop", "node/node1", "ip link add cni0 type bridge");
    let output = labs.run(&["apply"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success(), "{out}{err}");
    assert!(out.contains("node1 could not be programmed"), "{out}{err}");
    assert!(err.contains("cni0"), "{err}");
    assert!(!out.contains("is as its sources say"), "{out}");
}
