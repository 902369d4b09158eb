//! Who serves in a lab, and at which ports.

use crate::support::cluster;
use netc::lab::serving::{Served, on_node, outside, outside_addresses};
use netc::model::NodeId;

const SOURCE: &str = "
cluster c { pods 10.244.0.0/16; services 10.96.0.0/16; overlay host-gw }
node n0 { address 10.0.0.1/24 on eth0 }
node n1 { address 10.0.0.2/24 on eth0 }
pod stated on n0 { labels app=web; port http 80; port dns 53/udp; port tunnel 9000/sctp }
pod led on n0 { labels app=api }
pod silent on n0
pod asserted on n0
pod agent on n0 { host-network; port metrics 9100 }
service api { select app=api; port 80 -> 8080 }
service db { ip 10.96.0.9; port 5432; endpoint 192.0.2.7:5432; endpoint 10.0.0.2:5433 }
docker n1 {
    network bridge { address 172.17.0.1/16 }
    container cache { network bridge; publish 6379 -> 6380 }
}
assert pod stated reaches pod asserted:7000
assert pod stated reaches 192.0.2.8:443
assert outside 198.51.100.1 cannot-reach pod silent
";

/// In a line: `default/web 80/tcp 53/udp`.
fn line(served: &Served) -> String {
    let ports: Vec<String> = served.ports.iter().map(ToString::to_string).collect();
    format!("{} {}", served.name, ports.join(" "))
}

#[test]
fn ports_are_those_that_the_sources_know_of() {
    let cluster = cluster(SOURCE);
    let lines = |id| on_node(&cluster, NodeId(id)).iter().map(line).collect::<Vec<_>>();
    assert_eq!(
        lines(0),
        [
            "default/asserted 7000/tcp",
            "default/led 8080/tcp",
            "default/stated 53/udp 80/tcp",
            "default/agent 9100/tcp",
        ]
    );
    assert_eq!(lines(1), ["n1/cache 6380/tcp", "n1 5433/tcp"]);
}

#[test]
fn the_outside_plays_whom_the_cluster_does_not_have() {
    let cluster = cluster(SOURCE);
    let all: Vec<String> = outside(&cluster).iter().map(line).collect();
    assert_eq!(all, ["outside 5432/tcp", "outside 443/tcp"]);
    let addresses = outside_addresses(&cluster);
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["192.0.2.7", "192.0.2.8", "198.51.100.1"]);
}
