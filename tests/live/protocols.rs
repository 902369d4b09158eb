//! Services of other protocols than TCP.

use crate::lab::{Lab, run, serve_udp, within};
use std::fs;
use std::net::UdpSocket;
use std::time::Duration;

#[test]
fn a_udp_client_moves_on_when_its_endpoint_is_removed() {
    let cluster = |endpoint: &str| {
        format!(
            "\
cluster lab {{ pods 10.244.0.0/16; services 10.96.0.0/16; overlay host-gw }}
node node0 {{ address 192.168.0.10/24 on eth0 }}
pod a on node0 {{ ip 10.244.0.2 }}
pod b on node0 {{ ip 10.244.0.3 }}
service names {{ type node-port; port 53/udp node-port 30053; endpoint {endpoint}:53 on node0 }}
"
        )
    };
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    lab.machine("outside", "eth0", &["192.168.0.200/24"]);
    lab.applied(&lab.source(&cluster("10.244.0.2")), "node0", &[]);
    serve_udp("pod-default.a", "0.0.0.0:53");
    serve_udp("pod-default.b", "0.0.0.0:53");
    // One socket throughout: the kernel takes all that it sends for one connection.
    let client = within("outside", || UdpSocket::bind("0.0.0.0:40000").unwrap());
    client.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    let ask = || {
        client.send_to(b"who?", "192.168.0.10:30053").unwrap();
        let mut answer = [0; 64];
        let (length, _) = client.recv_from(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    assert_eq!(ask(), "pod-default.a");
    assert_eq!(ask(), "pod-default.a");
    lab.applied(&lab.source(&cluster("10.244.0.3")), "node0", &[]);
    assert_eq!(ask(), "pod-default.b", "the connection leads to the removed endpoint still");
}

#[test]
fn rules_for_sctp_load() {
    let source = "\
cluster lab { pods 10.244.0.0/16, fd00:10:244::/56; services 10.96.0.0/16, fd00:10:96::/112 }
node node0 { address 192.168.0.10/24, fd01::10/64 on eth0 }
pods calls replicas 2 on node0 { labels app=calls; port sig 3868/sctp }
service calls {
    select app=calls
    families ipv4, ipv6
    type node-port
    affinity client-ip
    port 3868/sctp -> sig node-port 30868
}
service idle { families ipv4, ipv6; no-endpoints; port 3868/sctp }
";
    let lab = Lab::enter();
    lab.source(source);
    let folder = lab.built(&["cluster.netc"]).join("node0");
    for (file, tool) in [("iptables.rules", "iptables"), ("ip6tables.rules", "ip6tables")] {
        let rules = folder.join(file);
        let count = |text: &str| text.lines().filter(|line| line.contains(" -p sctp ")).count();
        let planned = count(&fs::read_to_string(&rules).unwrap());
        assert_eq!(planned, 6, "{file}: address, node port, source, two endpoints, no endpoints");
        for backend in ["legacy", "nft"] {
            let netns = format!("{tool}-{backend}");
            run(&format!("ip netns add {netns}"));
            let tool = format!("ip netns exec {netns} {tool}-{backend}");
            // If this fails with a sound file, the kernel lacks xt_sctp.
            run(&format!("{tool}-restore --noflush {}", rules.display()));
            assert_eq!(count(&run(&format!("{tool}-save"))), planned, "{tool}");
        }
    }
}
