//! What services promise, proven with real connections, by iptables, by each layout of nftables,
//! and by programs in userspace mode.

use crate::lab::{Answer, Lab, ask, ask_often, run, serve, serve_udp, servers, within};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::thread::sleep;
use std::time::Duration;

macro_rules! by {
    ($($mode:ident $proxy:literal: $($promise:ident)*;)*) => {$(
        mod $mode {
            $(
                #[test]
                fn $promise() {
                    super::$promise($proxy);
                }
            )*
        }
    )*};
}

by! {
    iptables "iptables":
        connections_are_spread_evenly
        a_client_stays_with_its_endpoint_until_it_was_silent_for_long
        local_traffic_keeps_the_client_s_address_and_other_traffic_does_not
        a_load_balancer_lets_in_its_source_ranges_only
        every_way_leads_to_endpoints_or_is_refused;
    nftables "nftables":
        connections_are_spread_evenly
        a_client_stays_with_its_endpoint_until_it_was_silent_for_long
        local_traffic_keeps_the_client_s_address_and_other_traffic_does_not
        a_load_balancer_lets_in_its_source_ranges_only
        every_way_leads_to_endpoints_or_is_refused;
    older "nftables { layout 1.35 }":
        connections_are_spread_evenly
        a_client_stays_with_its_endpoint_until_it_was_silent_for_long
        local_traffic_keeps_the_client_s_address_and_other_traffic_does_not
        a_load_balancer_lets_in_its_source_ranges_only
        every_way_leads_to_endpoints_or_is_refused;
    flat "nftables { layout flat }":
        connections_are_spread_evenly
        a_client_stays_with_its_endpoint_until_it_was_silent_for_long
        local_traffic_keeps_the_client_s_address_and_other_traffic_does_not
        a_load_balancer_lets_in_its_source_ranges_only
        every_way_leads_to_endpoints_or_is_refused;
    userspace "userspace":
        connections_are_spread_evenly
        every_way_leads_to_endpoints_or_is_refused;
    haproxy "userspace { engine haproxy }":
        connections_are_spread_evenly;
}

/// A cluster whose services a proxy programs.
fn stated(proxy: &str, more: &str) -> String {
    format!(
        "\
cluster lab {{
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  host-gw
    proxy    {proxy}
}}
node node0 {{ address 192.168.0.10/24, fd01::10/64 on eth0 }}
node node1 {{ address 192.168.0.11/24, fd01::11/64 on eth0 }}
{more}"
    )
}

/// The nodes' addresses, in both families.
const NODE0: [&str; 2] = ["192.168.0.10", "[fd01::10]"];
const NODE1: [&str; 2] = ["192.168.0.11", "[fd01::11]"];

/// A cluster with these pods and services, on running nodes. Its pods serve on port 80.
fn cluster(proxy: &str, nodes: &[&str], more: &str, pods: &[String]) -> Lab {
    let lab = Lab::enter();
    let source = lab.source(&stated(proxy, more));
    for (number, node) in (10..).zip(nodes) {
        lab.host(node, number);
        lab.applied(&source, node, &[]);
    }
    for pod in pods {
        serve(pod, "[::]:80");
    }
    lab
}

/// The namespaces of equal pods.
fn pods(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("pod-default.{name}-{number}")).collect()
}

/// Pearson's statistic of counts that should be equal.
fn chi_square(counts: &[usize]) -> f64 {
    let equal = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    counts.iter().map(|count| (*count as f64 - equal).powi(2) / equal).sum()
}

fn connections_are_spread_evenly(proxy: &str) {
    let pods = pods("web", 4);
    let services = "\
pods web replicas 4 on node0 { labels app=web; port http 80 }
service web { select app=web; families ipv4, ipv6; type node-port; port 80 -> http node-port 30080 }
";
    let lab = cluster(proxy, &["node0"], services, &pods);
    lab.host("outside", 200);
    for node in NODE0 {
        let uneven = || {
            let answers = ask_often("outside", &format!("{node}:30080"), 2000);
            assert_eq!(servers(&answers), pods);
            let counts: Vec<usize> = answers.into_values().collect();
            // With three degrees of freedom an even spread exceeds this one time in a thousand.
            (chi_square(&counts) > 16.266).then_some(counts)
        };
        // It does so twice one time in a million; one that is off by a tenth does so always.
        let twice = uneven().and_then(|first| uneven().map(|second| (first, second)));
        assert_eq!(twice, None, "connections to {node}");
    }
}

