//! Addresses of load balancers that nodes announce: others find them, and find them again where they
//! go.

use crate::lab::{Answer, Lab, ask, run, serve};
use std::io::ErrorKind;

macro_rules! by {
    ($($mode:ident $proxy:literal)*) => {$(
        mod $mode {
            #[test]
            fn an_address_leads_to_its_endpoints_wherever_it_goes() {
                super::an_address_leads_to_its_endpoints_wherever_it_goes($proxy);
            }
        }
    )*};
}

by! {
    iptables "iptables"
    nftables "nftables"
}

const NODES: [&str; 3] = ["node0", "node1", "node2"];

/// A cluster of three nodes, whose load balancers have these addresses.
fn stated(proxy: &str, pool: &str, more: &str) -> String {
    format!(
        "\
cluster lab {{
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  host-gw
    proxy    {proxy}
    load-balancers 192.168.0.100-192.168.0.110, fd01::100-fd01::110 {{ {pool} }}
}}
node node0 {{ address 192.168.0.10/24, fd01::10/64 on eth0 }}
node node1 {{ address 192.168.0.11/24, fd01::11/64 on eth0 }}
node node2 {{ address 192.168.0.12/24, fd01::12/64 on eth0 }}
{more}"
    )
}

const SERVICES: &str = "\
pod web on node0 { labels app=web; port http 80 }
pod other on node1 { labels app=other; port http 80 }
service wide {
    select app=web
    type load-balancer
    families ipv4, ipv6
    load-balancer-ip 192.168.0.105
    load-balancer-ip fd01::105
    port 80 -> http
}
service near {
    select app=web
    type load-balancer
    families ipv4, ipv6
    external-traffic local
    port 80 -> http
}
";

/// The nodes that have an address on their device.
fn holders(address: &str) -> Vec<&'static str> {
    let has = |node: &&str| {
        let all = run(&format!("ip -n {node} -o addr show dev eth0"));
        all.lines().any(|line| line.contains(&format!(" {address}/")))
    };
    NODES.into_iter().filter(has).collect()
}

