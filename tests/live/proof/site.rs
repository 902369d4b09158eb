//! A cluster that runs: its nodes on one wire with a router that knows nothing of the cluster, and a
//! visitor that reaches its addresses by the first node. Everybody serves.

use super::servers::Servers;
use crate::lab::{Lab, run, within};
use netc::compile::{compile, network};
use netc::model::{Cluster, Node, NodeAddress, NodeId, Pod, Uplink};
use netc::object::{Netns, SERVICE_DEVICE};
use netc::trace::{Network, Place};
use netc_lang::{Port, Protocol, Reader, Text};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The router: the nodes' way to everywhere else.
pub(super) const OUTSIDE: &str = "outside";

/// A machine outside of the cluster with a way into it.
pub(super) const VISITOR: &str = "visitor";

/// The node by which the visitor reaches what is no address of a node.
pub(super) const ENTRY: NodeId = NodeId(0);

/// The last numbers of their addresses.
const NUMBERS: [(&str, u8); 2] = [(OUTSIDE, 253), (VISITOR, 254)];

/// A running cluster.
pub(super) struct Site {
    /// What it is called in messages.
    pub(super) name: String,
    /// Where it runs.
    pub(super) lab: Lab,
    /// The cluster as netc understands it.
    pub(super) cluster: Cluster,
    /// Its namespaces, and the two machines outside.
    pub(super) spots: Vec<Spot>,
    /// Those who serve.
    _servers: Servers,
}

/// A network namespace.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// Its name.
    pub(super) netns: String,
    /// What it is to the walk.
    pub(super) place: Place,
    /// Its addresses.
    pub(super) addresses: Vec<IpAddr>,
    /// The ports at which it serves.
    pub(super) ports: Vec<Port>,
}

/// Sources in memory.
struct Memory<'s>(&'s BTreeMap<String, String>);

impl Reader for Memory<'_> {
    fn read(&mut self, _: Option<&str>, path: &str) -> Result<Text, String> {
        let text = self.0.get(path).ok_or("no such file")?;
        Ok(Text { path: path.into(), name: path.into(), bytes: text.clone().into_bytes() })
    }
}

/// The cluster of some sources.
pub(super) fn cluster(sources: &BTreeMap<String, String>) -> Cluster {
    let roots: Vec<String> = sources.keys().cloned().collect();
    let compiled = compile(&roots, &mut Memory(sources), None);
    let Some(built) = compiled.built else { panic!("{:#?}", compiled.diagnostics) };
    built.cluster
}

impl Site {
    /// Runs the cluster of one source.
    pub(super) fn of(name: &str, source: &str) -> Site {
        Site::new(name, &BTreeMap::from([("cluster.netc".to_owned(), source.to_owned())]))
    }

    /// Runs the cluster of some sources.
    pub(super) fn new(name: &str, sources: &BTreeMap<String, String>) -> Site {
        let lab = Lab::enter();
        let cluster = cluster(sources);
        let wire = Wire { lab: &lab, cluster: &cluster };
        let mut spots = wire.make();
        let paths: Vec<_> = sources.iter().map(|(name, text)| lab.file(name, text)).collect();
        for node in &cluster.nodes {
            let mut netc = lab.netc();
            netc.arg("apply").args(&paths).args(["--node", &node.name, "--netns", &node.name]);
            let output = netc.output().unwrap();
            assert!(output.status.success(), "{name}: {}", crate::lab::text(&output.stderr));
        }
        let own = inside(&network(&cluster));
        own.iter().chain(&spots).for_each(|spot| tune(&spot.netns));
        own.iter().chain(&spots).for_each(|spot| settle(&spot.netns));
        spots.splice(0..0, own);
        spots.iter_mut().for_each(|spot| spot.ports = ports(&cluster, spot));
        let servers = Servers::start(&spots);
        Site { name: name.to_owned(), lab, cluster, spots, _servers: servers }
    }

    /// The namespace in which the walk found a server.
    pub(super) fn spot(&self, place: &Place, address: IpAddr) -> Option<&Spot> {
        self.spots.iter().find(|spot| {
            spot.place == *place && (*place != Place::Outside || spot.addresses.contains(&address))
        })
    }
}

/// The namespaces that the walk knows.
fn inside(network: &Network) -> Vec<Spot> {
    let mut all = Vec::new();
    for (id, node) in (0..).map(NodeId).zip(&network.cluster().nodes) {
        let machine = network.machine(id).expect("it compiles");
        for (netns, space) in &machine.spaces {
            let name = match netns {
                Netns::Node => node.name.clone(),
                Netns::Named(name) => name.to_string(),
            };
            let devices = space.devices.keys().filter(|device| &***device != SERVICE_DEVICE);
            let addresses = devices.filter_map(|device| space.addresses.get(device)).flatten();
            let addresses = addresses.map(|(net, _)| net.addr()).filter(|own| is_asked(*own));
            let addresses: BTreeSet<IpAddr> = addresses.collect();
            let place = Place::Node(id, netns.clone());
            let (addresses, ports) = (addresses.into_iter().collect(), Vec::new());
            all.push(Spot { netns: name, place, addresses, ports });
        }
    }
    all
}

