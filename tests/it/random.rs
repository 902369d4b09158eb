//! Random clusters as an API server could hold them: the same seed, the same cluster.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

/// A cluster in two parts.
pub(crate) struct Random {
    /// `cluster.netc`: its networks and the settings of the proxy.
    pub(crate) settings: String,
    /// Its Kubernetes objects. A service comes before its slices.
    pub(crate) objects: Vec<Value>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        let mut dice = Dice::new(seed);
        let families = dice.pick(&[&["IPv4", "IPv6"][..], &["IPv4"], &["IPv6"]]);
        let nodes = 1 + dice.below(4);
        let mut objects: Vec<Value> = (1..=nodes).map(|number| node(families, number)).collect();
        for number in 1..=dice.below(12) {
            objects.extend(Service::new(&mut dice, families, nodes, number).objects());
        }
        Random { settings: settings(&mut dice, families), objects }
    }

    /// The same services, in IPVS mode.
    pub(crate) fn in_ipvs_mode(mut self) -> Random {
        let settings = self.settings.replace("proxy iptables", "proxy ipvs");
        self.settings = settings.replace("; localhost-node-ports off", "");
        self
    }

    /// The same services, in nftables mode with a layout.
    #[allow(dead_code, reason = "the tests on a kernel do without")]
    pub(crate) fn in_nftables_mode(mut self, layout: &str) -> Random {
        let mode = format!("proxy nftables {{ layout {layout};");
        let settings = self.settings.replace("proxy iptables {", &mode);
        self.settings = settings.replace("; localhost-node-ports off", "");
        self
    }

    /// The objects in another order.
    pub(crate) fn shuffled(&self, seed: u64) -> Vec<Value> {
        let (mut dice, mut objects) = (Dice::new(seed), self.objects.clone());
        (1..objects.len()).for_each(|place| objects.swap(place, dice.below(place + 1)));
        objects
    }
}

/// Objects as `kubectl get -o json` prints them.
pub(crate) fn list(objects: &[Value]) -> String {
    json!({ "apiVersion": "v1", "kind": "List", "items": objects }).to_string()
}

/// Chance that is the same for the same seed.
pub(crate) struct Dice(TestRng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    pub(crate) fn below(&mut self, sides: usize) -> usize {
        self.0.next_u32() as usize % sides
    }

    /// True one time in so many.
    pub(crate) fn once_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Where addresses come from: what stands before the number, in each family.
type Range = (&'static str, &'static str);
const NODES: Range = ("192.168.0.", "2001:db8::");
const SERVICES: Range = ("10.96.0.", "fd00:10:96::");
const EXTERNAL: Range = ("203.0.113.", "2001:db8:e::");
const BALANCERS: Range = ("198.51.100.", "2001:db8:b::");

fn address(family: &str, (v4, v6): Range, number: usize) -> String {
    if family == "IPv4" { format!("{v4}{number}") } else { format!("{v6}{number:x}") }
}

fn settings(dice: &mut Dice, families: &[&str]) -> String {
    let networks = |v4: &str, v6: &str| {
        let networks = families.iter().map(|family| if *family == "IPv4" { v4 } else { v6 });
        networks.collect::<Vec<_>>().join(", ")
    };
    let detectors = ["cluster-cidr", "node-cidr", "bridge cni0", "interface-prefix veth", "none"];
    let mut options = vec![format!("detect-local {}", dice.pick(&detectors))];
    for option in ["masquerade-all", "localhost-node-ports off", "node-port-addresses primary"] {
        options.extend(dice.once_in(4).then(|| option.to_owned()));
    }
    format!(
        "cluster random {{\n    pods {}\n    services {}\n    proxy iptables {{ {} }}\n}}\n",
        networks("10.244.0.0/16", "fd00:10:244::/48"),
        networks("10.96.0.0/16", "fd00:10:96::/112"),
        options.join("; "),
    )
}

/// Two nodes share a zone.
fn zone(node: usize) -> String {
    format!("zone-{}", node / 2)
}

fn node(families: &[&str], number: usize) -> Value {
    let block = |family: &&str| match *family {
        "IPv4" => format!("10.244.{number}.0/24"),
        _ => format!("fd00:10:244:{number}::/64"),
    };
    let internal =
        |family: &&str| json!({ "type": "InternalIP", "address": address(family, NODES, number) });
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": format!("node-{number}"),
            "labels": { "topology.kubernetes.io/zone": zone(number) },
        },
        "spec": { "podCIDRs": families.iter().map(block).collect::<Vec<_>>() },
        "status": { "addresses": families.iter().map(internal).collect::<Vec<_>>() },
    })
}

