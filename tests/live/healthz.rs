//! `netc healthz`, asked by a load balancer that nobody of the cluster knows: a real HAProxy in a
//! namespace of its own, which checks every node's health port and sends connections to those that say 200.

use crate::lab::{Answer, Lab, run, serve, text};
use crate::program::{Program, until};
use std::path::Path;
use std::process::Command;

/// The cluster; its pods are the rest.
const CLUSTER: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay host-gw }
node node0 { address 192.168.0.10/24 on eth0; pods 10.244.0.0/24 }
node node1 { address 192.168.0.11/24 on eth0; pods 10.244.1.0/24 }
service web {
    select app=web
    type load-balancer
    load-balancer-ip 203.0.113.9
    port 80 -> 8080 node-port 30080
    external-traffic local
    health-check-node-port 30100
}
";

const HAPROXY: &str = "\
defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    timeout check 5s
frontend in
    bind 192.168.0.100:80
    default_backend nodes
backend nodes
    option httpchk GET /whatever
    http-check expect status 200
    default-server inter 300ms fall 1 rise 1
    server node0 192.168.0.10:30080 check port 30100
    server node1 192.168.0.11:30080 check port 30100
";

fn healthz(lab: &Lab, source: &Path, node: &str, more: &[&str]) -> Command {
    let mut command = lab.netc();
    command.arg("healthz").arg(source).args(["--node", node, "--netns", node]).args(more);
    command
}

/// What a health port answers, with its head.
fn health(address: &str) -> String {
    run(&format!("ip netns exec lb curl -si http://{address}/any/path")).replace('\r', "")
}

/// Waits until connections by the balancer are answered so, many in a row: at its start it takes
/// every node for sound.
fn settles(wanted: &Answer) {
    let mut row = 0;
    until(&format!("connections are answered by {wanted:?}"), || {
        let answer = crate::lab::ask("client", "192.168.0.100:80");
        row = if answer.is_ok_and(|answer| answer == *wanted) { row + 1 } else { 0 };
        row == 20
    });
}

fn site() -> Lab {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    lab.machine("node1", "eth0", &["192.168.0.11/24"]);
    lab.machine("lb", "eth0", &["192.168.0.100/24"]);
    lab.machine("client", "eth0", &["192.168.0.50/24"]);
    lab
}

#[test]
fn a_balancer_follows_the_endpoints() {
    let lab = site();
    let on = |node: &str| {
        let pod = format!("pod web on {node} {{ labels app=web; port 8080 }}\n");
        lab.source(&format!("{CLUSTER}{pod}"))
    };
    let source = on("node0");
    lab.applied(&source, "node0", &[]);
    lab.applied(&source, "node1", &[]);
    serve("pod-default.web", "0.0.0.0:8080");
    let nodes =
        ["node0", "node1"].map(|node| Program::start(&mut healthz(&lab, &source, node, &[])));
    assert_eq!(nodes[0].says("30100"), "30100  default/web  1                   200");
    assert_eq!(nodes[1].says("30100"), "30100  default/web  0                   503");
    let told = health("192.168.0.10:30100");
    for line in [
        "HTTP/1.1 200 OK\n",
        "Content-Type: application/json\n",
        "X-Content-Type-Options: nosniff\n",
        "X-Load-Balancing-Endpoint-Weight: 1\n",
        "{\"service\":{\"namespace\":\"default\",\"name\":\"web\"},\"localEndpoints\":1,\"serviceProxyHealthy\":true}",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let told = health("192.168.0.11:30100");
    assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("\"localEndpoints\":0"), "{told}");

    let config = lab.file("haproxy.cfg", HAPROXY);
    let mut command = Command::new("ip");
    command.args(["netns", "exec", "lb", "haproxy", "-db", "-f"]).arg(config);
    let _balancer = Program::start(&mut command);
    // The node without endpoints is not asked: what it gets, it drops. The pod sees the balancer itself,
    // which is the node's client: nothing is masqueraded.
    let seen = |server: &str| Answer {
        server: server.to_owned(),
        client: "192.168.0.100".parse().unwrap(),
    };
    settles(&seen("pod-default.web"));
    // Who asks the node itself is seen so too.
    let direct = crate::lab::ask("client", "192.168.0.10:30080").unwrap();
    assert_eq!(direct.client.to_string(), "192.168.0.50");
    assert!(crate::lab::ask("client", "192.168.0.11:30080").is_err());

    // The endpoint goes to the other node, and the balancer after it.
    let moved =
        lab.source(&format!("{CLUSTER}pod other on node1 {{ labels app=web; port 8080 }}\n"));
    lab.applied(&moved, "node0", &[]);
    lab.applied(&moved, "node1", &[]);
    serve("pod-default.other", "0.0.0.0:8080");
    nodes.iter().for_each(|node| node.signal("HUP"));
    nodes[0].says("default/web at 30100: 0 endpoints, was 1, answer 503");
    nodes[1].says("default/web at 30100: 1 endpoint, was 0, answer 200");
    assert!(health("192.168.0.10:30100").starts_with("HTTP/1.1 503 "));
    settles(&seen("pod-default.other"));
}