/// The Ethernet address of a node's device.
fn mac(node: &str) -> String {
    let shown = run(&format!("ip -n {node} link show dev eth0"));
    shown.split("link/ether ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

/// What the outside knows of an address.
fn known(address: &str) -> String {
    run(&format!("ip -n outside neigh show {address} dev eth0"))
}

fn an_address_leads_to_its_endpoints_wherever_it_goes(proxy: &str) {
    let lab = Lab::enter();
    for (node, number) in NODES.into_iter().zip(10..) {
        lab.host(node, number);
    }
    lab.host("outside", 200);
    let apply = |pool: &str| {
        let source = lab.source(&stated(proxy, pool, SERVICES));
        NODES.map(|node| lab.applied(&source, node, &[]))
    };
    apply("announce arp");
    serve("pod-default.web", "[::]:80");
    serve("pod-default.other", "[::]:80");
    let wide = [("192.168.0.105", "192.168.0.105:80"), ("fd01::105", "[fd01::105]:80")];
    let near = [("192.168.0.100", "192.168.0.100:80"), ("fd01::100", "[fd01::100]:80")];
    // Clients of a service that is local to nodes with endpoints are seen as they are.
    for ((address, to), client) in near.into_iter().zip(["192.168.0.200", "fd01::200"]) {
        assert_eq!(holders(address), ["node0"], "{address}: node0 alone has an endpoint");
        let expected = Answer { server: "pod-default.web".into(), client: client.parse().unwrap() };
        assert_eq!(ask("outside", to).unwrap(), expected);
    }
    for (address, to) in wide {
        let [holder] = holders(address)[..] else { panic!("{address}: {:?}", holders(address)) };
        assert_eq!(ask("outside", to).unwrap().server, "pod-default.web");
        assert!(known(address).contains(&mac(holder)), "{address}: {}", known(address));
        // Nobody asks for it any more: the entry is made to last, so only what is announced mends it.
        let others = NODES.into_iter().filter(|node| *node != holder);
        let others: Vec<&str> = others.collect();
        // The outside has just heard of it: the kernel keeps a fresh entry for a moment (`LOCKTIME`).
        apply(&format!("announce arp on eth0; on {}", others.join(", ")));
        let [moved] = holders(address)[..] else { panic!("{address}: {:?}", holders(address)) };
        assert_ne!(moved, holder);
        assert!(known(address).contains(&mac(moved)), "{address}: {}", known(address));
        assert_eq!(ask("outside", to).unwrap().server, "pod-default.web");
        apply("announce arp");
        assert_eq!(holders(address), [holder], "{address} is back");
        assert!(known(address).contains(&mac(holder)), "{address}: {}", known(address));
        assert_eq!(ask("outside", to).unwrap().server, "pod-default.web");
    }
}

#[test]
fn a_stale_entry_is_mended_by_the_announcement() {
    let lab = Lab::enter();
    lab.host("node0", 10);
    lab.host("outside", 200);
    let wrong = "02:00:00:00:00:99";
    for address in ["192.168.0.100", "fd01::100"] {
        run(&format!("ip -n outside neigh add {address} lladdr {wrong} dev eth0 nud stale"));
    }
    let services = "\
pod web on node0 { labels app=web; port http 80 }
service web { select app=web; type load-balancer; families ipv4, ipv6; port 80 -> http }
";
    let source = lab.source(&stated("iptables", "on node0", services));
    lab.applied(&source, "node0", &[]);
    for address in ["192.168.0.100", "fd01::100"] {
        assert!(known(address).contains(&mac("node0")), "{address}: {}", known(address));
    }
    // Once more there is nothing to do, and the node begins no connection from them.
    assert!(lab.applied(&source, "node0", &[]).contains("nothing to do"));
    for (to, own) in [("192.168.0.200", "192.168.0.10"), ("fd01::200", "fd01::10")] {
        let route = run(&format!("ip -n node0 route get {to}"));
        assert!(route.contains(&format!("src {own} ")), "{route}");
    }
    serve("pod-default.web", "[::]:80");
    ask("outside", "192.168.0.100:80").unwrap();
    ask("outside", "[fd01::100]:80").unwrap();
    // Without the service the addresses go, although the device is not netc's.
    let source = lab.source(&stated("iptables", "on node0", "pod web on node0 { port http 80 }\n"));
    lab.applied(&source, "node0", &[]);
    let left = run("ip -n node0 -o addr show dev eth0");
    assert!(!left.contains("192.168.0.100") && !left.contains("fd01::100"), "{left}");
    let gone = ask("outside", "192.168.0.100:80").unwrap_err();
    assert!(matches!(gone.kind(), ErrorKind::HostUnreachable | ErrorKind::TimedOut), "{gone}");
}

#[test]
fn an_address_of_somebody_else_is_not_taken() {
    let lab = Lab::enter();
    lab.host("node0", 10);
    run("ip -n node0 addr add 192.168.0.100/32 dev eth0");
    let services = "\
pod web on node0 { labels app=web; port http 80 }
service web { select app=web; type load-balancer; port 80 -> http }
";
    let source = lab.source(&stated("iptables", "on node0", services));
    let refused = lab.apply(&source, "node0", &[]);
    let said = crate::lab::text(&refused.stderr);
    assert!(!refused.status.success() && said.contains("is not netc's"), "{said}");
    lab.applied(&source, "node0", &["--adopt"]);
    let destroyed = lab.netc().args(["destroy", "--netns", "node0"]).output().unwrap();
    assert!(destroyed.status.success(), "{}", crate::lab::text(&destroyed.stderr));
    let left = run("ip -n node0 -o addr show dev eth0");
    assert!(!left.contains("192.168.0.100"), "{left}");
}

/// In IPVS mode every node has every address, on a device that is never up; here a bridge stands in
/// for that.
#[test]
fn only_the_holder_answers_where_all_nodes_have_the_address() {
    let lab = Lab::enter();
    for (node, number) in [("node0", 10), ("node1", 11)] {
        lab.host(node, number);
        run(&format!("ip -n {node} link add kube-ipvs0 type bridge"));
        run(&format!("ip -n {node} addr add 192.168.0.100/32 dev kube-ipvs0"));
        for key in ["arp_ignore=1", "arp_announce=2"] {
            run(&format!("ip netns exec {node} sysctl -q -w net.ipv4.conf.all.{key}"));
        }
    }
    lab.host("outside", 200);
    run("ip -n node1 addr add 192.168.0.100/32 dev eth0 preferred_lft 0");
    for _ in 0..5 {
        run("ip -n outside neigh flush dev eth0");
        run("ip netns exec outside ping -c 1 -W 2 192.168.0.100");
        assert!(known("192.168.0.100").contains(&mac("node1")), "{}", known("192.168.0.100"));
    }
}

/// In IPVS mode every node has the addresses of all services, on a device that is never up; only the
/// node that announces one may answer for it.
mod ipvs {
    use super::{NODES, SERVICES, holders, known, mac, stated};
    use crate::lab::{Lab, ask, run, serve};

    /// The outside learns anew where an address is, and gets to an endpoint there.
    #[track_caller]
    fn reaches(address: &str, to: &str, holder: &str) {
        for _ in 0..3 {
            run("ip -n outside neigh flush dev eth0");
            assert_eq!(ask("outside", to).unwrap().server, "pod-default.web", "{address}");
            assert!(known(address).contains(&mac(holder)), "{address}: {}", known(address));
        }
    }

    /// Without the node that announces an address nobody answers for it, although others have it.
    #[track_caller]
    fn nobody_else_answers(address: &str, to: &str, holder: &str) {
        run(&format!("ip link set p-{holder} down"));
        run("ip -n outside neigh flush dev eth0");
        ask("outside", to).unwrap_err();
        let others = NODES.into_iter().filter(|node| *node != holder);
        for node in others {
            assert!(!known(address).contains(&mac(node)), "{address}: {}", known(address));
        }
        run(&format!("ip link set p-{holder} up"));
    }

    #[test]
    fn only_the_node_that_announces_an_address_answers_for_it() {
        let lab = Lab::enter();
        for (node, number) in NODES.into_iter().zip(10..) {
            lab.host(node, number);
        }
        lab.host("outside", 200);
        let apply = |pool: &str| {
            let source = lab.source(&stated("ipvs", pool, SERVICES));
            NODES.map(|node| lab.applied(&source, node, &[]))
        };
        apply("announce arp");
        serve("pod-default.web", "[::]:80");
        let wide = [("192.168.0.105", "192.168.0.105:80"), ("fd01::105", "[fd01::105]:80")];
        for (address, to) in wide {
            for node in NODES {
                let all = run(&format!("ip -n {node} -o addr show dev kube-ipvs0"));
                assert!(all.contains(&format!(" {address}/")), "{node}: {all}");
            }
            let [holder] = holders(address)[..] else {
                panic!("{address}: {:?}", holders(address))
            };
            reaches(address, to, holder);
            nobody_else_answers(address, to, holder);
            reaches(address, to, holder);
        }
        // Those of a service that is local to nodes with endpoints are at the one that has them.
        for (address, to) in
            [("192.168.0.100", "192.168.0.100:80"), ("fd01::100", "[fd01::100]:80")]
        {
            assert_eq!(holders(address), ["node0"], "{address}: node0 alone has an endpoint");
            reaches(address, to, "node0");
        }
        // Another node gets them, and is found when it is asked for.
        let [before] = holders(wide[0].0)[..] else { panic!() };
        let others: Vec<&str> = NODES.into_iter().filter(|node| *node != before).collect();
        apply(&format!("announce arp on eth0; on {}", others.join(", ")));
        for (address, to) in wide {
            let [holder] = holders(address)[..] else {
                panic!("{address}: {:?}", holders(address))
            };
            assert!(others.contains(&holder), "{address}: {holder}");
            reaches(address, to, holder);
        }
    }
}