/// A service while it is made. Its addresses and node ports come from its number.
struct Service<'d> {
    dice: &'d mut Dice,
    nodes: usize,
    number: usize,
    families: Vec<&'static str>,
    /// The name and the protocol of each port.
    ports: Vec<(String, &'static str)>,
}

impl<'d> Service<'d> {
    fn new(
        dice: &'d mut Dice,
        families: &[&'static str],
        nodes: usize,
        number: usize,
    ) -> Service<'d> {
        let one = dice.pick(families);
        let families = if dice.once_in(2) { families.to_vec() } else { vec![one] };
        let count = 1 + dice.below(3);
        let named = count > 1 || dice.once_in(2);
        let name = |port| if named { format!("p{port}") } else { String::new() };
        let protocols = ["TCP", "TCP", "UDP", "SCTP"];
        let ports = (0..count).map(|port| (name(port), dice.pick(&protocols))).collect();
        Service { dice, nodes, number, families, ports }
    }

    /// The service and its slices.
    fn objects(mut self) -> Vec<Value> {
        let mut objects = vec![self.service()];
        // How many of a hundred endpoints are ready, and how many have hints.
        let (ready, hinted) = (self.dice.pick(&[95, 50, 0]), self.dice.pick(&[0, 0, 100, 95]));
        for family in self.families.clone() {
            for slice in 0..self.dice.below(4) {
                let numbers = (1..=self.dice.below(9)).map(|place| 10 * slice + place);
                let endpoints: Vec<Value> =
                    numbers.map(|number| self.endpoint(family, number, ready, hinted)).collect();
                objects.push(self.slice(family, slice, &endpoints));
            }
        }
        objects
    }

    fn metadata(&self, name: &str) -> Value {
        json!({ "namespace": format!("ns{}", self.number % 2), "name": name })
    }

    fn name(&self) -> String {
        format!("s{}", self.number)
    }

    fn addresses(&self, range: Range) -> Vec<String> {
        self.families.iter().map(|family| address(family, range, self.number)).collect()
    }

