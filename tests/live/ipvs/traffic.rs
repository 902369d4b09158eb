//! Real connections through virtual servers.

use super::site::{Site, answers, on_node};
use crate::lab::{Answer, ask, serve_udp, text, within};
use crate::traffic::clients::{Held, Server};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A service with every kind of address.
const EVERYWHERE: &str = "\
service web {
    ip 10.96.0.80, fd00:10:96::50
    select app=web
    families ipv4, ipv6
    type load-balancer
    load-balancer-ip 203.0.113.7
    load-balancer-ip 2001:db8::7
    external-ips 203.0.113.8, 2001:db8::8
    port 80 -> http node-port 30080
}
";

/// Its addresses for those outside, for a pod and for the node.
const ADDRESSES: [(&str, &str); 11] = [
    ("outside", "192.168.0.10:30080"),
    ("outside", "[fd01::10]:30080"),
    ("outside", "203.0.113.7:80"),
    ("outside", "[2001:db8::7]:80"),
    ("outside", "203.0.113.8:80"),
    ("outside", "[2001:db8::8]:80"),
    ("pod-default.client", "10.96.0.80:80"),
    ("pod-default.client", "[fd00:10:96::50]:80"),
    ("pod-default.client", "192.168.0.10:30080"),
    ("node0", "10.96.0.80:80"),
    ("node0", "[fd00:10:96::50]:80"),
];

fn pods(replicas: usize) -> String {
    format!("pods web replicas {replicas} on node0 {{ labels app=web; port http 80 }}\n")
}

