//! What `netc lab status` tells when it is asked for more than links.

use super::Labs;
use crate::lab::root;
use serde_json::Value;

const SOURCE: &str = "
cluster shop {
    pods     10.244.0.0/16 per-node /24
    services 10.96.0.0/16
    overlay  vxlan
    proxy    MODE
}
node node0 { address 172.16.16.202/24 on eth0 }
node node1 { address 172.16.16.203/24 on eth0 }
pods shop/web replicas 2 on node0, node1 { labels app=web; port http 8080 }
service shop/web { select app=web; ip 10.96.0.80; type node-port; port http 80 -> http node-port 30080 }
service shop/later { select app=later; ip 10.96.0.81; port 80 }
";

fn status(labs: &Labs, more: &[&str]) -> Value {
    let mut arguments = vec!["status", "--format", "json"];
    arguments.extend(more);
    serde_json::from_str(&labs.done(&arguments)).unwrap()
}

#[test]
fn nodes_that_differ_from_their_sources_are_told() {
    let labs = Labs::new();
    labs.up(&root().join("examples/flannel-vxlan"), &[]);
    let plain = labs.done(&["status"]);
    assert!(!plain.contains("SOURCES"), "{plain}");
    let text = labs.done(&["status", "--drift"]);
    assert_eq!(text.matches("in step").count(), 2, "{text}");
    labs.exec("flannel-vxlan", "node/node1", "ip route del 10.244.0.0/24");
    let found = status(&labs, &["--drift"]);
    let differences: Vec<&Value> =
        found["hosts"].as_array().unwrap().iter().map(|host| &host["differences"]).collect();
    assert_eq!(differences[..2], [&Value::from(0), &Value::from(1)]);
    assert!(differences[2].is_null());
    let text = labs.done(&["status", "node1", "--drift"]);
    assert!(text.contains("sources  1 difference\n"), "{text}");
    labs.done(&["break", "node0", "--down"]);
    let text = labs.done(&["status", "--drift"]);
    assert!(text.contains("not to be told") && text.contains("1 difference"), "{text}");
    labs.done(&["heal"]);
    labs.done(&["apply"]);
    assert_eq!(labs.done(&["status", "--drift"]).matches("in step").count(), 2);
}

#[test]
fn connections_are_counted_where_the_kernel_does() {
    let labs = Labs::new();
    labs.up(&labs.file("cluster.netc", &SOURCE.replace("MODE", "iptables")), &[]);
    let web = |found: &Value| found["services"].as_array().unwrap()[1]["connections"].clone();
    let before = web(&status(&labs, &["--services"])).as_u64().unwrap();
    labs.done(&["curl", "pod/shop/web-0", "service/shop/web", "--count", "20"]);
    labs.done(&["curl", "outside", "node/node1:30080", "--count", "5"]);
    let found = status(&labs, &["--services"]);
    assert_eq!(web(&found), before + 25, "{found}");
    // Nobody counts what is refused.
    assert_eq!(found["services"][0]["service"], "shop/later");
    assert!(found["services"][0]["connections"].is_null());
    let text = labs.done(&["status", "--services"]);
    assert!(text.contains("SERVICE     PORT         ENDPOINTS  CONNECTIONS"), "{text}");
}

#[test]
fn nobody_counts_with_nftables() {
    let labs = Labs::new();
    labs.up(&labs.file("cluster.netc", &SOURCE.replace("MODE", "nftables")), &[]);
    labs.done(&["curl", "pod/shop/web-0", "service/shop/web"]);
    let found = status(&labs, &["--services"]);
    assert!(found["services"][1]["connections"].is_null(), "{found}");
}