fn a_client_stays_with_its_endpoint_until_it_was_silent_for_long(proxy: &str) {
    let services = "\
pods web replicas 4 on node0 { labels app=web; port http 80 }
service web {
    select   app=web
    families ipv4, ipv6
    type     node-port
    affinity client-ip 3s
    port     80 -> http node-port 30080
}
";
    let lab = cluster(proxy, &["node0"], services, &pods("web", 4));
    let clients: Vec<String> = (0..12).map(|number| format!("client{number}")).collect();
    for (number, client) in (200..).zip(&clients) {
        lab.host(client, number);
    }
    let services = NODE0.map(|node| format!("{node}:30080"));
    for service in &services {
        let answers = ask_often(&clients[0], service, 30);
        assert_eq!(answers.len(), 1, "{service}: {answers:?}");
    }
    // The endpoint of each client, asked twice.
    let endpoints = |service: &String| {
        let endpoint = |client: &String| {
            let [first, again] = [(); 2].map(|()| ask(client, service).unwrap().server);
            assert_eq!(first, again, "{client} of {service}");
            first
        };
        clients.iter().map(endpoint).collect::<Vec<_>>()
    };
    let before = services.each_ref().map(endpoints);
    sleep(Duration::from_secs(4));
    for (service, before) in services.iter().zip(before) {
        // That twelve clients have the same endpoint is less likely than one in a million …
        assert!(before.iter().any(|endpoint| *endpoint != before[0]), "{service}: {before:?}");
        // … and so is it that all of them get back what they had.
        assert_ne!(endpoints(service), before, "{service}: nobody was let go");
    }
}

fn local_traffic_keeps_the_client_s_address_and_other_traffic_does_not(proxy: &str) {
    let services = "\
pod web on node0 { labels app=web; port http 80 }
service near {
    select app=web
    families ipv4, ipv6
    type node-port
    external-traffic local
    port 80 -> http node-port 30080
}
service wide { select app=web; families ipv4, ipv6; type node-port; port 80 -> http node-port 30081 }
";
    let pod = "pod-default.web".to_owned();
    let lab = cluster(proxy, &["node0", "node1"], services, std::slice::from_ref(&pod));
    lab.host("outside", 200);
    let seen = |client: &str| Answer { server: pod.clone(), client: client.parse().unwrap() };
    let clients = ["192.168.0.200", "fd01::200"];
    for (place, client) in clients.into_iter().enumerate() {
        let (here, there) = (NODE0[place], NODE1[place]);
        assert_eq!(ask("outside", &format!("{here}:30080")).unwrap(), seen(client));
        let dropped = ask("outside", &format!("{there}:30080")).unwrap_err();
        assert_eq!(dropped.kind(), ErrorKind::TimedOut, "{there} has no endpoint: {dropped}");
        // By the other node: the endpoint is on node0, and its answer has to come back this way.
        let masqueraded = there.trim_matches(['[', ']']);
        assert_eq!(ask("outside", &format!("{there}:30081")).unwrap(), seen(masqueraded));
    }
}

fn a_load_balancer_lets_in_its_source_ranges_only(proxy: &str) {
    let services = "\
pod web on node0 { labels app=web; port http 80 }
service guarded {
    select app=web
    families ipv4, ipv6
    type load-balancer
    load-balancer-ip 203.0.113.7
    load-balancer-ip 2001:db8::7
    source-ranges 192.168.0.200/32, fd01::200/128
    port 80 -> http
}
service open {
    select app=web
    families ipv4, ipv6
    type load-balancer
    load-balancer-ip 203.0.113.8
    load-balancer-ip 2001:db8::8
    port 80 -> http
}
";
    let lab = cluster(proxy, &["node0"], services, &["pod-default.web".to_owned()]);
    for (client, number) in [("friend", 200), ("stranger", 201)] {
        lab.host(client, number);
        run(&format!("ip -n {client} route add 203.0.113.0/24 via 192.168.0.10"));
        run(&format!("ip -n {client} route add 2001:db8::/64 via fd01::10"));
    }
    // Without any route for it the node would say "unreachable" before its rules are asked.
    run("ip -n node0 route add default via 192.168.0.1");
    run("ip -n node0 route add default via fd01::1 dev eth0");
    let balancers =
        [("203.0.113.7:80", "203.0.113.8:80"), ("[2001:db8::7]:80", "[2001:db8::8]:80")];
    for (guarded, open) in balancers {
        ask("friend", guarded).unwrap();
        ask("stranger", open).unwrap();
        let dropped = ask("stranger", guarded).unwrap_err();
        assert_eq!(dropped.kind(), ErrorKind::TimedOut, "{guarded}: {dropped}");
    }
}