/// How often each has answered.
fn counts(answers: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for server in answers {
        *counts.entry(server.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn round_robin_takes_exact_turns_at_every_address() {
    let more = format!("{}{EVERYWHERE}", pods(3));
    let _site = Site::with("ipvs", &more, &["web-0", "web-1", "web-2"]);
    for (client, to) in ADDRESSES {
        let seen = answers(client, to, 7);
        let turn = &seen[..3];
        assert_eq!(counts(turn).len(), 3, "{client} to {to}: {seen:?}");
        let expected: Vec<&String> = turn.iter().cycle().take(7).collect();
        assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{client} to {to}");
    }
}

#[test]
fn weighted_round_robin_goes_by_weight() {
    let more = "\
pod a on node0 { labels app=web; port http 80; weight 3 }
pod b on node0 { labels app=web; port http 80 }
pod c on node0 { labels app=web; port http 80; weight 0 }
service web { ip 10.96.0.80; select app=web; port 80 -> http }
";
    let _site = Site::with("ipvs { scheduler wrr }", more, &["a", "b", "c"]);
    let seen = answers("pod-default.client", "10.96.0.80:80", 12);
    assert_eq!(counts(&seen), BTreeMap::from([("a", 9), ("b", 3)]), "{seen:?}");
}

#[test]
fn source_hashing_keeps_each_client_at_its_endpoint() {
    let more = format!("{}{EVERYWHERE}", pods(4));
    let pods = ["web-0", "web-1", "web-2", "web-3"];
    let site = Site::with("ipvs { scheduler sh }", &more, &pods);
    let mut endpoints = Vec::new();
    for number in 201..207 {
        let client = format!("client{number}");
        site.machine(&client, number);
        for to in ["192.168.0.10:30080", "203.0.113.7:80", "[fd01::10]:30080"] {
            let seen = answers(&client, to, 4);
            assert_eq!(counts(&seen).len(), 1, "{client} to {to}: {seen:?}");
            endpoints.push((to, seen[0].clone()));
        }
    }
    for to in ["192.168.0.10:30080", "[fd01::10]:30080"] {
        let own: Vec<_> = endpoints.iter().filter(|(address, _)| *address == to).collect();
        // The addresses of these clients have different hashes.
        assert!(own.iter().any(|one| *one != own[0]), "{to}: {own:?}");
    }
}

#[test]
fn least_connections_goes_to_the_emptier_endpoint() {
    let more = "\
pods web replicas 2 on node0 { labels app=web; port http 80 }
service web { ip 10.96.0.80; select app=web; port 80 -> http }
";
    let site = Site::with("ipvs { scheduler lc }", more, &[]);
    let _servers = ["web-0", "web-1"].map(Server::new);
    let open = || Held::open("pod-default.client", "10.96.0.80:80");
    let held: Vec<Held> = (0..6).map(|_| open()).collect();
    let (here, there): (Vec<Held>, Vec<Held>) =
        held.into_iter().partition(|held| held.server == "pod-default.web-0");
    assert_eq!((here.len(), there.len()), (3, 3), "as many to each");
    drop(here);
    settled(&site, 3);
    let next: Vec<Held> = (0..3).map(|_| open()).collect();
    let next: Vec<&str> = next.iter().map(|held| held.server.as_str()).collect();
    assert_eq!(next, ["pod-default.web-0"; 3], "those whose connections have ended");
}

/// Waits until so many connections are open.
fn settled(_: &Site, open: usize) {
    let begin = Instant::now();
    loop {
        let all = on_node("ipvsadm -Lnc");
        let count = all.lines().filter(|line| line.contains("ESTABLISHED")).count();
        if count == open {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{all}");
        sleep(Duration::from_millis(20));
    }
}

/// The answer to a datagram on a socket that is used again and again.
fn datagram(socket: &UdpSocket, to: &str) -> io::Result<String> {
    socket.send_to(b"?", to)?;
    let mut answer = [0; 64];
    let length = socket.recv(&mut answer)?;
    Ok(text(&answer[..length]))
}

/// A socket that waits for answers for a short time.
fn socket(netns: &str) -> UdpSocket {
    let socket = within(netns, || UdpSocket::bind("0.0.0.0:0").unwrap());
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    socket
}

#[test]
fn a_client_stays_with_its_endpoint_until_it_was_silent_for_long() {
    let more = "\
pods web replicas 3 on node0 { labels app=web; port http 80; port dns 53/udp }
service web {
    ip 10.96.0.80, fd00:10:96::50
    select app=web
    families ipv4, ipv6
    affinity client-ip 3s
    port http 80 -> http
    port dns 53/udp -> dns
}
";
    let pods = ["web-0", "web-1", "web-2"];
    let _site = Site::with("ipvs", more, &pods);
    for pod in pods {
        serve_udp(&format!("pod-default.{pod}"), "0.0.0.0:53");
    }
    // Where connections of a client are known the kernel does not let it go: not for minutes.
    on_node("ipvsadm --set 0 0 1");
    for to in ["10.96.0.80:80", "[fd00:10:96::50]:80"] {
        let seen = answers("pod-default.client", to, 6);
        assert_eq!(counts(&seen).len(), 1, "{to}: {seen:?}");
    }
    let ask = || datagram(&socket("pod-default.client"), "10.96.0.80:53").unwrap();
    let first = ask();
    for _ in 0..3 {
        assert_eq!(ask(), first, "asked again");
    }
    // Whoever is let go gets the next in turn.
    let begin = Instant::now();
    while ask() == first {
        assert!(begin.elapsed() < Duration::from_secs(30), "never let go");
        sleep(Duration::from_millis(4500));
    }
}

#[test]
fn policies_of_services_hold() {
    let more = "\
pod web on node0 { labels app=web; port http 80 }
pod elsewhere on node0 { labels app=other; port http 80 }
service near {
    select app=web
    families ipv4, ipv6
    type node-port
    external-traffic local
    port 80 -> http node-port 30080
}
service wide { select app=web; families ipv4, ipv6; type node-port; port 80 -> http node-port 30081 }
service guarded {
    select app=web
    families ipv4, ipv6
    type load-balancer
    load-balancer-ip 203.0.113.7
    load-balancer-ip 2001:db8::7
    source-ranges 192.168.0.200/32, fd01::200/128
    port 80 -> http
}
service own { ip 10.96.0.90, fd00:10:96::90; select app=web; families ipv4, ipv6; port 80 -> http }
service empty {
    ip 10.96.0.99
    select app=nobody
    type node-port
    port 80 -> http node-port 30089
}
";
    let site = Site::with("ipvs", more, &["web"]);
    site.machine("stranger", 201);
    let seen =
        |client: &str| Answer { server: "pod-default.web".into(), client: client.parse().unwrap() };
    let clients = [("192.168.0.200", "192.168.0.10"), ("fd01::200", "[fd01::10]")];
    for (client, node) in clients {
        let near = ask("outside", &format!("{node}:30080"));
        assert_eq!(near.unwrap(), seen(client), "local traffic keeps the client's address");
        let wide = ask("outside", &format!("{node}:30081")).unwrap();
        assert_ne!(wide, seen(client), "other traffic does not");
    }
    for to in ["203.0.113.7:80", "[2001:db8::7]:80"] {
        ask("outside", to).unwrap();
        let dropped = ask("stranger", to).unwrap_err();
        assert_eq!(dropped.kind(), ErrorKind::TimedOut, "{to}: {dropped}");
    }
    for to in ["10.96.0.90:80", "[fd00:10:96::90]:80"] {
        for client in ["pod-default.client", "pod-default.web", "node0"] {
            let answer = ask(client, to);
            assert!(answer.is_ok(), "{client} to {to}: {answer:?}");
        }
    }
    let refused = [("outside", "192.168.0.10:30089"), ("pod-default.client", "10.96.0.99:80")];
    for (client, to) in refused {
        let error = ask(client, to).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{client} to {to}: {error}");
    }
    // Ports of a service's address on which there is no service.
    let closed = ask("pod-default.client", "10.96.0.90:81").unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::ConnectionRefused, "{closed}");
}

#[test]
fn a_datagram_s_endpoint_that_is_replaced_is_asked_no_more() {
    let cluster = |endpoint: &str| {
        format!(
            "\
pod old on node0 {{ ip 10.244.0.11 }}
pod new on node0 {{ ip 10.244.0.12 }}
service dns {{ ip 10.96.0.53; port 53/udp; endpoint {endpoint}:53 }}
"
        )
    };
    let site = Site::with("ipvs", &cluster("10.244.0.11"), &[]);
    serve_udp("pod-default.old", "0.0.0.0:53");
    serve_udp("pod-default.new", "0.0.0.0:53");
    let socket = socket("pod-default.client");
    let ask = || datagram(&socket, "10.96.0.53:53");
    assert_eq!(ask().unwrap(), "pod-default.old");
    site.apply("ipvs", &cluster("10.244.0.12"));
    // The packet that tells the kernel so may be lost.
    let answers: Vec<_> = (0..3).map(|_| ask()).collect();
    let last = answers[2].as_ref();
    assert_eq!(last.unwrap(), "pod-default.new", "{answers:?}");
    assert!(answers.iter().flatten().all(|name| name == "pod-default.new"), "{answers:?}");
}

/// The schedulers of Debian's kernel.
const SCHEDULERS: [&str; 13] =
    ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh", "fo", "ovf"];

#[test]
fn every_scheduler_of_the_kernel_does_its_work() {
    let more = format!("{}{EVERYWHERE}", pods(2));
    let site = Site::with("ipvs", &more, &["web-0", "web-1"]);
    for scheduler in SCHEDULERS {
        site.apply(&format!("ipvs {{ scheduler {scheduler} }}"), &more);
        let servers = on_node("ipvsadm -Sn");
        let mut own = servers.lines().filter(|line| line.starts_with("-A"));
        assert!(own.all(|line| line.contains(&format!(" -s {scheduler}"))), "{servers}");
        for to in ["192.168.0.10:30080", "[fd01::10]:30080"] {
            answers("outside", to, 1);
        }
    }
}
