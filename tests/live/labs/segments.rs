//! Nodes on several segments, with a router between them.

use super::Labs;

const SOURCE: &str = "
cluster apart {
    pods     10.244.0.0/16 per-node /24, fd00:10:244::/56 per-node /64
    services 10.96.0.0/16
    overlay  vxlan
    proxy    iptables
}
node a { address 172.16.1.10/24 on eth0; address fd00:1::10/64 on eth0; gateway 172.16.1.1 }
node b { address 172.16.2.10/24 on ens3; address fd00:2::10/64 on ens3 }
node c { address 172.16.1.11/24 on eth0; address fd00:1::11/64 on eth0; gateway none }
pod p0 on a { labels app=web; port http 80 }
pod p1 on b { labels app=web; port http 80 }
service web { select app=web; port 80 -> http; external-ips 198.51.100.80 }
service db { ip 10.96.0.99; port 5432; endpoint 192.168.50.7:5432 }
service near { ip 10.96.0.98; port 5432; endpoint 172.16.2.77:5432 }
";

#[test]
fn a_router_joins_them() {
    let labs = Labs::new();
    let source = labs.file("cluster.netc", SOURCE);
    let said = labs.up(&source, &[]);
    assert!(said.trim_end().ends_with("3 nodes, 2 pods, 2 segments, a router"), "{said}");
    let exec = |place: &str, line: &str| labs.exec("apart", place, line);
    for to in ["10.244.1.2", "fd00:10:244:1::2"] {
        exec("pod/p0", &format!("ping -c 1 -W 2 {to}"));
    }
    // The gateway that is stated, and one that is not.
    assert!(exec("node/a", "ip route show default").contains("via 172.16.1.1 dev eth0"));
    assert!(exec("node/b", "ip route show default").contains("via 172.16.2.254 dev ens3"));
    assert_eq!(exec("node/c", "ip route show default"), "");
    assert!(exec("router", "ip -br address").contains("172.16.1.1/24"));
    // Endpoints that are nobody's of the cluster, beyond the router and on a segment.
    let answer = exec("pod/p0", "curl -s -m 3 http://10.96.0.99:5432");
    assert!(answer.starts_with("outside 192.168.50.7:5432 sees 172.16.1.10:"), "{answer}");
    let answer = exec("pod/p0", "curl -s -m 3 http://10.96.0.98:5432");
    assert!(answer.starts_with("outside 172.16.2.77:5432 sees 172.16.1.10:"), "{answer}");
    // An external address is routed to the nodes.
    let answer = exec("outside", "curl -s -m 3 http://198.51.100.80");
    assert!(answer.starts_with("default/p"), "{answer}");
}