/// Whether an address can be asked from elsewhere. Of IPv6 the first one of a network is that of all
/// its routers (RFC 4291, 2.6.1), also where a device of flannel has it: TCP does not answer there.
fn is_asked(own: IpAddr) -> bool {
    let routers = matches!(own, IpAddr::V6(own) if own.segments()[4..] == [0; 4]);
    !own.is_loopback() && !routers
}

/// Where somebody is to serve. A pod does so at the ports that it states, if it states any of the
/// protocol; all others at every port that leads anywhere in the cluster, and at one more.
fn ports(cluster: &Cluster, spot: &Spot) -> Vec<Port> {
    let stated = pod(cluster, spot).into_iter().flat_map(|pod| &pod.template.ports);
    let stated: BTreeSet<Port> = stated.map(|port| port.port.value).collect();
    let mut all = wanted(cluster);
    all.retain(|port| stated.iter().all(|own| own.protocol != port.protocol));
    all.into_iter().chain(stated).filter(|port| port.protocol != Protocol::Sctp).collect()
}

/// The pod that a namespace is of.
fn pod<'c>(cluster: &'c Cluster, spot: &Spot) -> Option<&'c Pod> {
    let named = |pod: &&Pod| spot.netns == format!("pod-{}.{}", pod.name.namespace, pod.name.name);
    cluster.pods.iter().find(named).filter(|_| spot.netns.starts_with("pod-"))
}

/// The ports that something in the cluster leads to, and one more.
fn wanted(cluster: &Cluster) -> BTreeSet<Port> {
    let endpoints = cluster.services.iter().flat_map(|service| &service.ports).flat_map(|port| {
        let numbers = port.endpoints.iter().map(|each| each.address.port());
        numbers.map(|number| Port { number, protocol: port.port.protocol })
    });
    let mappings = cluster.pods.iter().flat_map(|pod| &pod.template.mappings);
    let dockers = cluster.nodes.iter().filter_map(|node| node.docker.as_ref());
    let containers = dockers.flat_map(|docker| &docker.containers);
    let published = containers.flat_map(|container| &container.published).chain(mappings);
    let published = published.map(|published| published.target);
    let more = [Protocol::Tcp, Protocol::Udp].map(|protocol| Port { number: 80, protocol });
    endpoints.chain(published).chain(more).collect()
}

/// What takes the kernel's time, or is limited in number, does not.
fn tune(netns: &str) {
    within(netns, || {
        let set = |path: &str, value: &str| {
            let _ = fs::write(format!("/proc/sys/net/{path}"), value);
        };
        set("ipv4/icmp_ratemask", "0");
        set("ipv6/icmp/ratelimit", "0");
        set("ipv6/icmp/ratemask", "\n");
        for family in ["ipv4", "ipv6"] {
            for kind in ["conf", "neigh"] {
                let folder = format!("/proc/sys/net/{family}/{kind}");
                for device in fs::read_dir(folder).into_iter().flatten() {
                    let device = device.unwrap().file_name().into_string().unwrap();
                    let set = |name: &str, value| {
                        set(&format!("{family}/{kind}/{device}/{name}"), value);
                    };
                    // Nobody is told of a shorter way, and nobody waits for neighbours for long.
                    set("accept_redirects", "0");
                    set("send_redirects", "0");
                    set("retrans_time_ms", "300");
                }
            }
        }
    });
}

/// Waits until every address can be used: as long as those of the link are tentative, nobody looks for
/// neighbours (`ndisc_send_ns` in net/ipv6/ndisc.c).
fn settle(netns: &str) {
    // `IFA_F_TENTATIVE` in linux/if_addr.h
    const TENTATIVE: u32 = 0x40;
    let tentative = |line: &str| {
        let flags = line.split_whitespace().nth(4).map(|flags| u32::from_str_radix(flags, 16));
        matches!(flags, Some(Ok(flags)) if flags & TENTATIVE != 0)
    };
    within(netns, move || {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(5) {
            let all = fs::read_to_string("/proc/thread-self/net/if_inet6").unwrap_or_default();
            if !all.lines().any(tentative) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
    });
}

/// Whether a node has a way to everywhere else.
fn has_uplink(node: &Node) -> bool {
    !matches!(node.uplink, Uplink::None(_))
}

/// What joins the nodes.
struct Wire<'w> {
    lab: &'w Lab,
    cluster: &'w Cluster,
}

