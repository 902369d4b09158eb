//! Single operations of the kernel layer: made, changed and removed in batches.

use crate::lab::{Lab, run};
use ipnet::IpNet;
use netc::kernel::trial::{change, make, make_namespaces, remove, remove_links, remove_namespace};
use netc::kernel::{KernelError, Machine};
use netc::object::{
    Address, Fdb, Link, LinkKind, MAIN_TABLE, Neighbour, Netns, Peer, Port, Route, State, Up, Vxlan,
};
use netc_lang::Mac;

const NODE: Netns = Netns::Node;

fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

fn link(name: &str, kind: LinkKind) -> Link {
    let alias = format!("netc test {name}").into();
    Link { netns: NODE, name: name.into(), mac: None, mtu: 1400, alias, promiscuous: false, kind }
}

fn veth(number: u8, netns: Netns) -> Link {
    let name = format!("c{number}").into();
    link(&format!("v{number}"), LinkKind::Veth(Peer { netns, name, mac: mac(number) }))
}

fn up(name: &str) -> State {
    State::Up(Up { netns: NODE, link: name.into() })
}

fn address(name: &str, net: &str) -> State {
    let address = net.parse().unwrap();
    State::Address(Address::new(NODE, name.into(), address))
}

fn route(table: u32, net: &str, gateway: &str) -> Route {
    let (to, gateway) = (net.parse().unwrap(), gateway.parse().unwrap());
    Route { table, ..Route::via(NODE, to, gateway, "br0".into()) }
}

/// One object of each kind, in an order in which they can be made.
fn objects() -> Vec<State> {
    let local = "192.0.2.1".parse().unwrap();
    let vxlan = LinkKind::Vxlan(Vxlan {
        vni: 1,
        port: 8472,
        local,
        device: "lan".into(),
        learning: false,
        gbp: false,
    });
    let (bridge, netns) = ("br0".into(), NODE);
    let neighbour = |address: &str| {
        let address = address.parse().unwrap();
        State::Neighbour(Neighbour { netns: NODE, link: "vx".into(), address, mac: mac(9) })
    };
    let fdb = Fdb { netns: NODE, link: "vx".into(), mac: mac(9), destination: local };
    vec![
        State::Link(link("br0", LinkKind::Bridge { vlan_filtering: false })),
        State::Link(link("vx", vxlan)),
        State::Link(veth(1, Netns::Named("pod".into()))),
        State::Port(Port {
            netns,
            link: "v1".into(),
            bridge,
            hairpin: true,
            isolated: false,
            vlan: None,
        }),
        address("br0", "198.51.100.1/24"),
        address("br0", "fd00::1/64"),
        up("br0"),
        up("vx"),
        up("v1"),
        neighbour("203.0.113.1"),
        neighbour("fd00:1::1"),
        State::Fdb(fdb),
        State::Route(route(MAIN_TABLE, "203.0.113.0/24", "198.51.100.2")),
        State::Route(route(100, "203.0.113.0/24", "198.51.100.2")),
        State::Route(route(1000, "fd00:2::/64", "fd00::2")),
    ]
}

/// What there is of the objects, as iproute2 shows it.
fn seen() -> String {
    let commands = [
        "bridge -d link show dev v1",
        "ip -d -o link show",
        "ip -o addr show dev br0",
        "ip neigh show nud permanent dev vx",
        "ip -6 neigh show nud permanent dev vx",
        "bridge fdb show dev vx",
        "ip route show table all proto 110",
        "ip -6 route show table all proto 110",
    ];
    commands.map(run).concat()
}

