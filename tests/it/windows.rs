//! Windows nodes: what their network service is to hold, and what netc does not do with them.

use crate::program::Test;
use crate::review::check;
use crate::support::{cluster, clusters, read};
use netc::hns;
use serde_json::{Value, json};

/// A Linux node and a Windows node behind a bridge, in both families.
const BRIDGED: &str = "\
cluster lab {
    pods 10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay host-gw
}
node lin0 { address 192.168.0.10/24, fd00::10/64 on eth0 }
node win1 { address 192.168.0.11/24, fd00::11/64; os windows; kernelspace { dsr } }
pods web replicas 2 on lin0, win1 { labels app=web; port http 8080 }
pods last replicas 1 on lin0 { labels app=last; port 53/udp; terminating }
service web {
    select app=web
    families ipv4, ipv6
    type load-balancer
    port http 80 -> http
    load-balancer-ip 203.0.113.9
    external-ips 198.51.100.7
}
service inner { select app=web; internal-traffic local; port 81 -> 8080 }
service dns { select app=last; port 53/udp }
service none { port 90; no-endpoints }
service outside { port 5432; endpoint 192.168.50.7:5432 }
";

fn documents(source: &str, node: &str) -> Value {
    let cluster = cluster(source);
    let node = cluster.nodes.iter().find(|own| own.name == node).unwrap();
    hns::json(&hns::compile(&cluster, node).unwrap())
}

fn schema() -> Value {
    serde_json::from_str(&read("lang/hns.schema.json")).unwrap()
}

/// The document of a load balancer.
fn balancer<'v>(all: &'v Value, name: &str) -> &'v Value {
    let list = all["load-balancers"].as_array().unwrap();
    let names: Vec<&str> = list.iter().filter_map(|one| one["name"].as_str()).collect();
    let found = list.iter().find(|one| one["name"] == name);
    &found.unwrap_or_else(|| panic!("no {name} among {names:#?}"))["document"]
}