impl Wire<'_> {
    /// Makes the nodes' namespaces and the machines outside.
    fn make(&self) -> Vec<Spot> {
        for node in &self.cluster.nodes {
            let addresses: Vec<String> = node
                .addresses
                .iter()
                .map(|own| format!("{}/{}", own.address, own.prefix.expect("its length is stated")))
                .collect();
            let device = node.addresses[0].device.as_deref().expect("its device is stated");
            let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
            self.lab.machine(&node.name, device, &addresses);
            // Where nobody states it, nobody has loaded the module that bridges ask rules by. In
            // some kernels it is there always.
            within(&node.name, || {
                for tool in ["iptables", "ip6tables", "arptables"] {
                    let path = format!("/proc/sys/net/bridge/bridge-nf-call-{tool}");
                    let _ = fs::write(path, "0");
                }
            });
        }
        let mut outside = NUMBERS.map(|(name, number)| self.outside(name, number)).to_vec();
        for address in self.endpoints_outside() {
            run(&format!("ip -n {OUTSIDE} addr add {address} dev eth0"));
            outside[0].addresses.push(address);
        }
        for parameter in ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"] {
            run(&format!("ip netns exec {OUTSIDE} sysctl -q {parameter}"));
        }
        // What is for nobody is lost.
        for family in ["-4", "-6"] {
            run(&format!("ip -n {OUTSIDE} {family} route add blackhole default"));
        }
        self.gateways();
        self.ways_in();
        outside
    }

    /// Endpoints on the nodes' networks that are nodes of no cluster: the router is all of them.
    fn endpoints_outside(&self) -> BTreeSet<IpAddr> {
        let ports = self.cluster.services.iter().flat_map(|service| &service.ports);
        let all = ports.flat_map(|port| &port.endpoints).map(|endpoint| endpoint.address.ip());
        let nodes = || self.cluster.nodes.iter().flat_map(|node| &node.addresses);
        let near =
            |own: &IpAddr| nodes().any(|node| node.network().is_some_and(|n| n.contains(own)));
        all.filter(near).filter(|own| nodes().all(|node| node.address != *own)).collect()
    }

    /// A machine with an address in each network of the nodes.
    fn outside(&self, name: &str, number: u8) -> Spot {
        let nodes = self.cluster.nodes.iter().flat_map(|node| &node.addresses);
        let networks: BTreeSet<_> = nodes.filter_map(NodeAddress::network).collect();
        let numbered = |network: &ipnet::IpNet| match network.network() {
            IpAddr::V4(base) => IpAddr::V4((u32::from(base) + u32::from(number)).into()),
            IpAddr::V6(base) => IpAddr::V6((u128::from(base) + u128::from(number)).into()),
        };
        let addresses: Vec<IpAddr> = networks.iter().map(numbered).collect();
        let stated: Vec<String> = addresses
            .iter()
            .zip(&networks)
            .map(|(address, network)| format!("{address}/{}", network.prefix_len()))
            .collect();
        self.lab.machine(name, "eth0", &stated.iter().map(String::as_str).collect::<Vec<_>>());
        let (netns, place, ports) = (name.to_owned(), Place::Outside, Vec::new());
        Spot { netns, place, addresses, ports }
    }

    /// The nodes' way to everywhere else, if they have one.
    fn gateways(&self) {
        for node in self.cluster.nodes.iter().filter(|node| has_uplink(node)) {
            for own in &node.addresses {
                let Some(network) = own.network() else { continue };
                let gateway = match network.network() {
                    IpAddr::V4(base) => IpAddr::V4((u32::from(base) + 253).into()),
                    IpAddr::V6(base) => IpAddr::V6((u128::from(base) + 253).into()),
                };
                let device = own.device.as_deref().expect("its device is stated");
                let words = format!("route replace default via {gateway} dev {device}");
                run(&format!("ip -n {} {words}", node.name));
            }
        }
    }

    /// The visitor's way into the cluster.
    fn ways_in(&self) {
        let Cluster { pod_networks, service_networks, services, .. } = self.cluster;
        let entry = &self.cluster.nodes[ENTRY.0 as usize];
        for own in &entry.addresses {
            let v6 = own.address.is_ipv6();
            let pods = pod_networks.iter().map(|(_, own)| own.network);
            let nets = pods.chain(service_networks.iter().map(|(_, own)| *own));
            let open = services
                .iter()
                .flat_map(|service| service.external_ips.iter().chain(&service.load_balancer_ips));
            let all: BTreeSet<ipnet::IpNet> =
                nets.chain(open.map(|address| (*address).into())).collect();
            for to in all.into_iter().filter(|to| to.addr().is_ipv6() == v6) {
                run(&format!("ip -n {VISITOR} route replace {to} via {}", own.address));
            }
        }
    }
}