#[test]
fn objects_of_all_kinds_come_change_and_go() {
    let _lab = Lab::enter();
    run("ip netns add pod");
    let mut machine = Machine::open(None).unwrap();
    let objects = objects();
    make(&mut machine, &objects).unwrap();
    let there = seen();
    for part in [
        "hairpin on",
        "netc test v1",
        "mtu 1400",
        "198.51.100.1/24",
        "fd00::1/64",
        "203.0.113.1 lladdr 02:00:00:00:00:09 PERMANENT",
        "fd00:1::1 lladdr 02:00:00:00:00:09 PERMANENT",
        "02:00:00:00:00:09 dst 192.0.2.1 self permanent",
        "203.0.113.0/24 via 198.51.100.2 dev br0 linkdown",
        "203.0.113.0/24 via 198.51.100.2 dev br0 table 100",
        "fd00:2::/64 via fd00::2 dev br0 table 1000",
    ] {
        assert!(there.contains(part), "{part} is not in\n{there}");
    }

    let mut link = veth(1, Netns::Named("pod".into()));
    link.mtu = 1300;
    let port = Port {
        netns: NODE,
        link: "v1".into(),
        bridge: "br0".into(),
        hairpin: false,
        isolated: true,
        vlan: None,
    };
    let moved = State::Route(route(100, "203.0.113.0/24", "198.51.100.3"));
    change(&mut machine, &[State::Link(link), State::Port(port), moved]).unwrap();
    let there = seen();
    for part in ["hairpin off", "isolated on", "mtu 1300", "via 198.51.100.3 dev br0 table 100"] {
        assert!(there.contains(part), "{part} is not in\n{there}");
    }
    assert!(run("ip -n pod link show c1").contains("mtu 1300"));
    assert!(!there.contains("via 198.51.100.2 dev br0 table 100"), "{there}");

    let mut back = objects;
    back.reverse();
    // A device that goes down loses its IPv6 addresses.
    back.retain(|state| *state != up("br0"));
    back.retain(|state| !matches!(state, State::Route(route) if route.table == 100));
    remove(&mut machine, &[State::Route(route(100, "203.0.113.0/24", "198.51.100.3"))]).unwrap();
    remove(&mut machine, &back).unwrap();
    assert_eq!(run("ip -o link show").lines().count(), 2, "lo and lan are left");
    assert_eq!(run("ip route show table all proto 110"), "");
}

#[test]
fn only_a_route_of_our_own_is_removed() {
    let _lab = Lab::enter();
    let mut machine = Machine::open(None).unwrap();
    let bridge = State::Link(link("br0", LinkKind::Bridge { vlan_filtering: false }));
    make(&mut machine, &[bridge, address("br0", "198.51.100.1/24"), up("br0")]).unwrap();
    run("ip route add 203.0.113.0/24 via 198.51.100.2 dev br0 metric 5");
    let ours = State::Route(route(MAIN_TABLE, "203.0.113.0/24", "198.51.100.2"));
    assert!(remove(&mut machine, &[ours]).is_err());
    assert!(run("ip route").contains("203.0.113.0/24"));
}

/// A neighbour entry that no other test has; the device is `lan`.
fn entry(number: u16) -> State {
    let [high, low] = number.to_be_bytes();
    let address = [10, 9, high, low].into();
    State::Neighbour(Neighbour { netns: NODE, link: "lan".into(), address, mac: mac(1) })
}

#[test]
fn the_first_of_many_failures_is_named() {
    let _lab = Lab::enter();
    let mut machine = Machine::open(None).unwrap();
    let mut many: Vec<State> = (0..5000).map(entry).collect();
    make(&mut machine, &many).unwrap();
    assert_eq!(run("ip neigh show nud permanent dev lan").lines().count(), 5000);
    remove(&mut machine, &many).unwrap();
    assert_eq!(run("ip neigh show nud permanent dev lan"), "");
    // All fail: more answers than the receive buffer holds.
    for _ in 0..3 {
        let (place, error) = remove(&mut machine, &many).unwrap_err();
        assert_eq!(place, 0);
        assert!(matches!(error, KernelError::Netlink { .. }), "{error}");
    }
    for place in [4999, 3000, 1000] {
        many[place] = State::Route(route(MAIN_TABLE, "203.0.113.0/24", "198.51.100.2"));
    }
    run("ip link add br0 type bridge");
    let (place, error) = make(&mut machine, &many).unwrap_err();
    assert_eq!(place, 1000);
    assert!(error.to_string().starts_with("ENETUNREACH"), "{error}");
    make(&mut machine, &many[..1000]).unwrap();
}

