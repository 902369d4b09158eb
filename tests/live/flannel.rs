//! Flannel's rules by nf_tables.

use crate::lab::{Lab, ask, run, serve};

const PODS: [&str; 2] = ["pod-default.web-0", "pod-default.web-1"];

/// Two nodes with a pod each, and flannel's rules as stated.
fn lab(overlay: &str) -> Lab {
    let lab = Lab::enter();
    let source = lab.source(&format!(
        "\
cluster lab {{
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  {overlay}
    proxy    nftables
}}
node node0 {{ address 192.168.0.10/24, fd01::10/64 on eth0 }}
node node1 {{ address 192.168.0.11/24, fd01::11/64 on eth0 }}
pods web replicas 2 {{ labels app=web; port http 80 }}
"
    ));
    for (node, number) in [("node0", 10), ("node1", 11)] {
        lab.host(node, number);
        lab.applied(&source, node, &[]);
        let again = lab.applied(&source, node, &[]);
        assert_eq!(again, format!("{node} is as planned: nothing to do\n"));
    }
    lab.host("outside", 200);
    for server in PODS.into_iter().chain(["outside"]) {
        serve(server, "[::]:80");
    }
    lab
}

/// A route to a remote pod by one of the node's addresses, the pod, the node's address, and the one
/// by which the overlay is reached.
const WAYS: [(&str, &str, &str, &str); 2] = [
    (
        "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink src 192.168.0.10",
        "10.244.1.2:80",
        "192.168.0.10",
        "10.244.0.0",
    ),
    (
        "fd00:10:244:1::/64 via fd00:10:244:1:: dev flannel-v6.1 onlink src fd01::10",
        "[fd00:10:244:1::2]:80",
        "fd01::10",
        "fd00:10:244::",
    ),
];

#[test]
fn what_a_node_sends_to_pods_of_another_comes_by_the_overlay() {
    let _lab = lab("vxlan { rules nftables }");
    for (route, to, _, overlay) in WAYS {
        run(&format!("ip -n node0 route replace {route}"));
        assert_eq!(ask("node0", to).unwrap().client.to_string(), overlay, "{route}");
    }
    // From pod to pod nobody translates anything; what leaves the cluster takes the node's address.
    for (to, own) in [("10.244.1.2:80", "10.244.0.2"), ("[fd00:10:244:1::2]:80", "fd00:10:244::2")]
    {
        assert_eq!(ask(PODS[0], to).unwrap().client.to_string(), own);
    }
    for (to, node) in [("192.168.0.200:80", "192.168.0.10"), ("[fd01::200]:80", "fd01::10")] {
        assert_eq!(ask(PODS[0], to).unwrap().client.to_string(), node);
    }
    assert!(!run("ip netns exec node0 nft list tables").contains("filter"), "wholly nft");
}

#[test]
fn flannel_itself_does_not_masquerade_it() {
    // With the MTU that fits over IPv6 there is nothing to warn of.
    let _lab = lab("vxlan { rules nftables; emulate flannel; mtu 1430 }");
    for (route, to, own, _) in WAYS {
        run(&format!("ip -n node0 route replace {route}"));
        assert_eq!(ask("node0", to).unwrap().client.to_string(), own, "{route}");
    }
}
