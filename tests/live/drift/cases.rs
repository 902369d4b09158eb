//! What happens to nodes: each kind of drift, what is said of it, and why.

/// One thing that happens to a node: what is done, a part of what is said of it and of the likely
/// cause, and what takes away what is not netc's afterwards.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) done: &'static str,
    pub(super) said: &'static str,
    pub(super) cause: &'static str,
    pub(super) after: &'static str,
}

const fn case(
    name: &'static str,
    done: &'static str,
    said: &'static str,
    cause: &'static str,
) -> Case {
    Case { name, done, said, cause, after: "" }
}

/// The shell knows `$n` for ip(8) and `$x` for any program in the node's namespace, `$v` for the
/// device of a pod, `$p` for its namespace, `$mac` for the address of the other node's vxlan device.
pub(super) const DEVICES: [Case; 18] = [
    case(
        "vxlan address",
        "$n link set flannel.1 address 5e:00:00:00:00:01",
        "device flannel.1 has the address 5e:00:00:00:00:01, not ",
        "MACAddressPolicy=none",
    ),
    case(
        "bridge address",
        "$n link set cni0 address 5e:00:00:00:00:02",
        "device cni0 has the address 5e:00:00:00:00:02, not 0a:58:0a:f4:00:01",
        "flannel#1155",
    ),
    case(
        "pod's address of Ethernet",
        "ip -n $p link set eth0 address 5e:00:00:00:00:03",
        "device eth0 in pod-default.web-0 has the address 5e:00:00:00:00:03, not ",
        "MACAddressPolicy=none",
    ),
    case(
        "bridge MTU",
        "$n link set cni0 mtu 1300",
        "device cni0 has MTU 1300, not 14",
        "has set an MTU of its own",
    ),
    case(
        "vxlan MTU",
        "$n link set flannel.1 mtu 1300",
        "device flannel.1 has MTU 1300, not 14",
        "has set an MTU of its own",
    ),
    case("bridge down", "$n link set cni0 down", "device cni0 is down", "a restart of the network"),
    case(
        "vxlan down",
        "$n link set flannel.1 down",
        "device flannel.1 is down",
        "unmanaged-devices",
    ),
    case(
        "vxlan gone",
        "$n link del flannel.1",
        "device flannel.1 is missing",
        "systemd-networkd or NetworkManager",
    ),
    case("bridge gone", "$n link del cni0", "device cni0 is missing", "flannel#1450"),
    case("pair gone", "$n link del $v", "is missing", "NetworkManager"),
    case(
        "namespace gone",
        "ip netns del $p",
        "namespace pod-default.web-0 is missing",
        "empties /run/netns",
    ),
    case(
        "vxlan of another port",
        "alias=$($n -j link show flannel.1 | sed 's/.*\"ifalias\":\"\\([^\"]*\\)\".*/\\1/')
         $n link del flannel.1
         $n link add flannel.1 type vxlan id 1 local 192.168.0.10 dev eth0 dstport 4789 nolearning
         $n link set flannel.1 alias \"$alias\"",
        "device flannel.1 has UDP port 4789, not 8472",
        "MACAddressPolicy",
    ),
    case(
        "device left",
        "$n link add old0 type bridge; $n link set old0 alias 'netc old'",
        "device old0 is left: nothing asks for it",
        "",
    ),
    case(
        "address gone",
        "$n addr del 10.244.0.1/24 dev cni0",
        "device cni0 has no address 10.244.0.1/24",
        "a restart of the network",
    ),
    case(
        "address more",
        "$n addr add 10.9.0.1/24 dev cni0",
        "device cni0 has a further address 10.9.0.1/24",
        "flannel#1850",
    ),
    case("port gone", "$n link set $v nomaster", "is not in bridge cni0", "taken it out"),
    case(
        "hairpin off",
        "bridge -n node0 link set dev $v hairpin off",
        "has hairpin off, not on",
        "hairpinMode",
    ),
    case(
        "loopback down",
        "ip -n $p link set lo down",
        "device lo in pod-default.web-0 is down",
        "a restart of the network",
    ),
];

