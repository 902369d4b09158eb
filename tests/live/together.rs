//! Everything that a node can have at once: kube-proxy, flannel, Docker and the host ports of CNI.
//! Each asks packets in turn in the same built-in chains, and none must be in another's way.

use crate::dump::{dump, same};
use crate::lab::{Lab, ask, ask_often, run, serve, servers};

const CLUSTER: &str = "\
cluster lab {
    pods        10.244.0.0/16
    services    10.96.0.0/16
    overlay     vxlan
    proxy       PROXY
}
node node0 { address 192.0.2.10/24 on eth0 }
node node1 { address 192.0.2.11/24 on eth0 }
docker node0 {
    userland-proxy off
    network bridge { address 172.17.0.1/16 }
    container cache { publish 6379 -> 6379 }
    container client
}
pods web replicas 2 { labels app=web; port http 80 }
pod edge on node0 { host-port 8080 -> 81 }
service web { select app=web; ip 10.96.0.80; type node-port; port 80 -> http node-port 30080 }
";

const WEB: [&str; 2] = ["pod-default.web-0", "pod-default.web-1"];
const EDGE: &str = "pod-default.edge";

fn together(proxy: &str) {
    let lab = Lab::enter();
    let source = lab.source(&CLUSTER.replace("PROXY", proxy));
    for (node, number) in [("node0", 10), ("node1", 11)] {
        lab.machine(node, "eth0", &[&format!("192.0.2.{number}/24")]);
        run(&format!("ip -n {node} route add default via 192.0.2.200"));
    }
    lab.machine("outside", "eth0", &["192.0.2.200/24"]);
    let before = dump("node0");
    for node in ["node0", "node1"] {
        lab.applied(&source, node, &[]);
        let again = lab.applied(&source, node, &[]);
        assert_eq!(again, format!("{node} is as planned: nothing to do\n"));
    }
    for (space, port) in
        [(WEB[0], 80), (WEB[1], 80), (EDGE, 81), ("docker-cache", 6379), ("outside", 80)]
    {
        serve(space, &format!("0.0.0.0:{port}"));
    }
    // What is open to everybody: of containers, of pods here and there, of others.
    for from in ["outside", "node0", "node1", "docker-client", WEB[0], WEB[1], EDGE] {
        let answers = ask_often(from, "192.0.2.10:30080", 30);
        assert_eq!(servers(&answers), WEB, "the node port from {from}");
        for (to, server) in [("192.0.2.10:8080", EDGE), ("192.0.2.10:6379", "docker-cache")] {
            let answer = ask(from, to).unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
            assert_eq!(answer.server, server, "{from} to {to}");
        }
    }
    for from in ["node0", "node1", "docker-client", WEB[0], WEB[1]] {
        assert_eq!(servers(&ask_often(from, "10.96.0.80:80", 30)), WEB, "the service from {from}");
    }
    // Whoever leaves the node takes its address once; pods see one another as they are.
    for (from, to, client) in [
        (EDGE, "192.0.2.200:80", "192.0.2.10"),
        ("docker-client", "192.0.2.200:80", "192.0.2.10"),
        (WEB[0], "10.244.1.2:80", "10.244.0.3"),
        ("outside", "192.0.2.10:8080", "192.0.2.200"),
        ("outside", "192.0.2.10:6379", "192.0.2.200"),
    ] {
        let answer = ask(from, to).unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
        assert_eq!(answer.client.to_string(), client, "{from} to {to}");
    }
    for node in ["node0", "node1"] {
        let output = lab.netc().args(["destroy", "--netns", node]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    same(&dump("node0"), &before, "destroyed");
}

#[test]
fn by_iptables() {
    together("iptables");
}

#[test]
fn services_by_nftables() {
    together("nftables");
}
