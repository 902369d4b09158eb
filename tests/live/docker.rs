//! Docker's networks on a node: who reaches whom, in each layout of its rules, with and without the
//! userland proxy (which is not there: netc starts no process).

use crate::dump::{dump, same};
use crate::faults::fail_at;
use crate::lab::{Lab, ask, path_with, run, serve, text};
use std::path::PathBuf;
use std::process::Output;

pub(crate) const LAB: &str = "\
cluster lab { CLUSTER }
node node0 { address 192.0.2.10/24 on eth0 }
docker node0 {
    KIND
    userland-proxy PROXY
    network bridge { address 172.17.0.1/16 }
    network front  { address 172.18.0.1/24 }
    network closed { address 172.19.0.1/24; icc off }
    network vault  { address 172.20.0.1/24; internal }
    container web    { ip 172.17.0.2; publish 8080 -> 80; publish 127.0.0.1:9090 -> 80 }
    container tap    { network container:web }
    container peer
    container other  { network front }
    container left   { network closed; publish 7070 -> 80 }
    container right  { network closed }
    container keys   { network vault }
    container keeper { network vault }
    container job    { network none }
    container agent  { network host }
}
";

/// The addresses of containers.
const WEB: &str = "172.17.0.2";
const LEFT: &str = "172.19.0.2";
const KEYS: &str = "172.20.0.3";

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Current,
    Classic,
    Nftables,
}

struct Site {
    lab: Lab,
    tools: PathBuf,
}

impl Site {
    fn new(backend: &str) -> Site {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.0.2.10/24"]);
        lab.machine("outside", "eth0", &["192.0.2.200/24"]);
        run("ip -n node0 route add default via 192.0.2.200");
        run("ip -n outside route add 172.16.0.0/12 via 192.0.2.10");
        let tools = lab.tools(backend);
        Site { lab, tools }
    }

    fn netc(&self, words: &[&str]) -> Output {
        let mut netc = self.lab.netc();
        netc.args(words).args(["--netns", "node0", "--format", "short"]);
        netc.env("PATH", path_with(&self.tools)).output().unwrap()
    }