#[test]
fn a_missing_device_is_named() {
    let _lab = Lab::enter();
    let mut machine = Machine::open(None).unwrap();
    let (place, error) = make(&mut machine, &[up("lan"), address("gone", "198.51.100.1/24")])
        .expect_err("there is no such device");
    assert_eq!(place, 1);
    assert!(error.to_string().contains("there is no device gone"), "{error}");
    let all = [up("lan"), up("gone")];
    assert!(matches!(make(&mut machine, &all), Err((1, KernelError::Netlink { .. }))));
    // A device that was removed and made again by somebody else has another index.
    make(&mut machine, &[entry(1)]).unwrap();
    run("ip link del lan");
    run("ip link add lan type bridge");
    assert!(make(&mut machine, &[entry(1)]).is_err());
    make(&mut machine, &[entry(1)]).unwrap();
}

#[test]
fn many_devices_go_at_once_and_no_others() {
    let _lab = Lab::enter();
    let mut machine = Machine::open(None).unwrap();
    let many: Vec<State> = (0..100).map(|number| State::Link(veth(number, NODE))).collect();
    let names: Vec<String> = (0..100).map(|number| format!("v{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let left = || run("ip -o link show").lines().count();
    make(&mut machine, &many).unwrap();
    assert_eq!(left(), 202);
    // One that is not there: nothing is removed, and nothing stays in our group.
    let some = [&names[..10], &["gone"], &names[10..20]].concat();
    assert!(matches!(remove_links(&mut machine, &NODE, &some), Err((10, _))));
    assert_eq!(left(), 202);
    assert!(!run("ip -o -N link show").contains(&0x6e65_7463.to_string()));
    remove_links(&mut machine, &NODE, &names).unwrap();
    assert_eq!(left(), 2);
    // Somebody else's device in our group stays.
    make(&mut machine, &many).unwrap();
    run(&format!("ip link set lan group {}", 0x6e65_7463));
    remove_links(&mut machine, &NODE, &names).unwrap();
    assert_eq!(left(), 2);
    remove_links(&mut machine, &NODE, &["lan"]).unwrap();
    remove_links(&mut machine, &NODE, &[]).unwrap();
    assert_eq!(left(), 1);
}

#[test]
fn namespaces_come_and_go() {
    let _lab = Lab::enter();
    let names = || -> Vec<String> {
        let list = run("ip netns list");
        let mut names: Vec<String> =
            list.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let mut machine = Machine::open(None).unwrap();
    make_namespaces(&mut machine, &["b", "a", "c"]).unwrap();
    std::fs::write("/run/netns/none", "").unwrap();
    assert_eq!(names(), ["a", "b", "c", "none"]);
    let again = make_namespaces(&mut machine, &["d", "a", "e"]).unwrap_err();
    assert_eq!(again.0, 1);
    let pod = Netns::Named("a".into());
    make(&mut machine, &[State::Link(veth(1, pod))]).unwrap();
    for name in ["a", "none", "d"] {
        remove_namespace(&mut machine, name).unwrap();
    }
    assert_eq!(names(), ["b", "c"]);
    assert!(remove_namespace(&mut machine, "a").is_err());
    assert!(
        make(&mut machine, &[State::Up(Up { netns: Netns::Named("a".into()), link: "lo".into() })])
            .is_err()
    );
    let gone = |_| !run("ip -o link show").contains("v1");
    let waited = (0..50).any(|turn| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        gone(turn)
    });
    assert!(waited, "the node's end goes with the namespace");
}

#[test]
fn large_networks_have_their_prefix() {
    let net: IpNet = "0.0.0.0/0".parse().unwrap();
    let _lab = Lab::enter();
    let mut machine = Machine::open(None).unwrap();
    let bridge = State::Link(link("br0", LinkKind::Bridge { vlan_filtering: false }));
    make(&mut machine, &[bridge, address("br0", "198.51.100.1/24"), up("br0")]).unwrap();
    let default = State::Route(Route { destination: net, ..route(300, "::/0", "198.51.100.2") });
    make(&mut machine, std::slice::from_ref(&default)).unwrap();
    assert!(run("ip route show table 300").starts_with("default via 198.51.100.2"));
    remove(&mut machine, &[default]).unwrap();
}

/// Virtual servers; the name tells that only a kernel with IPVS can run them.
mod ipvs {
    use super::{Lab, Machine, make, remove, run};
    use netc::kernel::trial::{change, virtual_servers};
    use netc::object::{
        Aside, Forwarding, RealServer, Scheduling, State, VirtualAddress, VirtualServer,
    };
    use netc_lang::Protocol;

    fn real(socket: &str, weight: u32) -> RealServer {
        let socket = socket.parse().unwrap();
        RealServer { socket, weight, forwarding: Forwarding::Masquerade }
    }

    fn server(socket: &str, protocol: Protocol, reals: &[RealServer]) -> VirtualServer {
        let socket: std::net::SocketAddr = socket.parse().unwrap();
        VirtualServer {
            address: VirtualAddress { socket, protocol },
            scheduling: Scheduling { scheduler: "rr".into(), flags: 0 },
            persistence: None,
            mask: if socket.is_ipv4() { 32 } else { 128 },
            reals: reals.into(),
            origins: Aside::default(),
            after: Vec::new(),
        }
    }

    #[test]
    fn virtual_servers_come_change_and_go() {
        let _lab = Lab::enter();
        run("modprobe ip_vs");
        let mut machine = Machine::open(None).unwrap();
        let one = server(
            "10.96.0.1:80",
            Protocol::Tcp,
            &[real("10.244.0.2:8080", 1), real("10.244.0.3:8080", 2)],
        );
        let sticky = VirtualServer {
            persistence: Some(600),
            scheduling: Scheduling { scheduler: "mh".into(), flags: Scheduling::FLAG_2 },
            ..server("[fd00::1]:53", Protocol::Udp, &[real("[fd00:1::2]:53", 1)])
        };
        let all = [one.clone(), sticky].map(State::Virtual);
        make(&mut machine, &all).unwrap();
        let shown = "-A -t 10.96.0.1:80 -s rr\n\
                     -a -t 10.96.0.1:80 -r 10.244.0.2:8080 -m -w 1\n\
                     -a -t 10.96.0.1:80 -r 10.244.0.3:8080 -m -w 2\n\
                     -A -u [fd00::1]:53 -s mh -p 600 -b mh-port\n\
                     -a -u [fd00::1]:53 -r [fd00:1::2]:53 -m -w 1\n";
        assert_eq!(run("ipvsadm -Sn"), shown);
        let found = virtual_servers(&mut machine).unwrap().into_iter().map(State::Virtual);
        let mut found: Vec<State> = found.collect();
        found.sort_by_key(State::id);
        assert_eq!(found, all);

        let mut changed = one;
        changed.scheduling.scheduler = "wrr".into();
        changed.reals = [real("10.244.0.2:8080", 5), real("10.244.0.3:8080", 2)].into();
        change(&mut machine, &[State::Virtual(changed)]).unwrap();
        assert!(run("ipvsadm -Sn").starts_with(
            "-A -t 10.96.0.1:80 -s wrr\n-a -t 10.96.0.1:80 -r 10.244.0.2:8080 -m -w 5\n"
        ));
        // A mark of packets is nobody's address.
        run("ipvsadm -A -f 7 -s rr");
        assert_eq!(virtual_servers(&mut machine).unwrap().len(), 2);

        let (place, _) = make(&mut machine, &all[..1]).unwrap_err();
        assert_eq!(place, 0, "it is there already");
        remove(&mut machine, &all).unwrap();
        assert_eq!(run("ipvsadm -Sn"), "-A -f 7 -s rr\n");
    }
}