/// Who answers a client by UDP, asked from so many ports.
fn ask_by_udp(client: &str, to: &'static str, times: usize) -> BTreeSet<String> {
    within(client, move || {
        let ask = || {
            let own = if to.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" };
            let socket = UdpSocket::bind(own).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
            socket.send_to(b"who?", to).unwrap();
            let mut answer = [0; 64];
            let (length, _) = socket.recv_from(&mut answer).unwrap_or_else(|e| panic!("{to}: {e}"));
            String::from_utf8_lossy(&answer[..length]).into_owned()
        };
        (0..times).map(|_| ask()).collect()
    })
}

fn every_way_leads_to_endpoints_or_is_refused(proxy: &str) {
    let services = "\
pods web replicas 3 { labels app=web; port http 80; port dns 53/udp }
service web {
    ip 10.96.0.80, fd00:10:96::50
    select app=web
    families ipv4, ipv6
    type node-port
    external-ips 203.0.113.8, 2001:db8::8
    port http 80 -> http node-port 30080
    port dns 53/udp -> dns node-port 30053
}
service none { ip 10.96.0.81, fd00:10:96::51; families ipv4, ipv6; no-endpoints; port 80 }
";
    let pods = pods("web", 3);
    let lab = cluster(proxy, &["node0", "node1"], services, &pods);
    pods.iter().for_each(|pod| serve_udp(pod, "[::]:53"));
    lab.host("outside", 200);
    run("ip -n outside route add 203.0.113.0/24 via 192.168.0.10");
    run("ip -n outside route add 2001:db8::/64 via fd01::10");
    run("ip -n node0 route add default via 192.168.0.1");
    run("ip -n node0 route add default via fd01::1 dev eth0");
    // A pod is among the endpoints itself, and reaches itself too.
    for client in ["node0", &pods[0], &pods[1]] {
        for to in ["10.96.0.80:80", "[fd00:10:96::50]:80", "192.168.0.10:30080"] {
            assert_eq!(servers(&ask_often(client, to, 40)), pods, "{client} to {to}");
        }
        let named: BTreeSet<String> = pods.iter().cloned().collect();
        for to in ["10.96.0.80:53", "[fd00:10:96::50]:53"] {
            assert_eq!(ask_by_udp(client, to, 40), named, "{client} to {to}");
        }
    }
    for to in ["203.0.113.8:80", "[2001:db8::8]:80", "192.168.0.11:30080", "[fd01::10]:30080"] {
        assert_eq!(servers(&ask_often("outside", to, 40)), pods, "{to}");
    }
    assert_eq!(ask_by_udp("outside", "192.168.0.10:30053", 40).len(), 3);
    for to in ["10.96.0.81:80", "[fd00:10:96::51]:80", "10.96.0.80:81", "[fd00:10:96::50]:81"] {
        let refused = ask("node0", to).unwrap_err();
        let unanswered = !proxy.starts_with("nftables") && to.ends_with(":81");
        assert!(unanswered || refused.kind() == ErrorKind::ConnectionRefused, "{to}: {refused}");
    }
    // Without an endpoint, and with it again.
    for count in [2, 3] {
        let less = services.replace("replicas 3", &format!("replicas {count}"));
        let source = lab.source(&stated(proxy, &less));
        lab.applied(&source, "node0", &[]);
        if count == 3 {
            // The pod was made anew.
            serve(&pods[2], "[::]:80");
        }
        let found = ask_often("node0", "10.96.0.80:80", 40);
        assert_eq!(servers(&found), pods[..count]);
    }
}