    #[track_caller]
    fn done(&self, words: &[&str]) -> String {
        let output = self.netc(words);
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    #[track_caller]
    fn apply(&self, source: &str) {
        let source = self.lab.source(source);
        let words = ["apply", source.to_str().unwrap(), "--node", "node0"];
        self.done(&words);
        assert_eq!(self.done(&words), "node0 is as planned: nothing to do\n");
    }

    fn destroy(&self) {
        self.done(&["destroy"]);
    }
}

fn source(cluster: &str, kind: Kind, proxy: bool) -> String {
    let kind = match kind {
        Kind::Current => "layout 28",
        Kind::Classic => "layout 27",
        Kind::Nftables => "rules nftables",
    };
    let source = LAB.replace("CLUSTER", cluster).replace("KIND", kind);
    source.replace("PROXY", if proxy { "on" } else { "off" })
}

fn serve_all() {
    for name in ["web", "peer", "other", "left", "right", "keys", "keeper"] {
        serve(&format!("docker-{name}"), "0.0.0.0:80");
    }
    serve("docker-web", "0.0.0.0:81");
    serve("outside", "0.0.0.0:80");
}

/// Who answers, and the client's address as the server sees it.
#[track_caller]
fn answers(from: &str, to: &str) -> (String, String) {
    let answer = ask(from, to).unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
    (answer.server, answer.client.to_string())
}

#[track_caller]
fn reaches(from: &str, to: &str, server: &str) {
    assert_eq!(answers(from, to).0, server, "{from} to {to}");
}

#[track_caller]
fn never(from: &str, to: &str) {
    assert!(ask(from, to).is_err(), "{from} reaches {to}");
}

/// What holds in each layout.
fn questions(kind: Kind, proxy: bool) {
    let port = |address: &str| format!("{address}:80");
    // A published port: from another machine, which the container sees, and from the node.
    let web = ("docker-web".to_owned(), "192.0.2.200".to_owned());
    assert_eq!(answers("outside", "192.0.2.10:8080"), web);
    reaches("outside", "192.0.2.10:7070", "docker-left");
    reaches("node0", "192.0.2.10:8080", "docker-web");
    // From a container of another network: up to Docker 27 networks are apart in this, too.
    match kind {
        Kind::Classic => never("docker-other", "192.0.2.10:8080"),
        _ => reaches("docker-other", "192.0.2.10:8080", "docker-web"),
    }
    // What the proxy would answer: containers of the own network, and loopback.
    for (from, to) in [
        ("docker-peer", "192.0.2.10:8080"),
        ("docker-web", "192.0.2.10:8080"),
        ("node0", "127.0.0.1:9090"),
    ] {
        if proxy { never(from, to) } else { reaches(from, to, "docker-web") }
    }
    never("outside", "192.0.2.10:9090");
    // Within a network and not, directly.
    reaches("docker-peer", &port(WEB), "docker-web");
    reaches("node0", &port(WEB), "docker-web");
    never("docker-right", &port(LEFT));
    never("docker-other", "172.17.0.2:81");
    // Out of it: the node's address is seen.
    let outside = ("outside".to_owned(), "192.0.2.10".to_owned());
    assert_eq!(answers("docker-web", "192.0.2.200:80"), outside);
    // An internal network has its containers and the node, and nothing else.
    reaches("docker-keeper", &port(KEYS), "docker-keys");
    reaches("node0", &port(KEYS), "docker-keys");
    for (from, to) in [
        ("docker-keys", "192.0.2.200:80"),
        ("docker-keys", "172.17.0.2:80"),
        ("docker-other", "172.20.0.3:80"),
        ("outside", "172.20.0.3:80"),
    ] {
        never(from, to);
    }
    // Nobody comes to containers by their own addresses, where Docker sees to it.
    if kind != Kind::Classic {
        never("outside", "172.17.0.2:80");
        never("outside", "172.17.0.2:81");
    }
    // A container without a network has nothing; one in another's namespace has none of its own.
    assert_eq!(run("ip -n docker-job -o link").lines().count(), 1);
    never("docker-job", "192.0.2.200:80");
    let spaces = run("ip netns list");
    assert!(!spaces.contains("docker-tap") && !spaces.contains("docker-agent"), "{spaces}");
}

/// From an empty node to Docker's rules and back.
fn tried(backend: &str, kind: Kind, proxy: bool) {
    let site = Site::new(backend);
    let before = dump("node0");
    site.apply(&source("proxy none", kind, proxy));
    serve_all();
    questions(kind, proxy);
    site.destroy();
    same(&dump("node0"), &before, "destroyed");
}

#[test]
fn layout_28() {
    tried("nft", Kind::Current, true);
}

#[test]
fn layout_28_without_the_proxy() {
    tried("legacy", Kind::Current, false);
}

#[test]
fn layout_27() {
    tried("legacy", Kind::Classic, true);
}

#[test]
fn layout_27_without_the_proxy() {
    tried("nft", Kind::Classic, false);
}

#[test]
fn nftables() {
    tried("nft", Kind::Nftables, true);
}

#[test]
fn nftables_without_the_proxy() {
    tried("nft", Kind::Nftables, false);
}

const GATEWAYS: &str = "\
cluster lab { proxy none }
node node0 { address 192.0.2.10/24 on eth0 }
docker node0 {
    KIND
    userland-proxy off
    network open  { address 172.21.0.1/24; gateway-mode routed }
    network bare  { address 172.22.0.1/24; gateway-mode nat-unprotected }
    network front { address 172.23.0.1/24; snat 192.0.2.11; bind 192.0.2.11 }
    network six   { address 172.24.0.1/24, fd00:24::1/64; icc off }
    container open  { network open; publish 8021 -> 80 }
    container bare  { network bare; publish 8022 -> 80 }
    container front { network front; publish 8030-8031 -> 80-81 }
    container left  { network six; ip fd00:24::2; publish 8024 -> 80 }
    container right { network six }
}
";

/// Routed networks, open ones, addresses that are stated for what leaves and what is published, and
/// ranges of ports.
fn gateways(backend: &str, kind: &str) {
    let site = Site::new(backend);
    run("ip -n node0 address add 192.0.2.11/24 dev eth0");
    let before = dump("node0");
    site.apply(&GATEWAYS.replace("KIND", kind));
    for name in ["open", "bare", "front"] {
        serve(&format!("docker-{name}"), "0.0.0.0:80");
        serve(&format!("docker-{name}"), "0.0.0.0:81");
    }
    serve("outside", "0.0.0.0:80");
    let seen = |server: &str, client: &str| (server.to_owned(), client.to_owned());
    // Routed: what is published, by the container's own address, and nothing is hidden.
    assert_eq!(answers("outside", "172.21.0.2:80"), seen("docker-open", "192.0.2.200"));
    assert_eq!(answers("docker-open", "192.0.2.200:80"), seen("outside", "172.21.0.2"));
    run("ip netns exec outside ping -c 1 -W 2 172.21.0.2");
    never("outside", "172.21.0.2:81");
    never("outside", "192.0.2.10:8021");
    // Unprotected: by the node's port and by the container's own address, all of it.
    reaches("outside", "192.0.2.10:8022", "docker-bare");
    reaches("outside", "172.22.0.2:81", "docker-bare");
    assert_eq!(answers("docker-bare", "192.0.2.200:80"), seen("outside", "192.0.2.10"));
    // Addresses that are stated, and ports one to one.
    assert_eq!(answers("docker-front", "192.0.2.200:80"), seen("outside", "192.0.2.11"));
    reaches("outside", "192.0.2.11:8031", "docker-front");
    never("outside", "192.0.2.10:8031");
    never("outside", "172.23.0.2:80");
    // Containers that may not talk to one another know each other's Ethernet addresses.
    never("docker-right", "[fd00:24::2]:80");
    let known = run("ip -n docker-right -6 neighbour show fd00:24::2");
    assert!(known.contains("lladdr"), "{known}");
    site.destroy();
    same(&dump("node0"), &before, "destroyed");
}

#[test]
fn gateway_modes() {
    gateways("legacy", "layout 28");
}

#[test]
fn gateway_modes_in_nftables() {
    gateways("nft", "rules nftables");
}

/// From one layout to the next: what is not wanted any more is removed, rules without a chain of
/// their own too.
#[test]
fn layouts_follow_one_another() {
    let site = Site::new("nft");
    let before = dump("node0");
    site.apply(&source("proxy none", Kind::Classic, true));
    // The container goes on: nothing of it is made anew.
    serve("docker-web", "0.0.0.0:80");
    reaches("outside", "192.0.2.10:8080", "docker-web");
    for (kind, proxy) in [(Kind::Current, false), (Kind::Nftables, true), (Kind::Classic, false)] {
        site.apply(&source("proxy none", kind, proxy));
        reaches("outside", "192.0.2.10:8080", "docker-web");
    }
    site.done(&["rollback"]);
    reaches("outside", "192.0.2.10:8080", "docker-web");
    site.destroy();
    same(&dump("node0"), &before, "destroyed");
}

/// A change of layouts that fails at any of some steps is undone, rules without a chain of their own
/// among it.
#[test]
fn faults_are_undone() {
    let source =
        |kind, proxy| source("proxy none", kind, proxy).replace("192.0.2.10", "192.168.0.10");
    let (old, new) = (source(Kind::Classic, true), source(Kind::Current, false));
    fail_at((1..).step_by(5), Some(&old), Some(&new));
    fail_at((2..).step_by(40), None, Some(&new));
}

/// What is missing and what is too much is told and mended.
#[test]
fn drift_is_found() {
    let site = Site::new("nft");
    let source = source("proxy none", Kind::Current, true);
    site.apply(&source);
    let tool = site.tools.join("iptables").display().to_string();
    let iptables = |words: &str| run(&format!("ip netns exec node0 {tool} {words}"));
    iptables("-t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE");
    iptables("-t raw -I PREROUTING -d 172.17.0.2/32 -j ACCEPT");
    iptables("-F DOCKER-INTERNAL");
    let file = site.lab.source(&source);
    let drift = site.netc(&["diff", "--drift", file.to_str().unwrap(), "--node", "node0"]);
    let said = text(&drift.stdout);
    assert_eq!(drift.status.code(), Some(2), "{said}{}", text(&drift.stderr));
    for part in [
        "the rule from IPv4 POSTROUTING of table nat to MASQUERADE is missing",
        "DOCKER-INTERNAL of table filter is empty",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    site.apply(&source);
    // Somebody else's rule stays where it is.
    let saved = run(&format!("ip netns exec node0 {tool}-save -t raw"));
    assert!(saved.contains("-A PREROUTING -d 172.17.0.2/32 -j ACCEPT"), "{saved}");
}

/// kube-proxy's tables of nf_tables and Docker's chains of iptables on one node.
#[test]
fn beside_kube_proxy_in_nftables_mode() {
    let site = Site::new("nft");
    let before = dump("node0");
    let cluster = "services 10.96.0.0/16; proxy nftables";
    let service = "service web { type node-port; ip 10.96.0.80; port 80 node-port 30080; endpoint 192.0.2.200:80 }\n";
    site.apply(&format!("{}{service}", source(cluster, Kind::Current, true)));
    serve_all();
    questions(Kind::Current, true);
    for client in ["node0", "docker-web", "docker-other"] {
        reaches(client, "10.96.0.80:80", "outside");
    }
    site.destroy();
    same(&dump("node0"), &before, "destroyed");
}

/// What a Docker that runs there has made is not overwritten.
#[test]
fn chains_of_docker_are_not_netcs_by_their_names() {
    let site = Site::new("nft");
    let tool = site.tools.join("iptables").display().to_string();
    let iptables = |words: &str| run(&format!("ip netns exec node0 {tool} {words}"));
    iptables("-N DOCKER-USER");
    iptables("-A DOCKER-USER -s 192.0.2.7 -j DROP");
    iptables("-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE");
    let before = dump("node0");
    let file = site.lab.source(&source("proxy none", Kind::Current, true));
    let words = ["apply", file.to_str().unwrap(), "--node", "node0"];
    let refused = site.netc(&words);
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    let chain = "error[E0605]: IPv4 chain DOCKER-USER of table filter is there already";
    let rule = "error[E0605]: the IPv4 rule `POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE` of table nat is there already";
    assert!(said.contains(chain) && said.contains(rule), "{said}");
    same(&dump("node0"), &before, "refused");
    site.done(&[&words[..], &["--adopt"]].concat());
    let saved = run(&format!("ip netns exec node0 {tool}-save"));
    let masquerade = "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE";
    assert_eq!(saved.lines().filter(|line| *line == masquerade).count(), 1, "{saved}");
    assert!(!saved.contains("192.0.2.7"), "{saved}");
    site.destroy();
    let saved = run(&format!("ip netns exec node0 {tool}-save"));
    assert!(!saved.contains("DOCKER") && !saved.contains("MASQUERADE"), "{saved}");
}