#[test]
fn the_documents_keep_to_their_schema() {
    let schema = schema();
    let mut seen = 0;
    for (name, compiled) in clusters() {
        let built = compiled.built.unwrap();
        for hns in built.cluster.nodes.iter().filter_map(|node| hns::compile(&built.cluster, node))
        {
            seen += 1;
            check(&schema, &schema, &hns::json(&hns)).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
    assert!(seen > 0);
    check(&schema, &schema, &documents(BRIDGED, "win1")).unwrap();
}

#[test]
fn the_schema_refuses_wrong_documents() {
    let (schema, good) = (schema(), documents(BRIDGED, "win1"));
    let spoil: [(&str, Value); 8] = [
        ("/version", json!(2)),
        ("/network/Type", json!("NAT")),
        ("/endpoints/0/document/Flags", json!(0)),
        ("/endpoints/0/document/SchemaVersion/Major", json!(1)),
        ("/endpoints/0/name", json!(7)),
        ("/load-balancers/0/document/PortMappings/0/Protocol", json!(132)),
        ("/load-balancers/0/document/HostComputeEndpoints", json!("10.244.0.2")),
        ("/load-balancers/0/document", json!({ "Id": "x" })),
    ];
    for (place, value) in spoil {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
        assert!(check(&schema, &schema, &bad).is_err(), "{place}");
    }
}

#[test]
fn a_bridged_node_has_both_families_and_no_provider() {
    let all = documents(BRIDGED, "win1");
    assert_eq!(all["network"], json!({ "Name": "cbr0", "Type": "L2Bridge" }));
    // The first address of the block is the gateway's, the second one that of the node's own endpoint.
    let local: Vec<&Value> =
        all["local"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(local, ["10.244.1.3", "fd00:10:244:1::3"]);
    let own = balancer(&all, "default/web:http cluster-ip 10.96.0.6:80/tcp");
    assert_eq!(own["HostComputeEndpoints"], json!(["10.244.0.3", "10.244.1.3"]));
    assert_eq!((&own["Flags"], &own["SourceVIP"]), (&json!(1), &Value::Null));
    let v6 = balancer(&all, "default/web:http cluster-ip [fd00:10:96::2]:80/tcp");
    assert_eq!(v6["Flags"], json!(3));
    let outside = balancer(&all, "default/web:http load-balancer 203.0.113.9:80/tcp");
    assert_eq!(outside["Flags"], Value::Null);
    assert_eq!(outside["PortMappings"][0]["Flags"], json!(2));
    balancer(&all, "default/web:http external-ip 198.51.100.7:80/tcp");
    let text = all.to_string();
    assert!(!text.contains("ProviderAddress") && !text.contains("default/none"), "{text}");
}

#[test]
fn endpoints_are_those_that_may_serve() {
    let all = documents(BRIDGED, "win1");
    let of = |name: &str| {
        let list = all["load-balancers"].as_array().unwrap();
        let mut own = list.iter().filter(|one| one["name"].as_str().unwrap().starts_with(name));
        own.next().map(|one| one["document"]["HostComputeEndpoints"].clone())
    };
    // With policy local the node's own; where none is ready, those that still serve; from outside too.
    assert_eq!(of("default/inner cluster-ip"), Some(json!(["10.244.1.3"])));
    assert_eq!(of("default/dns cluster-ip"), Some(json!(["10.244.0.2"])));
    assert_eq!(of("default/outside cluster-ip"), Some(json!(["192.168.50.7"])));
    assert_eq!(of("default/none"), None);
}

#[test]
fn an_overlay_knows_the_nodes_behind_endpoints() {
    let source = read("examples/windows/cluster.netc");
    let all = documents(&source, "win1");
    let policies = &all["endpoints"][0]["document"]["Policies"];
    assert_eq!(policies[0]["Settings"]["ProviderAddress"], "172.16.16.202");
    let port = balancer(&all, "shop/web:http node-port 0.0.0.0:30080/tcp");
    let mapping = &port["PortMappings"][0];
    assert_eq!((&port["FrontendVIPs"], &mapping["DistributionType"]), (&Value::Null, &json!(2)));
    assert_eq!(port["SourceVIP"], "10.244.2.2");
    // Only win1's own pod, and straight to the client.
    let report = balancer(&all, "shop/report load-balancer 203.0.113.40:9000/udp");
    assert_eq!(
        (&report["HostComputeEndpoints"], &report["Flags"]),
        (&json!(["10.244.2.3"]), &json!(1))
    );
}

#[test]
fn what_changes_of_a_windows_node_is_told() {
    let old = read("examples/windows/cluster.netc");
    let new = old.replace("replicas 3 on lin0, lin1, win1", "replicas 2 on lin0, win1");
    let new = new.replace("assert pod shop/web-0 reaches pod shop/web-1\n", "");
    let test = Test::new(&[("old.netc", &old), ("new.netc", &new)]);
    let run = test.run(&["diff", "old.netc", "new.netc", "--node", "win1"]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    for line in [
        "- endpoint 10.244.1.2",
        "~ load balancer shop/web:http node-port 0.0.0.0:30080/tcp -> 10.244.0.2, 10.244.2.4",
    ] {
        assert!(run.out.contains(line), "{}", run.out);
    }
    let run = test.run(&["diff", "old.netc", "new.netc", "--format", "json"]);
    let value: Value = serde_json::from_str(&run.out).unwrap();
    let schema: Value = serde_json::from_str(&read("lang/changes.schema.json")).unwrap();
    check(&schema, &schema, &value).unwrap();
    // The same from what a build wrote.
    let run = test.run(&["build", "old.netc", "--out", "built"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let run = test.run(&["diff", "built", "new.netc", "--node", "win1", "--format", "markdown"]);
    assert!(run.out.contains("- endpoint 10.244.1.2"), "{}", run.out);
    let run = test.run(&["diff", "built", "old.netc"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    let plan = ["plan", "new.netc", "--against", "old.netc", "--node", "win1", "--out", "p.json"];
    let run = test.run(&plan);
    assert!(run.code == Some(1) && run.err.contains("E0381"), "{}", run.err);
}

#[test]
fn nothing_is_said_of_packets_at_a_windows_node() {
    let source = read("examples/windows/cluster.netc");
    let test = Test::new(&[("cluster.netc", &source)]);
    for (from, to) in [
        ("pod/shop/web-0", "pod/shop/web-2"),
        ("pod/shop/web-2", "pod/shop/web-0"),
        ("node/win1", "node/lin0"),
    ] {
        let run = test.run(&["trace", from, to, "cluster.netc"]);
        assert_eq!(run.code, Some(4), "{}", run.err);
        assert!(run.out.contains("cannot be judged"), "{}", run.out);
        assert!(run.out.contains("win1 runs Windows"), "{}", run.out);
    }
    let service = ["trace", "node/lin0", "service/shop/web", "cluster.netc"];
    let run = test.run(&service);
    assert!(run.out.contains("reaches with probability 0.66"), "{}", run.out);
    let run = test.run(&[&service[..], &["--format", "json"]].concat());
    let value: Value = serde_json::from_str(&run.out).unwrap();
    let schema: Value = serde_json::from_str(&read("lang/trace.schema.json")).unwrap();
    check(&schema, &schema, &value).unwrap();
    let claim = format!("{source}assert node lin0 reaches service shop/web\n");
    let test = Test::new(&[("cluster.netc", &claim)]);
    let run = test.run(&["check", "cluster.netc", "--format", "short"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("W0383") && run.out.contains("left out: win1"), "{}", run.err);
}

#[test]
fn objects_tell_what_nodes_run() {
    let objects = r#"{"kind": "List", "apiVersion": "v1", "items": [
        {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "win1"},
         "status": {"nodeInfo": {"operatingSystem": "windows", "kernelVersion": "10.0.20348.2340"},
                    "addresses": [{"type": "InternalIP", "address": "192.0.2.7"}]}},
        {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "win2", "labels": {"kubernetes.io/os": "windows"}}},
        {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "lin1", "labels": {"kubernetes.io/os": "linux"}}}]}"#;
    let text = crate::support::imported(objects);
    assert_eq!(text.matches(" windows\n").count(), 2, "{text}");
    assert!(!text.contains("kernel 10.0"), "{text}");
}
