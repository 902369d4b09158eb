//! Connections of UDP to endpoints that are gone: clients that keep their port must not stay
//! with them.

use crate::lab::{Lab, run, serve_udp, text, within};
use std::net::UdpSocket;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A service with one endpoint and a port on the node, one with several, and one that stays.
fn cluster(dns: &str, wide: &[&str]) -> String {
    let wide: String = wide.iter().map(|address| format!("; endpoint {address}:53")).collect();
    format!(
        "\
cluster lab {{ pods 10.244.0.0/16; services 10.96.0.0/16; overlay static }}
node node0 {{ address 192.168.0.10 on eth0 }}
pods dns replicas 4 on node0
service dns {{ ip 10.96.0.53; type node-port; port 53/udp node-port 30053; endpoint {dns}:53 }}
service wide {{ ip 10.96.0.54; port 53/udp{wide} }}
service still {{ ip 10.96.0.55; port 53/udp; endpoint 10.244.0.2:53 }}
"
    )
}

/// The addresses of the pods `dns-0` and so on.
const PODS: [&str; 3] = ["10.244.0.2", "10.244.0.3", "10.244.0.4"];

/// A client that keeps its port.
struct Client {
    socket: UdpSocket,
    to: &'static str,
}

impl Client {
    fn new(netns: &str, to: &'static str) -> Client {
        let socket = within(netns, || UdpSocket::bind("0.0.0.0:0").unwrap());
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { socket, to }
    }

    /// Who answers.
    fn ask(&self) -> String {
        self.socket.send_to(b"who?", self.to).unwrap();
        let mut answer = [0; 64];
        let length = self.socket.recv(&mut answer);
        let length = length.unwrap_or_else(|error| panic!("{} does not answer: {error}", self.to));
        text(&answer[..length])
    }
}

/// The connections of the node: their numbers and what else `conntrack` says of their addresses.
fn connections() -> Vec<String> {
    let shown = run("ip netns exec node0 conntrack -L -o id");
    let mut all: Vec<String> = shown.lines().map(addresses).collect();
    all.sort();
    all
}

fn addresses(line: &str) -> String {
    let kept = |word: &&str| {
        ["id=", "src=", "dst=", "sport=", "dport="].iter().any(|key| word.starts_with(key))
    };
    line.split_whitespace().filter(kept).collect::<Vec<_>>().join(" ")
}

/// The number of the only connection to an address.
fn number(to: &str) -> String {
    let all = connections();
    let to = format!("dst={to} ");
    let mut found = all.iter().filter(|line| line.contains(&to));
    let (Some(line), None) = (found.next(), found.next()) else { panic!("{all:?}") };
    line.split(' ').find(|word| word.starts_with("id=")).unwrap().to_owned()
}

#[test]
fn clients_follow_the_service_when_its_endpoint_is_replaced() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    lab.machine("outside", "eth0", &["192.168.0.200/24"]);
    lab.applied(&lab.source(&cluster(PODS[0], &PODS[1..])), "node0", &[]);
    let pods = ["pod-default.dns-0", "pod-default.dns-1", "pod-default.dns-2"];
    for pod in pods {
        serve_udp(pod, "0.0.0.0:53");
    }
    let client = |to| Client::new("pod-default.dns-3", to);
    let [replaced, wide, still] = ["10.96.0.53:53", "10.96.0.54:53", "10.96.0.55:53"].map(client);
    let outside = Client::new("outside", "192.168.0.10:30053");
    assert_eq!((replaced.ask(), outside.ask()), (pods[0].into(), pods[0].into()));
    assert_eq!(still.ask(), pods[0]);
    let at_first = wide.ask();
    let kept = (number("10.96.0.54"), number("10.96.0.55"));
    // Of the wide service the endpoint goes that does not serve our client.
    let busy = if at_first == pods[1] { PODS[1] } else { PODS[2] };
    let changed = lab.source(&cluster(PODS[1], &[busy]));
    lab.applied(&changed, "node0", &[]);
    assert_eq!((replaced.ask(), outside.ask()), (pods[1].into(), pods[1].into()));
    assert_eq!((wide.ask(), still.ask()), (at_first, pods[0].into()));
    assert_eq!((number("10.96.0.54"), number("10.96.0.55")), kept);
    assert_eq!(lab.applied(&changed, "node0", &[]), "node0 is as planned: nothing to do\n");
}