    fn policy(&mut self) -> &'static str {
        self.dice.pick(&["Cluster", "Cluster", "Local"])
    }

    fn service(&mut self) -> Value {
        let kind = self.dice.pick(&["ClusterIP", "ClusterIP", "NodePort", "LoadBalancer"]);
        let headless = kind == "ClusterIP" && self.dice.once_in(6);
        let addresses = if headless { vec!["None".into()] } else { self.addresses(SERVICES) };
        let port = |(place, (name, protocol)): (usize, &(String, &str))| {
            let (port, target) = (80 + place, 8080 + place);
            json!({ "name": name, "protocol": protocol, "port": port, "targetPort": target })
        };
        let mut spec = json!({
            "type": kind,
            "clusterIP": addresses[0],
            "clusterIPs": addresses,
            "ipFamilies": self.families,
            "ipFamilyPolicy": if self.families.len() == 2 { "RequireDualStack" } else { "SingleStack" },
            "ports": self.ports.iter().enumerate().map(port).collect::<Vec<_>>(),
            "internalTrafficPolicy": self.policy(),
            "sessionAffinity": "None",
        });
        if self.dice.once_in(3) {
            let timeout = self.dice.pick(&[1, 10800, 86400]);
            spec["sessionAffinity"] = json!("ClientIP");
            spec["sessionAffinityConfig"] = json!({ "clientIP": { "timeoutSeconds": timeout } });
        }
        if self.dice.once_in(2) {
            spec["selector"] = json!({ "app": self.name() });
        }
        let mut service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": self.metadata(&self.name()), "spec": spec,
        });
        if !headless {
            self.open(kind, &mut service);
        }
        service
    }

    /// Opens the service to the outside.
    fn open(&mut self, kind: &str, service: &mut Value) {
        let spec = &mut service["spec"];
        if self.dice.once_in(4) {
            spec["externalIPs"] = json!(self.addresses(EXTERNAL));
        }
        if kind == "ClusterIP" {
            return;
        }
        let without = kind == "LoadBalancer" && self.dice.once_in(3);
        for place in (0..self.ports.len()).filter(|_| !without) {
            spec["ports"][place]["nodePort"] = json!(30000 + 10 * self.number + place);
        }
        let policy = self.policy();
        spec["externalTrafficPolicy"] = json!(policy);
        if kind == "NodePort" {
            return;
        }
        spec["allocateLoadBalancerNodePorts"] = json!(!without);
        if policy == "Local" {
            spec["healthCheckNodePort"] = json!(32000 + self.number);
        }
        let ranges = ["192.168.0.0/24", "10.0.0.0/8", "2001:db8::/64", "2001:db8:7::/48"];
        let ranges: Vec<&str> = ranges.into_iter().filter(|_| self.dice.once_in(4)).collect();
        if !ranges.is_empty() {
            spec["loadBalancerSourceRanges"] = json!(ranges);
        }
        let mode = self.dice.pick(&["VIP", "VIP", "Proxy"]);
        let ingress = self.addresses(BALANCERS).into_iter();
        let ingress = ingress.map(|address| json!({ "ip": address, "ipMode": mode }));
        if !self.dice.once_in(5) {
            service["status"] =
                json!({ "loadBalancer": { "ingress": ingress.collect::<Vec<_>>() } });
        }
    }

    fn slice(&self, family: &str, slice: usize, endpoints: &[Value]) -> Value {
        let port = |(place, (name, protocol)): (usize, &(String, &str))| json!({ "name": name, "protocol": protocol, "port": 8080 + place });
        let mut metadata =
            self.metadata(&format!("s{}-{}-{slice}", self.number, family.to_lowercase()));
        metadata["labels"] = json!({ "kubernetes.io/service-name": self.name() });
        json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata,
            "addressType": family,
            "ports": self.ports.iter().enumerate().map(port).collect::<Vec<_>>(),
            "endpoints": endpoints,
        })
    }

    /// A pod on a node, or one time in nine on a machine that is no node of the cluster.
    fn endpoint(&mut self, family: &str, number: usize, ready: usize, hinted: usize) -> Value {
        let elsewhere = self.dice.once_in(9);
        let node = if elsewhere { 9 } else { 1 + self.dice.below(self.nodes) };
        let address = match family {
            "IPv4" => format!("10.244.{node}.{number}"),
            _ => format!("fd00:10:244:{node}::{number:x}"),
        };
        let mut endpoint = json!({ "addresses": [address] });
        if !elsewhere {
            endpoint["nodeName"] = json!(format!("node-{node}"));
            endpoint["zone"] = json!(zone(node));
        }
        let (serving, terminating) = (self.dice.percent(70), self.dice.percent(70));
        if !self.dice.percent(ready) {
            endpoint["conditions"] =
                json!({ "ready": false, "serving": serving, "terminating": terminating });
        } else if self.dice.once_in(2) {
            endpoint["conditions"] = json!({ "ready": true });
        }
        if self.dice.percent(hinted) {
            let zones = json!([{ "name": zone(self.dice.below(self.nodes + 1)) }]);
            endpoint["hints"] = json!({ "forZones": zones });
            if self.dice.once_in(3) {
                endpoint["hints"]["forNodes"] = json!([{ "name": format!("node-{node}") }]);
            }
        }
        endpoint
    }
}
