//! What holds for the rules of every cluster, shown on random ones. A failure names its seed.

use crate::random::{Random, list};
use crate::support::{artefacts_of, compiled_files, imported};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// How many clusters.
const SEEDS: u64 = 100;

/// How far the share of an endpoint may be from equal: the kernel counts in steps of 2^-31.
const TOLERANCE: f64 = 1.0 / (1 << 28) as f64;

/// Chains that are there whether something needs them or not, as kube-proxy has them.
const ALWAYS: [&str; 2] = ["KUBE-MARK-MASQ", "KUBE-NODEPORTS"];

#[test]
fn rules_are_consistent_and_spread_over_the_usable_endpoints_equally() {
    for seed in 0..SEEDS {
        let random = Random::new(seed);
        for (file, content) in artefacts(seed, &random.settings, &[&random.objects]) {
            let (node, file) = file.split_once('/').unwrap();
            let family = match file {
                "iptables.rules" => "IPv4",
                "ip6tables.rules" => "IPv6",
                _ => continue,
            };
            let checked = Rules::parse(&content)
                .and_then(|rules| rules.no_chain_is_idle().and_then(|()| rules.spread()))
                .and_then(|spread| as_stated(spread, &random.objects, family, node));
            checked.unwrap_or_else(|fault| {
                panic!("seed {seed}, {file} of {node}: {fault}\n{}", random.settings)
            });
        }
    }
}

#[test]
fn the_order_of_objects_and_files_changes_no_byte() {
    for seed in 0..SEEDS {
        for random in [Random::new(seed), Random::new(seed).in_ipvs_mode()] {
            let shuffled = random.shuffled(seed);
            let (left, right) = shuffled.split_at(shuffled.len() / 2);
            let straight = artefacts(seed, &random.settings, &[&random.objects]);
            let mixed = artefacts(seed, &random.settings, &[right, left]);
            assert!(straight == mixed, "seed {seed}");
        }
    }
}

#[test]
fn imported_objects_compile_to_the_same_bytes() {
    for seed in 0..SEEDS {
        let random = Random::new(seed);
        let imported = imported(&list(&random.objects));
        let compiled =
            compiled_files(&[("cluster.netc", &random.settings), ("imported.netc", &imported)]);
        assert!(compiled.built.is_some(), "seed {seed}: {:#?}", compiled.diagnostics);
        let mut left = artefacts(seed, &random.settings, &[&random.objects]);
        let mut right = artefacts_of(&compiled);
        for files in [&mut left, &mut right] {
            // Positions in the sources stand there.
            files.retain(|file, _| !file.ends_with("plan.txt"));
        }
        assert!(left == right, "seed {seed}\n{imported}");
    }
}

#[test]
fn the_checks_find_what_is_wrong() {
    let source = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16 }
node n { address 192.168.0.10 on eth0 }
pods web replicas 2 { labels app=web }
service web { select app=web; affinity client-ip; port 80 }
";
    let sound = &crate::support::artefacts(source)["n/iptables.rules"];
    let check = |rules: &str| {
        let rules = Rules::parse(rules)?;
        rules.no_chain_is_idle().and_then(|()| rules.spread())
    };
    check(sound).unwrap();
    let sep = sound.lines().find(|line| line.starts_with(":KUBE-SEP-")).unwrap();
    let rcheck = sound.lines().find(|line| line.contains(" --rcheck ")).unwrap();
    for (old, new, fault) in [
        (sep, &*format!("{sep}\n{sep}"), "declared twice"),
        (sep, "", "the target is not there"),
        ("*nat\n", "*nat\n:KUBE-SVC-NOBODY - [0:0]\n", "nothing leads to"),
        ("*nat\n", "*nat\n:KUBE-SVC-ABCDEFGHIJKLMNOPQRST - [0:0]\n", "too long"),
        ("--probability 0.50000000000", "--probability 0.50000001000", "a share of"),
        (rcheck, "", "clients stay with other endpoints"),
        ("--to-destination 10.244.0.2:80", "--to-destination 10.244.0.3:80", "leads to"),
    ] {
        assert!(sound.contains(old), "{old}");
        let found = check(&sound.replacen(old, new, 1)).unwrap_err();
        assert!(found.contains(fault), "{fault:?} in {found}");
    }
}

