//! How large a packet may be on its way from pod to pod.
//!
//! Nobody on the way may cut a packet up: pings say so (DF), TCP does so by itself. An overlay could
//! send its own packets in fragments without anybody seeing it, so those are counted.

use super::site::{NODES, PODS, Site, socket};
use crate::lab::{run, text, within};
use nix::sys::socket::{getsockopt, sockopt::TcpMaxSeg};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

/// What a TCP transfer sends.
const PAYLOAD: usize = 300_000;

/// Between which pods: of a wire, and there and back where there can be a router.
const WAYS: [(usize, usize); 3] = [(0, 1), (0, 2), (2, 1)];

/// Packets of `mtu` bytes pass whole from pod to pod, one byte more does not: not by the pods' own
/// devices, and not by the way between the nodes when these devices would let it.
pub(super) fn exactly(site: &Site, mtu: u32) {
    for (from, to) in WAYS {
        for address in site.addresses(to) {
            assert_eq!(ping(PODS[from], &address, mtu, "3"), Echo::Answered, "to {address}");
            assert_eq!(ping(PODS[from], &address, mtu + 1, "0.05"), Echo::TooLong, "to {address}");
            transfer(PODS[from], PODS[to], &address, mtu);
        }
    }
    assert_eq!(fragments(), 0, "packets of {mtu} bytes travel in fragments");
    // The larger of both families' headers says how large all may be.
    let Some(address) = site.addresses(2).pop() else { return };
    enlarge(mtu + 1);
    let echo = ping(PODS[0], &address, mtu + 1, "0.5");
    assert!(
        echo != Echo::Answered || fragments() > 0,
        "{} bytes pass the whole way to {address}",
        mtu + 1
    );
}

#[derive(PartialEq, Debug)]
enum Echo {
    /// It came back as it was.
    Answered,
    /// The sender was told that it is too long.
    TooLong,
    /// It is lost.
    Lost,
}

/// Sends a packet of so many bytes, which nobody may cut up, and waits for so many seconds.
fn ping(pod: &str, address: &str, size: u32, patience: &str) -> Echo {
    let header = if address.contains(':') { 40 } else { 20 };
    let payload = (size - header - 8).to_string();
    let mut command = Command::new("ping");
    command.args(["-n", "-c", "1", "-W", patience, "-M", "do", "-s", &payload, address]);
    let output = within(pod, move || command.output());
    let output = output.unwrap_or_else(|error| panic!("ping: {error}: run tests/run.sh"));
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.status.code().is_some_and(|code| code < 2), "{said}");
    if output.status.success() {
        Echo::Answered
    } else if said.contains("message too long")
        || said.contains("Packet too big")
        || said.contains("Frag needed")
    {
        Echo::TooLong
    } else {
        Echo::Lost
    }
}

/// Reads from the pod with this address: all comes, in segments that fill a packet.
fn transfer(client: &str, server: &str, address: &str, mtu: u32) {
    let to: SocketAddr = socket(address, 0).parse().unwrap();
    // Every segment is a packet of its own, as on a wire.
    run(&format!("ip -n {server} link set eth0 gso_max_segs 1"));
    let listener = within(server, move || TcpListener::bind(to).unwrap());
    let to = listener.local_addr().unwrap();
    let sender = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&vec![b'x'; PAYLOAD]).unwrap();
        let segment = getsockopt(&stream, TcpMaxSeg).unwrap();
        // The reader has the last of it when it closes.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        (segment, getsockopt(&stream, TcpMaxSeg).unwrap())
    });
    let received = within(client, move || {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).map(|_| all.len())
    });
    assert_eq!(received.unwrap_or_else(|error| panic!("{address}: {error}")), PAYLOAD);
    // The headers of IP and TCP, and TCP's timestamps.
    let segment = mtu - if to.is_ipv6() { 60 } else { 40 } - 12;
    assert_eq!(sender.join().unwrap(), (segment, segment), "segments to {address}");
}

/// How many fragments the nodes have made. What arrives is not always counted: with connection tracking
/// IPv6 never sees it in pieces.
fn fragments() -> u64 {
    NODES.iter().map(|node| within(node, fragments_here)).sum()
}

fn fragments_here() -> u64 {
    // Two lines for IPv4: names, and their values in the same order.
    let v4 = fs::read_to_string("/proc/thread-self/net/snmp").unwrap();
    let mut lines = v4.lines().filter_map(|line| line.strip_prefix("Ip: "));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let place = names.split(' ').position(|name| name == "FragCreates").unwrap();
    let v4: u64 = values.split(' ').nth(place).unwrap().parse().unwrap();
    let v6 = fs::read_to_string("/proc/thread-self/net/snmp6").unwrap();
    let v6 = v6.lines().find_map(|line| line.strip_prefix("Ip6FragCreates")).unwrap();
    v4 + v6.trim().parse::<u64>().unwrap()
}

/// Everything that netc has made lets larger packets pass, as far as the kernel allows it.
fn enlarge(mtu: u32) {
    for space in NODES.iter().chain(&PODS) {
        let pod = PODS.contains(space);
        for line in run(&format!("ip -n {space} -o link")).lines() {
            let name = line.split([' ', '@', ':']).nth(2).unwrap();
            if name != "lo" && (pod || name != "eth0") {
                let words = format!("-n {space} link set {name} mtu {mtu}");
                let _ = Command::new("ip").args(words.split(' ')).output().unwrap();
            }
        }
    }
}
