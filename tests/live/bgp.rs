//! What nodes tell routers, by the speakers themselves: the router learns the addresses, and what is
//! sent to them gets to endpoints.

use crate::lab::{Answer, Lab, ask, run, serve, text};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long routers may take to agree.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const SOURCE: &str = "\
cluster lab {
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  host-gw
    load-balancers 203.0.113.0/28, 2001:db8:1b::/120 { announce bgp }
    bgp { as 64512; ENGINE; peer 192.168.0.1 as 64500; advertise load-balancers, pods }
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
";

/// A router of the test: it takes what the nodes tell, and puts it into its kernel.
const ROUTER: &str = "\
router id 192.168.0.1;
protocol device { scan time 1; }
protocol kernel { ipv4 { export all; import none; }; merge paths on; }
protocol kernel { ipv6 { export all; import none; }; merge paths on; }
protocol bgp node0 { local 192.168.0.1 as 64500; neighbor 192.168.0.10 as 64512; ipv4 { import all; export none; }; ipv6 { import all; export none; }; }
protocol bgp node1 { local 192.168.0.1 as 64500; neighbor 192.168.0.11 as 64512; ipv4 { import all; export none; }; ipv6 { import all; export none; }; }
";

fn bird(lab: &Lab, netns: &str, config: &Path) -> Running {
    let folder = config.parent().unwrap();
    let control = folder.join(format!("{netns}.ctl"));
    let mut command = Command::new("ip");
    command.args(["netns", "exec", netns, "bird", "-f", "-c"]).arg(config);
    command.arg("-s").arg(control).current_dir(lab.memory().parent().unwrap());
    Running(command.spawn().expect("bird: run tests/run.sh"))
}

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} after {PATIENCE:?}");
        sleep(Duration::from_millis(100));
    }
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
    assert!(routes("10.244.0.0/24").contains("via 192.168.0.10 "));
    // The nodes took nothing, and what they tell is no route of theirs.
    let own = run("ip -n node0 route show");
    assert!(!own.contains("bird") && !own.contains("blackhole"), "{own}");
    let devices = run("ip -n node0 -o addr show");
    assert!(!devices.contains("203.0.113."), "{devices}");
}

#[test]
fn a_router_learns_from_bird_what_leads_to_a_node() {
    let lab = Lab::enter();
    let source = lab.source(&SOURCE.replace("ENGINE", "engine bird"));
    site(&lab, &source);
    let out = lab.built(&["cluster.netc"]);
    let router = lab.file("router.conf", ROUTER);
    let _router = bird(&lab, "router", &router);
    let _nodes = ["node0", "node1"].map(|node| bird(&lab, node, &out.join(node).join("bird.conf")));
    reached();
}

#[test]
fn frr_takes_its_configuration() {
    let lab = Lab::enter();
    lab.source(&SOURCE.replace("ENGINE", "engine frr"));
    let out = lab.built(&["cluster.netc"]);
    for node in ["node0", "node1"] {
        let config = out.join(node).join("frr.conf");
        let output = Command::new("vtysh").args(["-C", "-f"]).arg(&config).output();
        let output = output.expect("vtysh: run tests/run.sh");
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }
}
