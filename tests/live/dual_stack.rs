//! Both address families at once.

use crate::lab::{Lab, ask, ask_often, run, serve, servers};
use std::io::ErrorKind;

fn cluster(overlay: &str) -> String {
    format!(
        "\
cluster dual {{
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  {overlay}
}}
node node0 {{ address 192.168.0.10/24, fd01::10/64 on eth0 }}
node node1 {{ address 192.168.0.11/24, fd01::11/64 on eth0 }}
pods web replicas 2 {{ labels app=web; port http 80 }}
service web   {{ select app=web; families ipv4, ipv6; type node-port; port 80 -> http node-port 30080 }}
service later {{ select app=later; families ipv6; port 80 }}
"
    )
}

fn proven(overlay: &str) -> Lab {
    let lab = Lab::enter();
    let source = lab.source(&cluster(overlay));
    for (node, number) in [("node0", 10), ("node1", 11)] {
        lab.machine(
            node,
            "eth0",
            &[&format!("192.168.0.{number}/24"), &format!("fd01::{number}/64")],
        );
        lab.applied(&source, node, &[]);
        assert_eq!(
            lab.applied(&source, node, &[]),
            format!("{node} is as planned: nothing to do\n")
        );
    }
    let (here, there) = ("pod-default.web-0", "pod-default.web-1");
    serve(here, "[::]:80");
    serve(there, "[::]:80");
    let answer = ask(here, "[fd00:10:244:1::2]:80").unwrap();
    assert_eq!(
        (answer.server.as_str(), answer.client.to_string()),
        (there, "fd00:10:244::2".into())
    );
    ask(here, "10.244.1.2:80").unwrap();
    for service in ["10.96.0.2:80", "[fd00:10:96::3]:80"] {
        assert_eq!(servers(&ask_often(here, service, 30)), [here, there], "{service}");
    }
    // Without any route for it the node would say "unreachable" before its rules are asked.
    run("ip -n node0 route add default via fd01::1 dev eth0");
    let refused = ask(here, "[fd00:10:96::2]:80").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    lab.machine("outside", "eth0", &["192.168.0.200/24", "fd01::200/64"]);
    for port in ["192.168.0.10:30080", "[fd01::10]:30080"] {
        assert_eq!(servers(&ask_often("outside", port, 30)), [here, there], "{port}");
    }
    lab
}

#[test]
fn host_gw() {
    let _lab = proven("host-gw");
    assert!(
        run("ip -n node0 -6 route").contains("fd00:10:244:1::/64 via fd01::11 dev eth0 proto 110")
    );
}

#[test]
fn vxlan() {
    let _lab = proven("vxlan");
    let device = run("ip -n node0 -d link show flannel-v6.1");
    assert!(device.contains("local fd01::10") && device.contains("mtu 1430"), "{device}");
}
