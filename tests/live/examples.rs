//! The examples, applied to real nodes and asked with real TCP.

use crate::lab::{Lab, ask, ask_often, parse_rules, root, rules, run, serve, servers};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

/// What the kernel shows equals the reviewed plan: routes, neighbours, forwarding entries, rules.
/// A second apply has nothing to do.
fn as_planned(lab: &Lab, name: &str, node: &str) {
    let golden = root().join("golden").join(name).join(node);
    let plan = fs::read_to_string(golden.join("plan.txt")).unwrap();
    let trimmed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let planned = plan.lines().skip_while(|line| !line.starts_with("# routes of")).skip(1);
    let planned: Vec<String> =
        planned.map_while(|line| line.strip_prefix("# ")).map(trimmed).collect();
    // A bridge without pods has no carrier, which the kernel adds when it comes round to it.
    let shown = run(&format!("ip -n {node} route show")).replace("linkdown", "");
    let shown: Vec<String> = shown.lines().map(trimmed).collect();
    let (own, others): (Vec<String>, Vec<String>) =
        shown.into_iter().partition(|line| planned.contains(line));
    assert_eq!(own, planned, "routes of {node}");
    assert!(others.iter().all(|line| line.contains("proto kernel")), "{others:?}");

    for line in plan.lines().filter(|line| line.starts_with("ip neigh replace")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (address, mac, device) = (words[3], words[5], words[7]);
        let shown = run(&format!("ip -n {node} neigh show dev {device}"));
        let expected = format!("{address} lladdr {mac} PERMANENT");
        assert!(shown.lines().any(|line| trimmed(line) == expected), "{expected} in {shown}");
    }
    for line in plan.lines().filter(|line| line.starts_with("bridge fdb replace")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (mac, device, destination) = (words[3], words[5], words[7]);
        let shown = run(&format!("bridge -n {node} fdb show dev {device}"));
        let expected = format!("{mac} dst {destination} self permanent");
        assert!(shown.lines().any(|line| trimmed(line) == expected), "{expected} in {shown}");
    }
    for (file, tool) in [("iptables.rules", "iptables-save"), ("ip6tables.rules", "ip6tables-save")]
    {
        let planned = parse_rules(&fs::read_to_string(golden.join(file)).unwrap());
        assert_eq!(rules(node, tool), planned, "{tool} of {node}");
    }
    let again = lab.applied(&example(name), node, &[]);
    assert_eq!(again, format!("{node} is as planned: nothing to do\n"));
}

#[test]
fn host_gw() {
    let lab = Lab::enter();
    for (node, address) in [("node1", "241"), ("node2", "242"), ("node3", "243")] {
        lab.machine(node, "ens33", &[&format!("192.168.80.{address}/24")]);
        let done = lab.applied(&example("host-gw"), node, &[]);
        assert!(done.starts_with(&format!("{node} is as planned: ")), "{done}");
    }
    for node in ["node1", "node2", "node3"] {
        as_planned(&lab, "host-gw", node);
    }
    let pods = ["pod-default.web-0", "pod-default.web-1", "pod-default.web-2"];
    for pod in pods {
        serve(pod, "0.0.0.0:80");
    }
    // From pod to pod on another node: nobody translates anything.
    let answer = ask(pods[0], "10.244.2.2:80").unwrap();
    assert_eq!((answer.server.as_str(), answer.client.to_string()), (pods[2], "10.244.0.2".into()));
    // By the service: all three answer, and the others see the pod's own address.
    let answers = ask_often(pods[0], "10.96.0.80:80", 60);
    assert_eq!(servers(&answers), pods);
    for answer in answers.keys().filter(|answer| answer.server != pods[0]) {
        assert_eq!(answer.client.to_string(), "10.244.0.2");
    }
}

