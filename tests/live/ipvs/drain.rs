//! Endpoints that go while connections to them are open.

use super::site::{Site, answers, on_node};
use crate::lab::{ask, serve_udp, text};
use crate::program::until;
use crate::traffic::clients::{Held, Server, request_from};
use std::io::ErrorKind;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

const CLIENT: &str = "pod-default.client";
const SERVICE: &str = "10.96.0.80:80";

/// A service of two pods, or of one of them, or none.
fn stated(service: &str) -> String {
    format!(
        "\
pod a on node0 {{ ip 10.244.0.11 }}
pod b on node0 {{ ip 10.244.0.12 }}
{service}"
    )
}

const BOTH: &str =
    "service web { ip 10.96.0.80; port 80; endpoint 10.244.0.11:80; endpoint 10.244.0.12:80 }";
const ONE: &str = "service web { ip 10.96.0.80; port 80; endpoint 10.244.0.11:80 }";

/// Longer than any of these tests.
const LONG: &str = "ipvs { drain 5m }";

/// A node with both endpoints, and their servers.
fn site(proxy: &str) -> (Site, [Server; 2]) {
    let site = Site::with(proxy, &stated(BOTH), &[]);
    (site, ["a", "b"].map(Server::new))
}

/// A connection to each of both.
fn held() -> [Held; 2] {
    let open = || Held::open(CLIENT, SERVICE);
    let mut both = [open(), open()];
    both.sort_by(|one, other| one.server.cmp(&other.server));
    assert_eq!(
        both.each_ref().map(|held| held.server.as_str()),
        ["pod-default.a", "pod-default.b"]
    );
    both
}

fn servers() -> String {
    on_node("ipvsadm -Sn")
}

#[test]
fn a_connection_to_an_endpoint_that_goes_may_end_by_itself() {
    let (site, _servers) = site(LONG);
    let [mut stays, mut leaves] = held();
    thread::scope(|scope| {
        let apply = scope.spawn(|| site.apply(LONG, &stated(ONE)));
        until("it gets no more connections", || servers().contains("-r 10.244.0.12:80 -m -w 0"));
        for _ in 0..6 {
            assert_eq!(request_from(CLIENT, SERVICE).unwrap(), "pod-default.a", "a new one");
        }
        for _ in 0..10 {
            assert!(leaves.goes_on() && stays.goes_on(), "those that are open");
            sleep(Duration::from_millis(50));
        }
        assert!(!apply.is_finished(), "it waits");
        drop(leaves);
        let end = Instant::now();
        apply.join().unwrap();
        println!("the apply ended {} ms after the connection", end.elapsed().as_millis());
        assert!(end.elapsed() < Duration::from_secs(15));
    });
    assert!(!servers().contains("10.244.0.12"), "{}", servers());
    assert!(stays.goes_on());
}

#[test]
fn a_connection_to_a_service_that_goes_may_end_by_itself() {
    let (site, _servers) = site(LONG);
    let [mut one, mut other] = held();
    thread::scope(|scope| {
        let apply = scope.spawn(|| site.apply(LONG, &stated("")));
        until("it gets no more connections", || !servers().contains(" -w 1"));
        assert!(one.goes_on() && other.goes_on(), "those that are open");
        let refused = request_from(CLIENT, SERVICE).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "{refused}");
        assert!(!apply.is_finished(), "it waits");
        drop((one, other));
        apply.join().unwrap();
    });
    assert_eq!(servers(), "");
}

#[test]
fn a_connection_that_does_not_end_is_broken_when_the_time_is_over() {
    const SHORT: &str = "ipvs { drain 2s }";
    let (site, _servers) = site(SHORT);
    let [mut stays, mut leaves] = held();
    let begin = Instant::now();
    site.apply(SHORT, &stated(ONE));
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(!servers().contains("10.244.0.12"), "{}", servers());
    assert!(stays.goes_on() && !leaves.goes_on());
    // There is nothing left to wait for.
    assert_eq!(site.apply(SHORT, &stated(ONE)), "node0 is as planned: nothing to do\n");
}

#[test]
fn without_open_connections_there_is_no_wait() {
    let service = |endpoints: &str| {
        stated(&format!(
            "service web {{ ip 10.96.0.80; port http 80; port dns 53/udp; {endpoints} }}"
        ))
    };
    let both = "endpoint http 10.244.0.11:80; endpoint http 10.244.0.12:80; \
                endpoint dns 10.244.0.11:53; endpoint dns 10.244.0.12:53";
    let one = "endpoint http 10.244.0.11:80; endpoint dns 10.244.0.11:53";
    let site = Site::with(LONG, &service(both), &["a", "b"]);
    for pod in ["a", "b"] {
        serve_udp(&format!("pod-default.{pod}"), "0.0.0.0:53");
    }
    // These have ended, but the kernel still lists them.
    answers(CLIENT, SERVICE, 4);
    // Nobody can say whether these have ended.
    let asked = crate::lab::within(CLIENT, || {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        socket.send_to(b"?", "10.96.0.80:53").unwrap();
        socket.recv(&mut [0; 64])
    });
    asked.unwrap();
    let begin = Instant::now();
    site.apply(LONG, &service(one));
    println!("the apply took {} ms", begin.elapsed().as_millis());
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
    assert!(!servers().contains("10.244.0.12"), "{}", servers());
    assert_eq!(ask(CLIENT, SERVICE).unwrap().server, "pod-default.a");
}

/// An endpoint that comes back while it is waited for: the wait is over, and it serves again.
#[test]
fn an_apply_that_was_broken_off_while_it_waited_can_be_taken_up() {
    let (site, _servers) = site(LONG);
    let [_stays, mut leaves] = held();
    let source = site.lab.source(&super::site::cluster(LONG, &stated(ONE)));
    let mut command = site.lab.netc();
    command.arg("apply").arg(&source).args(["--node", "node0", "--netns", "node0"]);
    let mut apply = command.spawn().unwrap();
    until("it gets no more connections", || servers().contains("-r 10.244.0.12:80 -m -w 0"));
    apply.kill().unwrap();
    apply.wait().unwrap();
    let back = site.netc(&["rollback"]);
    assert!(back.status.success(), "{}", text(&back.stderr));
    assert!(servers().contains("-r 10.244.0.12:80 -m -w 1"), "{}", servers());
    assert!(leaves.goes_on());
}
