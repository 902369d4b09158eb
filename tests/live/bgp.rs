//! What nodes tell routers, by the speakers themselves: the router learns the addresses, and what is
//! sent to them gets to endpoints.

use crate::lab::{Answer, Lab, ask, run, serve};
use crate::program::{Program, until};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = "\
cluster lab {
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  host-gw
    load-balancers 203.0.113.0/28, 2001:db8:1b::/120 { announce bgp }
    bgp { as 64512; engine ENGINE; peer ROUTER as 64500; advertise load-balancers, pods }
}
node node0 { address 192.168.0.10/24, fd01::10/64 on eth0; gateway 192.168.0.1, fd01::1 }
node node1 { address 192.168.0.11/24, fd01::11/64 on eth0; gateway 192.168.0.1, fd01::1 }
pod web on node0 { labels app=web; port http 80 }
service near {
    select app=web
    type load-balancer
    families ipv4, ipv6
    external-traffic local
    port 80 -> http
}
service wide { select app=web; type load-balancer; families ipv4, ipv6; port 80 -> http }
for i in 0..2 {
    primitives node${i} {
        chain filter UNSERVED on forward { rule { destination 203.0.113.0/28; reject } }
        chain filter UNSERVED on forward family ipv6 { rule { destination 2001:db8:1b::/120; reject } }
    }
}
";

/// A router of the test: it takes what the nodes tell, and puts it into its kernel. It waits for the
/// nodes: of two sessions that meet half way one is refused, and tried again later.
const ROUTER: &str = "\
router id 192.168.0.1;
protocol device { scan time 1; }
protocol kernel { ipv4 { export all; import none; }; merge paths on; }
protocol kernel { ipv6 { export all; import none; }; merge paths on; }
template bgp node {
    local ROUTER as 64500;
    passive on;
    error wait time 1, 2;
    ipv4 { import all; export none; };
    ipv6 { import all; export none; };
}
protocol bgp node0 from node { neighbor NODE0 as 64512; }
protocol bgp node1 from node { neighbor NODE1 as 64512; }
";

/// The ends of the sessions: the router's, then those of the nodes. What is told of the other
/// family goes by them too.
type Ends = [&'static str; 3];

const V4: Ends = ["192.168.0.1", "192.168.0.10", "192.168.0.11"];
const V6: Ends = ["fd01::1", "fd01::10", "fd01::11"];

/// BIRD in a namespace.
fn bird(netns: &str, config: &Path) -> Program {
    let control = format!("/run/{netns}.ctl");
    let mut command = Command::new("ip");
    command.args(["netns", "exec", netns, "bird", "-f", "-s", &control, "-c"]).arg(config);
    Program::start(&mut command)
}

/// FRR in a namespace, as the user that Debian starts it as, who reads nothing of the test's folder.
fn frr(netns: &str, config: &Path) -> [Program; 2] {
    let folder = format!("/run/frr-{netns}");
    run(&format!("install -d -o frr -g frr {folder}"));
    run(&format!("install -m 644 {} {folder}/frr.conf", config.display()));
    let daemon = |name: &str| {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", netns, &format!("/usr/lib/frr/{name}")]);
        command.args(["-f", &format!("{folder}/frr.conf"), "-i", &format!("{folder}/{name}.pid")]);
        command.args(["-z", &format!("{folder}/zserv"), "--vty_socket", &folder, "-P", "0"]);
        command.args(["--log", &format!("file:{folder}/{name}.log")]);
        Program::start(&mut command)
    };
    let zebra = daemon("zebra");
    until("zebra listens", || Path::new(&folder).join("zserv").exists());
    [zebra, daemon("bgpd")]
}

/// What a node tells routers by.
fn speaker(engine: &str, node: &str, out: &Path) -> Vec<Program> {
    let config = out.join(node).join(format!("{engine}.conf"));
    match engine {
        "bird" => vec![bird(node, &config)],
        _ => frr(node, &config).into(),
    }
}

/// The router, once it listens.
fn router(lab: &Lab, [own, node0, node1]: Ends) -> Program {
    let config = ROUTER.replace("ROUTER", own).replace("NODE0", node0).replace("NODE1", node1);
    let running = bird("router", &lab.file("router.conf", &config));
    until("the router listens", || {
        run("ip netns exec router ss -Hltn sport = :179").contains(":179")
    });
    running
}

fn routes(to: &str) -> String {
    let family = if to.contains(':') { "-6" } else { "-4" };
    run(&format!("ip -n router {family} route show {to}"))
}

/// Two nodes, a router, and a client behind it.
fn site(lab: &Lab, source: &Path) {
    lab.machine("router", "eth0", &["192.168.0.1/24", "fd01::1/64"]);
    lab.machine("client", "eth0", &["198.51.100.7/24", "2001:db8:c::7/64"]);
    run("ip -n router addr add 198.51.100.1/24 dev eth0");
    run("ip -n router addr add 2001:db8:c::1/64 dev eth0 nodad");
    for key in [
        "net.ipv4.ip_forward=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv4.conf.all.send_redirects=0",
        "net.ipv4.conf.eth0.send_redirects=0",
    ] {
        run(&format!("ip netns exec router sysctl -q -w {key}"));
    }
    for (node, number) in [("node0", 10), ("node1", 11)] {
        let addresses = [format!("192.168.0.{number}/24"), format!("fd01::{number}/64")];
        lab.machine(node, "eth0", &addresses.each_ref().map(String::as_str));
        run(&format!("ip -n {node} route add default via 192.168.0.1"));
        run(&format!("ip -n {node} route add default via fd01::1"));
        lab.applied(source, node, &[]);
        // FRR ends sessions by IPv6 as long as the link has no address of its own.
        until(&format!("{node} has the address of its link"), || {
            let addresses = run(&format!("ip -n {node} -6 addr show eth0 scope link -tentative"));
            addresses.contains("fe80::")
        });
    }
    run("ip -n client route add default via 198.51.100.1");
    run("ip -n client route add default via 2001:db8:c::1");
    serve("pod-default.web", "[::]:80");
}

/// What a router must know, and a client must get.
fn reached() {
    // `near` has an endpoint on node0 alone; all nodes lead to `wide`.
    for (near, wide, via) in [
        ("203.0.113.0", "203.0.113.1", ["192.168.0.10", "192.168.0.11"]),
        ("2001:db8:1b::1", "2001:db8:1b::2", ["fd01::10", "fd01::11"]),
    ] {
        until(&format!("{wide} is known"), || {
            via.iter().all(|via| routes(wide).contains(&format!("via {via} ")))
        });
        until(&format!("{near} is known"), || routes(near).contains(&format!("via {} ", via[0])));
        assert!(!routes(near).contains(via[1]), "{}", routes(near));
    }
    for (to, client) in
        [("203.0.113.0:80", "198.51.100.7"), ("[2001:db8:1b::1]:80", "2001:db8:c::7")]
    {
        let expected = Answer { server: "pod-default.web".into(), client: client.parse().unwrap() };
        assert_eq!(ask("client", to).unwrap(), expected, "{to}");
    }
    for to in ["203.0.113.1:80", "[2001:db8:1b::2]:80"] {
        for _ in 0..5 {
            assert_eq!(ask("client", to).unwrap().server, "pod-default.web", "{to}");
        }
    }
    for to in ["203.0.113.1", "[2001:db8:1b::2]"] {
        // Nodes refuse what no service has taken, and still reach the services.
        let refused = ask("client", &format!("{to}:81")).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "{to}");
        for node in ["node0", "node1"] {
            let server = ask(node, &format!("{to}:80")).unwrap().server;
            assert_eq!(server, "pod-default.web", "{node} {to}");
        }
    }
    assert!(routes("10.244.0.0/24").contains("via 192.168.0.10 "));
    // The nodes took nothing, and what they tell is no route of theirs.
    for family in ["-4", "-6"] {
        let own = run(&format!("ip -n node0 {family} route show table all"));
        let made = ["bird", "bgp", "zebra", "blackhole"].map(|word| own.contains(word));
        assert!(!made.contains(&true), "{own}");
    }
    let devices = run("ip -n node0 -o addr show");
    assert!(!devices.contains("203.0.113."), "{devices}");
}