/// The files of every node; all but the plans, which show positions.
fn artefacts(seed: u64, settings: &str, objects: &[&[Value]]) -> BTreeMap<String, String> {
    let objects = objects.iter().enumerate();
    let objects: Vec<(String, String)> =
        objects.map(|(place, objects)| (format!("{place}.json"), list(objects))).collect();
    let mut files = vec![("cluster.netc", settings)];
    files.extend(objects.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let compiled = compiled_files(&files);
    let said = &compiled.diagnostics;
    assert!(compiled.built.is_some(), "seed {seed}: {said:#?}\n{settings}");
    let mut all = artefacts_of(&compiled);
    all.retain(|name, _| !name.ends_with("/plan.txt"));
    all
}

/// A restore file: the rules of its chains, by table and name.
struct Rules(BTreeMap<(String, String), Vec<String>>);

/// The destinations of a service port, by its name and its kind of chain: `SVC` for those
/// anywhere, `SVL` for those on the node.
pub(crate) type Spread = BTreeMap<(String, &'static str), BTreeSet<String>>;

impl Rules {
    /// Reads a restore file in which every chain is declared once, and before it is used.
    fn parse(text: &str) -> Result<Rules, String> {
        let mut rules = Rules(BTreeMap::new());
        let mut table = String::new();
        for line in text.lines() {
            let place = |chain: &str| (table.clone(), chain.to_owned());
            if let Some(name) = line.strip_prefix('*') {
                table = name.to_owned();
            } else if let Some(chain) = line.strip_prefix(':') {
                let chain = word(chain);
                if chain.len() > 28 || rules.0.insert(place(chain), Vec::new()).is_some() {
                    return Err(format!("{chain} is too long, or declared twice"));
                }
            } else if let Some(rule) = line.strip_prefix("-A ") {
                let (chain, to) = (word(rule), target(rule));
                if to.is_some_and(|to| to.contains('-') && !rules.0.contains_key(&place(to))) {
                    return Err(format!("the target is not there: {line}"));
                }
                match rules.0.get_mut(&place(chain)) {
                    Some(chain) => chain.push(line.to_owned()),
                    None if chain.contains('-') => return Err(format!("no chain for: {line}")),
                    None => rules.0.entry(place(chain)).or_default().push(line.to_owned()),
                }
            }
        }
        Ok(rules)
    }

    /// Every chain is the target of a rule.
    fn no_chain_is_idle(&self) -> Result<(), String> {
        let mut used = BTreeSet::new();
        for ((table, _), rules) in &self.0 {
            used.extend(
                rules.iter().filter_map(|rule| target(rule)).map(|to| (table.as_str(), to)),
            );
        }
        for (table, chain) in self.0.keys() {
            let own = chain.contains('-') && !ALWAYS.contains(&chain.as_str());
            if own && !used.contains(&(table.as_str(), chain.as_str())) {
                return Err(format!("nothing leads to {chain}"));
            }
        }
        Ok(())
    }

    fn nat(&self, chain: &str) -> &[String] {
        &self.0[&("nat".to_owned(), chain.to_owned())]
    }

    /// Where each service port leads; always with equal shares.
    fn spread(&self) -> Result<Spread, String> {
        let mut spread = Spread::new();
        for (_, chain) in self.0.keys() {
            let kind = match chain.get(..9) {
                Some("KUBE-SVC-") => "SVC",
                Some("KUBE-SVL-") => "SVL",
                _ => continue,
            };
            let ends = self.nat(chain).iter().filter(|rule| rule.contains(" -j KUBE-SEP-"));
            let (sticky, random): (Vec<_>, Vec<_>) =
                ends.partition(|rule| rule.contains(" --rcheck "));
            let targets = random.iter().map(|rule| target(rule));
            if !sticky.is_empty() && !sticky.iter().map(|rule| target(rule)).eq(targets) {
                return Err(format!("{chain}: clients stay with other endpoints than they get"));
            }
            equal_shares(&random).map_err(|fault| format!("{chain}: {fault}"))?;
            for rule in random {
                let (port, destination) = self.destination(rule)?;
                let port = spread.entry((port, kind)).or_default();
                if !port.insert(destination) {
                    return Err(format!("{chain} leads twice to where this does: {rule}"));
                }
            }
        }
        Ok(spread)
    }

    /// The service port and the destination that a rule leads to; its comment says so as well.
    fn destination(&self, rule: &str) -> Result<(String, String), String> {
        let comment = rule.split('"').nth(1).and_then(|comment| comment.split_once(" -> "));
        let (port, destination) = comment.ok_or(format!("no comment: {rule}"))?;
        let end = self.nat(target(rule).unwrap_or_default()).join("\n");
        match end.ends_with(&format!(" --to-destination {destination}")) {
            true => Ok((port.to_owned(), destination.to_owned())),
            false => Err(format!("{rule}\nleads to\n{end}")),
        }
    }
}

/// Every rule is reached with the same probability, and no packet passes by all.
fn equal_shares(rules: &[&String]) -> Result<(), String> {
    let mut left = 1.0;
    for rule in rules {
        let probability = match rule.split_once(" --probability ") {
            Some((_, rest)) => word(rest).parse::<f64>().unwrap(),
            None => 1.0,
        };
        let (share, equal) = (left * probability, 1.0 / rules.len() as f64);
        if (share - equal).abs() > TOLERANCE {
            return Err(format!("a share of {share} instead of {equal}: {rule}"));
        }
        left -= share;
    }
    if left == 0.0 { Ok(()) } else { Err(format!("{left} are left")) }
}

/// The rules lead to the endpoints that Kubernetes' own rules choose from what is stated.
pub(crate) fn as_stated(
    mut spread: Spread,
    objects: &[Value],
    family: &str,
    node: &str,
) -> Result<(), String> {
    let services = objects.iter().filter(|object| object["kind"] == "Service");
    let of_family =
        |service: &&Value| list_of(&service["spec"]["ipFamilies"]).any(|one| one == family);
    for service in
        services.filter(of_family).filter(|service| service["spec"]["clusterIP"] != "None")
    {
        let spec = &service["spec"];
        for port in list_of(&spec["ports"]) {
            let name = port_name(service, port);
            let all = endpoints(objects, service, port, family);
            let hinted = all.iter().any(|endpoint| endpoint.hinted);
            let here: Vec<_> = all.iter().filter(|endpoint| endpoint.node == node).collect();
            let outside = reached_from_outside(service, port, family);
            let internal_local = spec["internalTrafficPolicy"] == "Local";
            let external_local = spec["externalTrafficPolicy"] == "Local";
            let lists = [
                ("SVC", outside || !internal_local, usable(&all.iter().collect::<Vec<_>>())),
                ("SVL", internal_local || external_local && outside, usable(&here)),
            ];
            for (kind, needed, usable) in lists {
                let found = spread.remove(&(name.clone(), kind)).unwrap_or_default();
                let wanted = if needed { usable } else { BTreeSet::new() };
                // Which part of them hints choose is shown elsewhere.
                let part = kind == "SVC" && hinted && !found.is_empty() && found.is_subset(&wanted);
                if found != wanted && !part {
                    return Err(format!("{kind} of {name} leads to {found:?}, not {wanted:?}"));
                }
            }
        }
    }
    if spread.is_empty() { Ok(()) } else { Err(format!("what is this for: {spread:?}")) }
}

/// Whether the service port has a node port, or addresses that are not the cluster's.
pub(crate) fn reached_from_outside(service: &Value, port: &Value, family: &str) -> bool {
    let of_family = |address: &Value| text(address).contains(':') == (family == "IPv6");
    let ingress = &service["status"]["loadBalancer"]["ingress"];
    !port["nodePort"].is_null()
        || list_of(&service["spec"]["externalIPs"]).any(of_family)
        || list_of(ingress).any(|one| one["ipMode"] == "VIP" && of_family(&one["ip"]))
}

/// What is stated of an endpoint.
struct Endpoint {
    /// With the port.
    address: String,
    node: String,
    ready: bool,
    /// It still serves while it ends.
    ending: bool,
    hinted: bool,
}

/// The endpoints of a service port.
fn endpoints(objects: &[Value], service: &Value, port: &Value, family: &str) -> Vec<Endpoint> {
    let (wanted, number) = (&service["metadata"], port["targetPort"].as_u64().unwrap());
    let slices = objects.iter().filter(|object| {
        let metadata = &object["metadata"];
        object["addressType"] == family
            && metadata["namespace"] == wanted["namespace"]
            && metadata["labels"]["kubernetes.io/service-name"] == wanted["name"]
    });
    let endpoints = slices.flat_map(|slice| list_of(&slice["endpoints"]));
    let endpoint = |endpoint: &Value| {
        let ip: IpAddr = text(&endpoint["addresses"][0]).parse().unwrap();
        let is =
            |name: &str, without: bool| endpoint["conditions"][name].as_bool().unwrap_or(without);
        Endpoint {
            address: SocketAddr::new(ip, number.try_into().unwrap()).to_string(),
            node: text(&endpoint["nodeName"]).to_owned(),
            ready: is("ready", true),
            ending: is("serving", true) && is("terminating", false),
            hinted: !endpoint["hints"].is_null(),
        }
    };
    endpoints.map(endpoint).collect()
}

/// Those that are ready; without any, those that still serve while they end.
fn usable(endpoints: &[&Endpoint]) -> BTreeSet<String> {
    let none_ready = endpoints.iter().all(|endpoint| !endpoint.ready);
    let usable = |endpoint: &&&Endpoint| endpoint.ready || none_ready && endpoint.ending;
    endpoints.iter().filter(usable).map(|endpoint| endpoint.address.clone()).collect()
}

pub(crate) fn port_name(service: &Value, port: &Value) -> String {
    let metadata = &service["metadata"];
    let name = format!("{}/{}", text(&metadata["namespace"]), text(&metadata["name"]));
    if port["name"] == "" { name } else { format!("{name}:{}", text(&port["name"])) }
}

pub(crate) fn list_of(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// The chain or action that a rule leads to.
fn target(rule: &str) -> Option<&str> {
    rule.rsplit_once(" -j ").map(|(_, rest)| word(rest))
}