#[test]
fn only_stale_connections_are_forgotten() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let source = lab.source(&cluster(PODS[0], &PODS[1..]));
    lab.applied(&source, "node0", &[]);
    // Client, destination and port, and who answers; the last two are stale.
    let made = [
        ("udp", "10.244.0.5", "10.96.0.53", 53, "10.244.0.2"),
        ("udp", "10.244.0.5", "10.96.0.53", 54, "10.244.0.9"),
        ("udp", "10.244.0.5", "10.96.0.99", 53, "10.244.0.9"),
        ("tcp", "10.244.0.5", "10.96.0.53", 53, "10.244.0.9"),
        ("udp", "10.244.0.5", "10.96.0.54", 53, "10.244.0.4"),
        ("udp", "192.168.0.200", "192.168.0.10", 30053, "10.244.0.2"),
        ("udp", "10.244.0.6", "10.96.0.53", 53, "10.244.0.9"),
        ("udp", "192.168.0.201", "192.168.0.10", 30053, "10.244.0.9"),
    ];
    for (protocol, client, to, port, answered_by) in made {
        let state = if protocol == "tcp" { "--state ESTABLISHED" } else { "" };
        run(&format!(
            "ip netns exec node0 conntrack -I -p {protocol} -s {client} -d {to} --sport 4000 --dport {port} \
             --reply-src {answered_by} --reply-dst {client} --reply-port-src {port} --reply-port-dst 4000 \
             --timeout 600 {state}"
        ));
    }
    let before = connections();
    let shown = lab.applied(&source, "node0", &["--dry-run"]);
    let first = "~ conntrack -D -f ipv4 -p udp --orig-dst 10.96.0.53 --orig-port-dst 53";
    assert!(shown.contains(first), "{shown}");
    assert!(shown.contains("~ conntrack -D -f ipv4 -p udp --orig-port-dst 30053"), "{shown}");
    assert_eq!(shown.matches("      1 stale connection\n").count(), 2, "{shown}");
    assert_eq!(connections(), before);
    let said = lab.applied(&source, "node0", &[]);
    assert_eq!(said, "node0 is as planned: 2 changed\n");
    let stale =
        |line: &&String| line.contains("src=10.244.0.6 ") || line.contains("=192.168.0.201 ");
    let rest: Vec<String> = before.iter().filter(|line| !stale(line)).cloned().collect();
    assert_eq!(before.len() - rest.len(), 2);
    assert_eq!(connections(), rest);
    assert_eq!(lab.applied(&source, "node0", &[]), "node0 is as planned: nothing to do\n");
}

#[test]
fn ipv6_connections_are_forgotten_too() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["fd01::10/64"]);
    let source = lab.source(
        "\
cluster lab { pods fd00:10:244::/56; services fd00:10:96::/112; overlay static }
node node0 { address fd01::10/64 on eth0 }
service dns { ip fd00:10:96::53; port 53/udp; endpoint [fd00:10:244::2]:53 }
",
    );
    lab.applied(&source, "node0", &[]);
    for (client, answered_by) in [("fd00:10:244::5", 2), ("fd00:10:244::6", 9)] {
        run(&format!(
            "ip netns exec node0 conntrack -I -p udp -s {client} -d fd00:10:96::53 --sport 4000 \
             --dport 53 --reply-src fd00:10:244::{answered_by} --reply-dst {client} --reply-port-src 53 \
             --reply-port-dst 4000 --timeout 600"
        ));
    }
    assert_eq!(lab.applied(&source, "node0", &[]), "node0 is as planned: 1 changed\n");
    let left = run("ip netns exec node0 conntrack -L -f ipv6");
    assert!(left.contains("fd00:10:244::5") && !left.contains("fd00:10:244::6"), "{left}");
}

#[test]
fn a_limit_of_the_machine_is_not_changed_from_a_namespace() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let source = lab.source(&cluster(PODS[0], &PODS[1..]).replace("eth0", "eth0; cores 10000"));
    let output = lab.apply(&source, "node0", &["--format", "short"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(
        said.contains("refused `sysctl -w net.netfilter.nf_conntrack_max=327680000`"),
        "{said}"
    );
    assert!(said.contains("can be set in the machine's initial network namespace only"), "{said}");
}