/// The sources with a speaker and the router's end of its sessions.
fn source(lab: &Lab, engine: &str, [router, ..]: Ends) -> PathBuf {
    lab.source(&SOURCE.replace("ENGINE", engine).replace("ROUTER", router))
}

fn learns(engine: &str, ends: Ends) {
    let lab = Lab::enter();
    site(&lab, &source(&lab, engine, ends));
    let out = lab.built(&["cluster.netc"]);
    let _router = router(&lab, ends);
    let _speakers = ["node0", "node1"].map(|node| speaker(engine, node, &out));
    reached();
}

/// The nodes are up before their router is.
fn comes_late(engine: &str, ends: Ends) {
    let lab = Lab::enter();
    site(&lab, &source(&lab, engine, ends));
    let out = lab.built(&["cluster.netc"]);
    let _speakers = ["node0", "node1"].map(|node| speaker(engine, node, &out));
    for node in ["node0", "node1"] {
        until(&format!("{node} has tried"), || refused(node) > 0);
    }
    let _router = router(&lab, ends);
    reached();
}

/// How many connections of a node came to nothing.
fn refused(node: &str) -> u32 {
    let line = run(&format!("ip netns exec {node} nstat -asz TcpAttemptFails"));
    let count = line.lines().find_map(|line| line.strip_prefix("TcpAttemptFails"));
    count.and_then(|rest| rest.split_whitespace().next()).unwrap().parse().unwrap()
}

#[test]
fn a_router_learns_from_bird_what_leads_to_a_node() {
    learns("bird", V4);
}

#[test]
fn a_router_learns_both_families_from_bird_by_ipv6() {
    learns("bird", V6);
}

#[test]
fn a_router_learns_from_frr_what_leads_to_a_node() {
    learns("frr", V4);
}

#[test]
fn a_router_learns_both_families_from_frr_by_ipv6() {
    learns("frr", V6);
}

#[test]
fn a_router_that_comes_late_learns_from_bird() {
    comes_late("bird", V4);
}

#[test]
fn a_router_that_comes_late_learns_from_frr() {
    comes_late("frr", V6);
}