/// Docker beside kube-proxy and flannel: everybody's rules are there, in the order of the plan.
#[test]
fn docker() {
    let lab = Lab::enter();
    for (node, address) in [("node0", "202"), ("node1", "203")] {
        lab.machine(node, "eth0", &[&format!("172.16.16.{address}/24")]);
        lab.applied(&example("docker"), node, &[]);
        as_planned(&lab, "docker", node);
    }
    serve("docker-cache", "0.0.0.0:6379");
    serve("docker-web", "0.0.0.0:8080");
    for (client, to, server) in [
        ("node0", "172.16.16.203:6379", "docker-cache"),
        ("node1", "172.16.16.203:80", "docker-web"),
        ("docker-web", "172.16.16.203:6379", "docker-cache"),
    ] {
        assert_eq!(ask(client, to).unwrap().server, server, "{client} to {to}");
    }
    assert!(ask("docker-keys", "172.16.16.202:22").is_err());
}

#[test]
fn flannel_vxlan() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["172.16.16.202/24"]);
    lab.machine("node1", "eth0", &["172.16.16.203/24"]);
    for node in ["node0", "node1"] {
        lab.applied(&example("flannel-vxlan"), node, &[]);
        as_planned(&lab, "flannel-vxlan", node);
    }
    let device = run("ip -n node0 -d link show flannel.1");
    for attribute in
        ["vxlan id 1 ", "local 172.16.16.202", "dev eth0", "dstport 8472", "nolearning", "mtu 1450"]
    {
        assert!(device.contains(attribute), "{attribute} in {device}");
    }
    // Rules of our own in a table that netc does not use count what crosses the wire.
    let wrapped = "-i eth0 -p udp --dport 8472";
    let bare = "-i eth0 -s 10.244.0.0/16";
    for what in [wrapped, bare] {
        run(&format!("ip netns exec node1 iptables -t raw -A PREROUTING {what}"));
    }
    let (here, there) = ("pod-default.web-0", "pod-default.web-1");
    serve(here, "0.0.0.0:80");
    serve(there, "0.0.0.0:80");
    let answer = ask(here, "10.244.1.2:80").unwrap();
    assert_eq!((answer.server.as_str(), answer.client.to_string()), (there, "10.244.0.2".into()));
    let counted = run("ip netns exec node1 iptables -t raw -vxnL PREROUTING");
    let packets: Vec<u64> = counted
        .lines()
        .skip(2)
        .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
        .collect();
    assert!(packets[0] >= 4, "a connection is at least four packets: {counted}");
    assert_eq!(packets[1], 0, "all are wrapped: {counted}");

    let answers = ask_often(here, "10.96.0.80:80", 40);
    assert_eq!(servers(&answers), [here, there], "both pods answer for the service");
    for answer in answers.keys() {
        // A pod that reaches itself by the service needs hairpin, and sees its gateway.
        let expected = if answer.server == here { "10.244.0.1" } else { "10.244.0.2" };
        assert_eq!(answer.client.to_string(), expected);
    }
    // Without any route for it the node would say "unreachable" before its rules are asked.
    run("ip -n node0 route add default via 172.16.16.1");
    let refused = ask(here, "10.96.0.81:80").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "a service without endpoints");
}

#[test]
fn nginx_nodeport() {
    let lab = Lab::enter();
    lab.machine("minikube", "eth0", &["192.168.99.100/24"]);
    lab.machine("outside", "eth0", &["192.168.99.1/24"]);
    lab.applied(&example("nginx-nodeport"), "minikube", &[]);
    as_planned(&lab, "nginx-nodeport", "minikube");
    let pods = ["pod-default.nginx-1", "pod-default.nginx-2"];
    for pod in pods {
        serve(pod, "0.0.0.0:80");
    }
    // On one node the bridge alone carries it.
    let answer = ask(pods[0], "10.1.0.5:80").unwrap();
    assert_eq!((answer.server.as_str(), answer.client.to_string()), (pods[1], "10.1.0.4".into()));
    // From outside by the node port: both answer, and see the node.
    let answers = ask_often("outside", "192.168.99.100:32261", 40);
    assert_eq!(servers(&answers), pods);
    assert!(answers.keys().all(|answer| answer.client.to_string() == "10.1.0.1"), "{answers:?}");
    // The node reaches its own node port by 127.0.0.1; others cannot reach that address.
    assert_eq!(servers(&ask_often("minikube", "127.0.0.1:32261", 20)), pods);
    // A pod on the same bridge gets its reply by the node, though a shorter way exists.
    let answers = ask_often(pods[0], "10.0.0.167:80", 40);
    assert_eq!(servers(&answers), pods);
}