pub(super) const ROUTES: [Case; 17] = [
    case(
        "route gone",
        "$n route del 10.244.1.0/24",
        "route 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink is missing",
        "ManageForeignRoutes=no",
    ),
    case(
        "IPv6 route gone",
        "$n route del fd00:10:244:1::/64",
        "route fd00:10:244:1::/64 via fd00:10:244:1:: dev flannel-v6.1 onlink is missing",
        "ManageForeignRoutes=no",
    ),
    case(
        "route elsewhere",
        "$n route replace 10.244.1.0/24 via 192.168.0.11 dev eth0 proto 110",
        "route 10.244.1.0/24 leads via 192.168.0.11 dev eth0, not via 10.244.1.0 dev flannel.1 onlink",
        "a flanneld runs here too",
    ),
    case(
        "IPv6 route elsewhere",
        "$n route replace fd00:10:244:1::/64 via fd01::11 dev eth0 proto 110",
        "leads via fd01::11 dev eth0, not via fd00:10:244:1:: dev flannel-v6.1 onlink",
        "a flanneld runs here too",
    ),
    case(
        "route left",
        "$n route add 10.99.0.0/24 via 192.168.0.11 proto 110",
        "route 10.99.0.0/24 is left: nothing asks for it",
        "",
    ),
    case(
        "pod's way out gone",
        "ip -n $p route del default",
        "route 0.0.0.0/0 in pod-default.web-0 via 10.244.0.1 dev eth0 is missing",
        "ManageForeignRoutes=no",
    ),
    case(
        "pod's address gone",
        "ip -n $p addr del $(ip -n $p -o -4 addr show eth0 | awk '{print $4}') dev eth0",
        "device eth0 in pod-default.web-0 has no address 10.244.0.",
        "a restart of the network",
    ),
    case(
        "neighbour gone",
        "$n neigh del 10.244.1.0 dev flannel.1",
        "device flannel.1 has no neighbour entry for 10.244.1.0, which is at ",
        "a flanneld runs here too",
    ),
    case(
        "neighbour elsewhere",
        "$n neigh replace 10.244.1.0 lladdr 5e:00:00:00:00:04 dev flannel.1 nud permanent",
        "neighbour 10.244.1.0 of flannel.1 has the address 5e:00:00:00:00:04, not ",
        "a flanneld runs here too",
    ),
    case(
        "neighbour more",
        "$n neigh add 10.244.9.0 lladdr 5e:00:00:00:00:05 dev flannel.1 nud permanent",
        "device flannel.1 has a further neighbour entry for 10.244.9.0, at 5e:00:00:00:00:05",
        "programs its own peers",
    ),
    case(
        "forwarding gone",
        "bridge -n node0 fdb del $mac dev flannel.1 dst 192.168.0.11",
        "device flannel.1 has no forwarding entry for ",
        "programs its own peers",
    ),
    case(
        "forwarding elsewhere",
        "bridge -n node0 fdb replace $mac dev flannel.1 dst 192.168.0.99 self permanent",
        "leads to 192.168.0.99, not 192.168.0.11",
        "programs its own peers",
    ),
    case(
        "forwarding more",
        "bridge -n node0 fdb add 5e:00:00:00:00:06 dev flannel.1 dst 192.168.0.99 self permanent",
        "device flannel.1 has a further forwarding entry for 5e:00:00:00:00:06, at 192.168.0.99",
        "programs its own peers",
    ),
    case(
        "forwarding of packets",
        "$x sysctl -qw net.ipv4.ip_forward=0",
        "sysctl net.ipv4.ip_forward is 0, not 1",
        "`sysctl --system`",
    ),
    case(
        "forwarding of IPv6 packets",
        "$x sysctl -qw net.ipv6.conf.all.forwarding=0",
        "sysctl net.ipv6.conf.all.forwarding is 0, not 1",
        "/etc/ufw/sysctl.conf",
    ),
    case(
        "bridged packets",
        "$x sysctl -qw net.bridge.bridge-nf-call-iptables=0",
        "sysctl net.bridge.bridge-nf-call-iptables is 0, not 1",
        "00-system.conf",
    ),
    case(
        "stale connection",
        "$x conntrack -I -p udp -s 10.244.0.9 -d 10.96.0.80 --sport 5000 --dport 53 \
         --reply-src 10.244.0.77 --reply-dst 10.244.0.9 --reply-port-src 53 --reply-port-dst 5000 \
         -t 120 2>&1",
        "1 stale connection",
        "a client of UDP",
    ),
];

