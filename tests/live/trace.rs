//! `netc trace --live`: what was applied is walked as what is compiled; what somebody broke since is
//! named.

use crate::lab::{Lab, run, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

const LAB: &str = "\
cluster lab {
    pods     10.244.0.0/16
    services 10.96.0.0/16
    overlay  host-gw
    proxy    PROXY
}
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.11/24 on eth0 }
pod client on node0
pod near on node0 { labels app=near web=yes; port 80 }
pod far on node1 { labels app=far web=yes; port 80 }
service near { select app=near; ip 10.96.0.80; port 80 }
service web { select web=yes; ip 10.96.0.81; port 80 }
service later { select app=later; ip 10.96.0.82; port 80 }
";

/// A node that is as planned.
fn node(proxy: &str) -> (Lab, PathBuf) {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    run("ip -n node0 route add default via 192.168.0.1 dev eth0");
    let source = lab.source(&LAB.replace("PROXY", proxy));
    lab.applied(&source, "node0", &[]);
    (lab, source)
}

/// What `netc trace` answers, and its exit code.
fn asked(lab: &Lab, source: &Path, question: &str, more: &[&str]) -> (Option<i32>, Value) {
    let words = question.split(' ');
    let mut netc = lab.netc();
    netc.arg("trace").args(words).arg(source).args(more).args(["--format", "json"]);
    let output = netc.output().unwrap();
    let value = serde_json::from_slice(&output.stdout);
    let value = value.unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    (output.status.code(), value)
}

const LIVE: &[&str] = &["--live", "--node", "node0", "--netns", "node0"];

/// What is to be the same of an answer: all but how routes are written that are taken for granted.
fn gist(answer: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for way in answer["traces"][0]["ways"].as_array().unwrap() {
        all.push(serde_json::json!([way["share"], way["server"], way["seen"]]));
        for step in ["packet", "answer"].iter().flat_map(|part| way[part].as_array().unwrap()) {
            let mut step = step.as_object().unwrap().clone();
            // By which gateway the node reaches the outside is not stated.
            let open: &[&str] = match step["event"].as_str() {
                Some("routed") => &["line", "gateway", "statement"],
                Some("wire") => &["to"],
                _ => &[],
            };
            step.retain(|key, _| !open.contains(&key.as_str()));
            all.push(Value::Object(step));
        }
    }
    all
}

fn is_walked_as_compiled(proxy: &str) {
    let (lab, source) = node(proxy);
    for question in [
        "pod/client service/near",
        "pod/near service/near",
        "pod/client service/web",
        "pod/client service/later",
        "pod/client pod/far",
        "node/node0 service/web",
        "pod/client outside/203.0.113.9",
    ] {
        let (code, compiled) = asked(&lab, &source, question, &[]);
        let (live_code, live) = asked(&lab, &source, question, LIVE);
        assert_eq!(live_code, code, "{question}: {live:#}");
        assert_eq!(live["traces"][0]["live"], "node0");
        let (live, compiled) = (gist(&live), gist(&compiled));
        for (live, compiled) in live.iter().zip(&compiled) {
            assert_eq!(live, compiled, "{question}");
        }
        assert_eq!(live.len(), compiled.len(), "{question}");
    }
}

#[test]
fn a_node_is_walked_as_compiled_by_iptables() {
    is_walked_as_compiled("iptables");
}

#[test]
fn a_node_is_walked_as_compiled_by_nftables() {
    is_walked_as_compiled("nftables");
}

/// Somebody breaks something: the question is no longer answered, and the cause is this one.
fn is_named(breaks: &str, question: &str, cause: &str) {
    let (lab, source) = node("iptables");
    let (code, answer) = asked(&lab, &source, question, LIVE);
    assert_eq!(code, Some(0), "{answer:#}");
    run(&breaks.replace("PORT", &port()));
    let (code, answer) = asked(&lab, &source, question, LIVE);
    assert_eq!(code, Some(4), "{answer:#}");
    let ways = answer["traces"][0]["ways"].as_array().unwrap();
    let said = ways.iter().filter_map(|way| way["failure"]["headline"].as_str());
    let said: Vec<&str> = said.collect();
    assert!(said.iter().any(|said| said.contains(cause)), "{said:?}");
}

/// The port of the bridge that the pod `near` is at.
fn port() -> String {
    let all = run("ip -n node0 -o link show type veth");
    let number = run("ip -n pod-default.near -o link show dev eth0");
    let (_, number) = number.split_once("@if").unwrap();
    let (number, _) = number.split_once(':').unwrap();
    let line = all.lines().find(|line| line.starts_with(&format!("{number}:"))).unwrap();
    line.split([' ', '@']).nth(1).unwrap().to_owned()
}

#[test]
fn a_node_that_does_not_forward_is_named() {
    let breaks = "ip netns exec node0 sysctl -qw net.ipv4.ip_forward=0";
    is_named(breaks, "pod/client pod/far", "does not forward: net.ipv4.ip_forward is 0");
}

#[test]
fn hairpin_that_is_off_is_named() {
    let breaks = "bridge -n node0 link set dev PORT hairpin off";
    is_named(breaks, "pod/near service/near", "hairpin is off");
}

#[test]
fn a_route_that_is_gone_is_named() {
    let breaks = "ip -n node0 route del 10.244.1.0/24";
    is_named(breaks, "pod/client service/web", "pod default/far");
}

#[test]
fn a_rule_that_is_gone_is_named() {
    let breaks = "ip netns exec node0 iptables -t nat -F KUBE-SERVICES";
    is_named(breaks, "pod/client service/near", "leaves the cluster");
}

#[test]
fn somebody_else_s_rule_is_named() {
    let breaks = "ip netns exec node0 iptables -I FORWARD -s 10.244.0.0/16 -j DROP";
    is_named(breaks, "pod/client service/near", "a rule of FORWARD drops it");
}

#[test]
fn answers_that_are_bridged_past_connection_tracking_are_named() {
    let breaks = "ip netns exec node0 sysctl -qw net.bridge.bridge-nf-call-iptables=0";
    is_named(breaks, "pod/client service/near", "the answer comes from pod default/near");
}