#[test]
fn a_responder_keeps_on_and_ends_when_it_is_told() {
    let lab = site();
    let pod = "pod web on node0 { labels app=web; port 8080 }\n";
    let source = lab.source(&format!("{CLUSTER}{pod}"));
    let mut node = Program::start(&mut healthz(&lab, &source, "node0", &["--proxy-port", "10256"]));
    node.says("30100");
    let told = health("192.168.0.10:10256");
    assert!(told.starts_with("HTTP/1.1 404 "), "{told}");
    let told = run("ip netns exec lb curl -s http://192.168.0.10:10256/healthz");
    assert!(told.contains("\"nodeEligible\":true"), "{told}");

    // Somebody has the port already.
    let output = healthz(&lab, &source, "node0", &["--format", "short"]).output().unwrap();
    let fault = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(fault.contains("error[E0383]: cannot answer for service default/web at "), "{fault}");

    // Broken sources leave what was, and a node that has gone too.
    lab.source("cluster lab {");
    node.signal("HUP");
    node.says("the sources are broken: answering as before");
    assert!(health("192.168.0.10:30100").starts_with("HTTP/1.1 200 "));
    lab.source(
        "cluster lab { pods 10.244.0.0/16 }\nnode other { address 192.168.0.12/24 on eth0 }\n",
    );
    node.signal("HUP");
    node.says("the node is gone from the sources: answering as before");
    // A service that has gone is answered no longer, one of another port anew; only where node ports are.
    let other = CLUSTER.replace("overlay host-gw", "overlay host-gw; proxy nftables");
    lab.source(&format!("{}{pod}", other.replace("port 30100", "port 30101")));
    node.signal("HUP");
    node.says("default/web at 30100: no longer answered");
    assert!(health("192.168.0.10:30101").starts_with("HTTP/1.1 200 "));
    for address in ["192.168.0.10:30100", "127.0.0.1:30101"] {
        let asked = format!("netns exec node0 curl -s http://{address}/");
        let output = Command::new("ip").args(asked.split(' ')).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{address}: {}", text(&output.stdout));
    }
    node.signal("TERM");
    assert!(node.ended().success());
}

#[test]
fn what_would_be_answered_is_shown() {
    let lab = Lab::enter();
    let source =
        lab.source(&format!("{CLUSTER}pod web on node1 {{ labels app=web; port 8080 }}\n"));
    let output =
        lab.netc().arg("healthz").arg(&source).args(["--node", "node1", "--once"]).output();
    let output = output.unwrap();
    let shown = "port   service      endpoints on node1  answer\n30100  default/web  1                   200\n";
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), (shown, Some(0)));
    let plain = CLUSTER.split("service web").next().unwrap();
    let source = lab.source(plain);
    let output =
        lab.netc().arg("healthz").arg(&source).args(["--node", "node1", "--once"]).output();
    let note = text(&output.unwrap().stderr);
    assert!(note.contains("no service has a health check on node1"), "{note}");
}