#[test]
fn static_docker0_and_myservice() {
    let lab = Lab::enter();
    for (node, address) in [("node1", "129"), ("node2", "130"), ("node3", "131")] {
        lab.machine(node, "eno16777736", &[&format!("192.168.1.{address}/24")]);
        lab.applied(&example("static-docker0"), node, &[]);
        as_planned(&lab, "static-docker0", node);
    }
    let pods = ["pod-default.frontend-0", "pod-default.frontend-1"];
    for pod in pods {
        serve(pod, "0.0.0.0:80");
    }
    let answers = ask_often(pods[0], "20.1.244.75:80", 40);
    assert_eq!(servers(&answers), pods);
    drop(lab);

    let lab = Lab::enter();
    lab.machine("node1", "eth0", &["192.168.10.62/24"]);
    lab.machine("node2", "eth0", &["192.168.10.10/24"]);
    for node in ["node1", "node2"] {
        lab.applied(&example("myservice"), node, &[]);
        as_planned(&lab, "myservice", node);
    }
    let pods = ["pod-default.mypod-0", "pod-default.mypod-1", "pod-default.mypod-2"];
    for pod in pods {
        serve(pod, "0.0.0.0:80");
    }
    assert_eq!(servers(&ask_often(pods[0], "10.254.206.220:80", 60)), pods);
}

#[test]
fn kubernetes() {
    let lab = Lab::enter();
    lab.machine("node1", "eth0", &["192.168.1.129/24"]);
    lab.machine("node2", "eth0", &["192.168.1.130/24"]);
    lab.machine("outside", "eth0", &["192.168.1.7/24", "198.51.100.7/24"]);
    for node in ["node1", "node2"] {
        lab.applied(&example("kubernetes"), node, &[]);
        as_planned(&lab, "kubernetes", node);
    }
    let frontends = ["pod-default.frontend-0", "pod-default.frontend-1"];
    for pod in frontends.into_iter().chain(["pod-web.nginx-0", "pod-web.nginx-1"]) {
        serve(pod, "0.0.0.0:80");
    }
    serve("pod-web.echoserver-0", "0.0.0.0:8080");
    // Each pod is kept in its zone.
    for pod in frontends {
        assert_eq!(servers(&ask_often(pod, "10.96.0.2:80", 20)), [pod]);
    }
    // A client stays with the pod that it was sent to.
    let answers = ask_often("outside", "192.168.1.130:31241", 20);
    assert_eq!(servers(&answers).len(), 1, "{answers:?}");
    // The balancer's network gets through, and is seen.
    run("ip -n outside route add 203.0.113.7 via 192.168.1.129 src 198.51.100.7");
    run("ip -n node1 route add 198.51.100.0/24 dev eth0");
    // Without any route for it the node would say "unreachable" before its rules are asked.
    run("ip -n node1 route add default via 192.168.1.1");
    let answer = ask("outside", "203.0.113.7:80").unwrap();
    assert_eq!(answer.client.to_string(), "198.51.100.7");
    run("ip -n outside route replace 203.0.113.7 via 192.168.1.129 src 192.168.1.7");
    let refused = ask("outside", "203.0.113.7:80").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TimedOut, "others are dropped");
}
