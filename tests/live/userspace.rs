//! Services in userspace mode, by real programs.

use crate::lab::{Lab, ask, ask_often, run, serve, servers, start};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// Three pods, a client beside them, and a service with a port on the node.
fn stated(engine: &str, more: &str, count: usize) -> String {
    let endpoints: String =
        (3..3 + count).map(|number| format!("    endpoint 10.244.0.{number}:80\n")).collect();
    format!(
        "\
cluster lab {{
    pods     10.244.0.0/16
    services 10.96.0.0/16
    overlay  static
    proxy    userspace {{ engine {engine} }}
}}
node node0 {{ address 192.168.0.10/24 on eth0 }}
pods web replicas 3 on node0 {{ port http 80 }}
pod client on node0
service web {{
    ip   10.96.0.80
    type node-port
    port 80 node-port 30080 proxy-port 28080
    {more}
{endpoints}}}
"
    )
}

/// The pods behind the service.
fn pods() -> Vec<String> {
    (0..3).map(|number| format!("pod-default.web-{number}")).collect()
}

fn running(engine: &str, more: &str) -> (Lab, PathBuf) {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    lab.machine("outside", "eth0", &["192.168.0.200/24"]);
    run("ip -n node0 route add default via 192.168.0.1");
    let source = lab.source(&stated(engine, more, 3));
    lab.applied(&source, "node0", &[]);
    pods().iter().for_each(|pod| serve(pod, "0.0.0.0:80"));
    (lab, source)
}

/// A connection ends at the node, and the node opens another one: what the pod sees is the node, by
/// the address that it has on the bridge.
#[test]
fn pods_see_the_node() {
    let (_lab, _) = running("nginx", "");
    let gateway: IpAddr = "10.244.0.1".parse().unwrap();
    let ways = [
        ("pod-default.client", "10.96.0.80:80"),
        // A pod reaches itself without a hairpin.
        ("pod-default.web-0", "10.96.0.80:80"),
        ("node0", "10.96.0.80:80"),
        ("node0", "127.0.0.1:30080"),
        ("outside", "192.168.0.10:30080"),
    ];
    for (client, to) in ways {
        let answers = ask_often(client, to, 30);
        assert_eq!(servers(&answers), pods(), "{client} to {to}");
        assert!(answers.keys().all(|answer| answer.client == gateway), "{client}: {answers:?}");
    }
}

/// All connections of one client go to one endpoint.
#[test]
fn a_client_stays_with_its_endpoint() {
    for engine in ["nginx", "haproxy"] {
        let (_lab, _) = running(engine, "affinity client-ip");
        let answers = ask_often("pod-default.client", "10.96.0.80:80", 30);
        assert_eq!(answers.len(), 1, "{engine}: {answers:?}");
    }
}

/// HAProxy remembers clients for as long as is stated, and not longer.
#[test]
fn a_client_is_let_go_when_it_was_silent_for_long() {
    let (_lab, _) = running("haproxy", "affinity client-ip 2s");
    let endpoint = || {
        let answers = ask_often("pod-default.client", "10.96.0.80:80", 6);
        assert_eq!(answers.len(), 1, "{answers:?}");
        servers(&answers)[0].to_owned()
    };
    let before = endpoint();
    sleep(Duration::from_secs(4));
    // Somebody else has the next turn, so that the client has another one.
    ask("outside", "192.168.0.10:30080").unwrap();
    assert_ne!(endpoint(), before);
}

/// Endpoints come and go ten times, and every connection is served all the while.
fn changes_lose_nothing(engine: &str) {
    let (lab, source) = running(engine, "");
    let done = Arc::new(AtomicBool::new(false));
    let clients = ["pod-default.client", "outside"].map(|client| {
        let (done, to) = (
            Arc::clone(&done),
            match client {
                "outside" => "192.168.0.10:30080",
                _ => "10.96.0.80:80",
            },
        );
        start("node0", move || {
            let mut asked = 0;
            while !done.load(Ordering::Relaxed) {
                ask(client, to).unwrap_or_else(|error| panic!("{client}, {asked}: {error}"));
                asked += 1;
            }
            asked
        })
    });
    for turn in 0..10 {
        let count = if turn % 2 == 0 { 2 } else { 3 };
        std::fs::write(&source, stated(engine, "", count)).unwrap();
        lab.applied(&source, "node0", &[]);
        let answers = ask_often("node0", "10.96.0.80:80", 20);
        assert_eq!(servers(&answers), pods()[..count], "{engine}, turn {turn}");
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        assert!(client.join().unwrap() > 10, "{engine}");
    }
}

#[test]
fn changes_lose_nothing_with_nginx() {
    changes_lose_nothing("nginx");
}

#[test]
fn changes_lose_nothing_with_haproxy() {
    changes_lose_nothing("haproxy");
}

/// Without an endpoint nobody listens, and with it again somebody does.
fn what_is_gone_is_refused(engine: &str) {
    let (lab, source) = running(engine, "");
    ask("outside", "192.168.0.10:30080").unwrap();
    let none = stated(engine, "no-endpoints", 0);
    std::fs::write(&source, none).unwrap();
    lab.applied(&source, "node0", &[]);
    for (client, to) in [("outside", "192.168.0.10:30080"), ("node0", "10.96.0.80:80")] {
        let refused = ask(client, to).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused, "{client} to {to}");
    }
    std::fs::write(&source, stated(engine, "", 3)).unwrap();
    lab.applied(&source, "node0", &[]);
    ask("outside", "192.168.0.10:30080").unwrap();
}

#[test]
fn what_is_gone_is_refused_with_nginx() {
    what_is_gone_is_refused("nginx");
}

#[test]
fn what_is_gone_is_refused_with_haproxy() {
    what_is_gone_is_refused("haproxy");
}