pub(super) const RULES: [Case; 19] = [
    case(
        "chain emptied",
        "$x iptables -t nat -F KUBE-MARK-MASQ",
        "IPv4 chain KUBE-MARK-MASQ of table nat is empty, and should have 1 rule",
        "FlushAllOnReload",
    ),
    case(
        "table flushed",
        "$x iptables -t nat -F",
        "IPv4 chains of table nat are empty: ",
        "the table was flushed",
    ),
    case(
        "table flushed, jumps gone",
        "$x iptables -t nat -F",
        "the jump from IPv4 PREROUTING of table nat to KUBE-SERVICES is missing",
        "the table was flushed",
    ),
    case(
        "table cleared",
        "$x iptables -F; $x iptables -X",
        "IPv4 chains of table filter are missing: ",
        "`iptables -F`",
    ),
    case(
        "IPv6 table cleared",
        "$x ip6tables -t nat -F; $x ip6tables -t nat -X",
        "IPv6 chains of table nat are missing: ",
        "`iptables -F`",
    ),
    case(
        "chain gone",
        "$x iptables -F FLANNEL-FWD
         $x iptables -D FORWARD -m comment --comment 'flanneld forward' -j FLANNEL-FWD
         $x iptables -X FLANNEL-FWD",
        "IPv4 chain FLANNEL-FWD of table filter is missing",
        "the table was flushed",
    ),
    Case {
        after: "$x iptables -t nat -D PREROUTING -s 203.0.113.0/24 -j ACCEPT",
        ..case(
            "rule above a jump",
            "$x iptables -t nat -I PREROUTING 1 -s 203.0.113.0/24 -j ACCEPT",
            "KUBE-SERVICES in IPv4 PREROUTING of table nat is behind 1 rule of others",
            "has put its own rules first",
        )
    },
    Case {
        after: "$x iptables -D FORWARD -s 203.0.113.0/24 -j DROP; $x iptables -D FORWARD -j MINE; $x iptables -X MINE",
        ..case(
            "rules above jumps",
            "$x iptables -N MINE; $x iptables -I FORWARD 1 -s 203.0.113.0/24 -j DROP; $x iptables -I FORWARD 1 -j MINE",
            "KUBE-FORWARD, KUBE-SERVICES, KUBE-EXTERNAL-SERVICES in IPv4 FORWARD of table filter are behind 2 rules of others",
            "moby#49518",
        )
    },
    case(
        "jump gone",
        "$x iptables -t nat -D POSTROUTING -m comment --comment 'kubernetes postrouting rules' -j KUBE-POSTROUTING",
        "the jump from IPv4 POSTROUTING of table nat to KUBE-POSTROUTING is missing",
        "a restart of a firewall",
    ),
    case(
        "jump twice",
        "$x iptables -t nat -A POSTROUTING -m comment --comment 'kubernetes postrouting rules' -j KUBE-POSTROUTING",
        "IPv4 POSTROUTING of table nat has a further rule to KUBE-POSTROUTING",
        "",
    ),
    case(
        "another jump",
        "$x iptables -t nat -I PREROUTING -j KUBE-SERVICES",
        "IPv4 PREROUTING of table nat has a further rule to KUBE-SERVICES",
        "a kube-proxy runs here too",
    ),
    case(
        "jumps out of order",
        "$x iptables -D FORWARD -m comment --comment 'kubernetes forwarding rules' -j KUBE-FORWARD
         $x iptables -I FORWARD 3 -m comment --comment 'kubernetes forwarding rules' -j KUBE-FORWARD",
        "the jumps from IPv4 FORWARD of table filter are out of order",
        "Docker, firewalld or ferm",
    ),
    case(
        "rule gone",
        "$x iptables -D KUBE-FORWARD 1",
        "IPv4 chain KUBE-FORWARD of table filter has 2 rules, not 3",
        "a kube-proxy runs here too",
    ),
    case(
        "rule more",
        "$x iptables -A FLANNEL-FWD -s 10.9.0.0/16 -j ACCEPT",
        "is      -A FLANNEL-FWD -s 10.9.0.0/16 -j ACCEPT",
        "a flanneld runs here too",
    ),
    case(
        "another rule",
        "$x iptables -t nat -R KUBE-MARK-MASQ 1 -j MARK --set-xmark 0x8000/0x8000",
        "IPv4 chain KUBE-MARK-MASQ of table nat has another rule",
        "changed it by hand",
    ),
    case(
        "endpoint left",
        "$x iptables -t nat -N KUBE-SEP-AAAAAAAAAAAAAAAA; $x iptables -t nat -A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.9.9 -j KUBE-MARK-MASQ",
        "IPv4 chain KUBE-SEP-AAAAAAAAAAAAAAAA of table nat is left from an endpoint that is gone",
        "a kube-proxy runs here too",
    ),
    case(
        "service left",
        "$x iptables -t nat -N KUBE-XLB-AAAAAAAAAAAAAAAA",
        "IPv4 chain KUBE-XLB-AAAAAAAAAAAAAAAA of table nat is left from a service that is gone",
        "a kube-proxy runs here too",
    ),
    case(
        "services left",
        "$x iptables -t nat -N KUBE-SVC-AAAAAAAAAAAAAAAA; $x iptables -t nat -N KUBE-SEP-AAAAAAAAAAAAAAAA
         $x iptables -t nat -A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-AAAAAAAAAAAAAAAA",
        "2 IPv4 chains of table nat are left from services and endpoints that are gone: ",
        "a kube-proxy runs here too",
    ),
    case(
        "flannel 0.20",
        "$x iptables -t nat -F FLANNEL-POSTRTG
         $x iptables -t nat -A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment 'flanneld masq' -j RETURN
         $x iptables -t nat -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment 'flanneld masq' -j MASQUERADE --random-fully",
        "IPv4 chain FLANNEL-POSTRTG of table nat has 2 rules, not 6",
        "these are the rules of flannel 0.20",
    ),
];
