//! What changes of a node in IPVS mode, and what stays: its own connections and counts, and what
//! others have made.

use super::site::{Site, answers, cluster, on_node};
use super::state::State;
use crate::dump::{dump, same};
use crate::lab::{path_with, run, script, text};
use crate::traffic::clients::{Held, Server};
use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

const CLIENT: &str = "pod-default.client";

fn stated(replicas: usize) -> String {
    format!(
        "\
for i in 0..{replicas} {{
    pod web-${{i}} on node0 {{ ip 10.244.0.1${{i}}; labels app=web; port http 80 }}
}}
pod other on node0 {{ ip 10.244.0.20; labels app=other; port http 80 }}
service web {{ ip 10.96.0.80; select app=web; port 80 -> http }}
service other {{ ip 10.96.0.81; select app=other; port 80 -> http }}
"
    )
}

/// The lines that came and went.
fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<String> {
    let went = before.difference(after).map(|line| format!("- {line}"));
    let came = after.difference(before).map(|line| format!("+ {line}"));
    went.chain(came).collect()
}

/// A site whose ipset writes down what it is fed.
struct Watched {
    site: Site,
    path: String,
    log: std::path::PathBuf,
}

impl Watched {
    fn new(site: Site) -> Watched {
        let log = site.lab.file("log", "");
        let tools = site.lab.tools("nft");
        let program = "[ \"$1\" = restore ] || exec /usr/sbin/ipset \"$@\"";
        let tee = format!("tee -a {} | /usr/sbin/ipset \"$@\"", log.display());
        script(&tools.join("ipset"), &format!("#!/bin/bash\n{program}\nset -o pipefail\n{tee}\n"));
        Watched { path: path_with(&tools), site, log }
    }

    /// Applies; what was fed to ipset.
    #[track_caller]
    fn apply(&self, proxy: &str, more: &str) -> Vec<String> {
        fs::write(&self.log, "").unwrap();
        let source = self.site.lab.source(&cluster(proxy, more));
        let mut netc = self.site.lab.netc();
        netc.arg("apply").arg(source).args(["--node", "node0", "--netns", "node0"]);
        let output = netc.env("PATH", &self.path).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        fs::read_to_string(&self.log).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Connections that each server has had, of the virtual servers and the real ones.
fn statistics(server: &str) -> String {
    let all = on_node("ipvsadm -Ln --stats --exact");
    let line = all.lines().find(|line| line.contains(&format!(" {server} ")));
    let line = line.unwrap_or_else(|| panic!("{server} in {all}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    words[2].to_owned()
}

#[test]
fn an_endpoint_that_comes_or_goes_is_one_server_and_one_member() {
    let watched = Watched::new(Site::with("ipvs", &stated(2), &["web-0", "web-1", "other"]));
    answers(CLIENT, "10.96.0.80:80", 4);
    answers(CLIENT, "10.96.0.81:80", 2);
    let before = State::of("node0", "nft");
    let (server, member) = (
        "-a -t 10.96.0.80:80 -r 10.244.0.12:80 -m -w 1",
        "KUBE-LOOP-BACK 10.244.0.12,tcp:80,10.244.0.12",
    );
    let fed = watched.apply("ipvs", &stated(3));
    assert_eq!(fed, [format!("add {member}")]);
    let after = State::of("node0", "nft");
    assert_eq!(difference(&before.servers, &after.servers), [format!("+ {server}")]);
    assert_eq!(difference(&before.sets, &after.sets), [format!("+ add {member}")]);
    let fed = watched.apply("ipvs", &stated(2));
    assert_eq!(fed, [format!("del {member}")]);
    same(&State::of("node0", "nft").text(), &before.text(), "back again");
    for (server, count) in [("10.96.0.80:80", "4"), ("10.96.0.81:80", "2"), ("10.244.0.10:80", "2")]
    {
        assert_eq!(statistics(server), count, "{server}");
    }
}

#[test]
fn schedulers_and_weights_change_in_place() {
    let weighted = |weight: usize| {
        format!(
            "\
pod a on node0 {{ ip 10.244.0.11; labels app=web; port http 80; weight {weight} }}
pod b on node0 {{ ip 10.244.0.12; labels app=web; port http 80 }}
service web {{ ip 10.96.0.80; select app=web; port 80 -> http }}
"
        )
    };
    let site = Site::with("ipvs", &weighted(1), &[]);
    let _servers = ["a", "b"].map(Server::new);
    let mut held = [(); 4].map(|()| Held::open(CLIENT, "10.96.0.80:80"));
    site.apply("ipvs { scheduler wrr }", &weighted(3));
    let servers = on_node("ipvsadm -Sn");
    let expected = "\
-A -t 10.96.0.80:80 -s wrr
-a -t 10.96.0.80:80 -r 10.244.0.11:80 -m -w 3
-a -t 10.96.0.80:80 -r 10.244.0.12:80 -m -w 1
";
    assert_eq!(servers.replace(" \n", "\n"), expected);
    assert!(held.iter_mut().all(Held::goes_on), "connections go on");
    assert_eq!(statistics("10.96.0.80:80"), "4", "nothing was made anew");
    let next = [(); 4].map(|()| Held::open(CLIENT, "10.96.0.80:80").server);
    let to_a = next.iter().filter(|server| server.ends_with(".a")).count();
    assert_eq!(to_a, 3, "{next:?}");
}

/// What others do to a node, a few at a time; what `netc diff --drift` has to name.
const DRIFT: [&[(&str, &str)]; 3] = [
    &[
        ("ipvsadm -e -t 10.96.0.80:80 -r 10.244.0.10:80 -m -w 7", "10.244.0.10:80"),
        ("ipvsadm -d -t 10.96.0.81:80 -r 10.244.0.20:80", "10.244.0.20:80"),
        ("ipvsadm -a -t 10.96.0.81:80 -r 10.244.0.99:80 -m", "10.244.0.99:80"),
        ("ipset del KUBE-CLUSTER-IP 10.96.0.80,tcp:80", "10.96.0.80,tcp:80"),
        ("ipset add KUBE-CLUSTER-IP 10.96.0.99,tcp:80", "10.96.0.99,tcp:80"),
        ("ip addr del 10.96.0.81/32 dev kube-ipvs0", "10.96.0.81/32"),
        ("sysctl -w net.ipv4.vs.conntrack=0", "net.ipv4.vs.conntrack"),
    ],
    &[
        ("ipvsadm -E -t 10.96.0.80:80 -s sh", "10.96.0.80:80"),
        ("ipvsadm -D -t 10.96.0.81:80", "10.96.0.81:80"),
        ("ipset flush KUBE-LOOP-BACK", "KUBE-LOOP-BACK"),
        ("ip addr add 10.96.0.77/32 dev kube-ipvs0", "10.96.0.77/32"),
        ("ip link set kube-ipvs0 mtu 1400", "kube-ipvs0"),
    ],
    &[("ipvsadm -C", "10.96.0.80:80"), ("ip link del kube-ipvs0", "kube-ipvs0")],
];

#[test]
fn what_others_did_is_found_named_and_mended() {
    let site = Site::with("ipvs", &stated(2), &[]);
    let source = site.lab.source(&cluster("ipvs", &stated(2)));
    let drift = || -> (Option<i32>, String) {
        let output: Output =
            site.netc(&["diff", "--drift", source.to_str().unwrap(), "--node", "node0"]);
        (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    };
    let before = dump("node0");
    let mut faults = Vec::new();
    for deeds in DRIFT {
        deeds.iter().for_each(|(deed, _)| drop(on_node(deed)));
        let (code, said) = drift();
        assert_eq!(code, Some(2), "{said}");
        let unnamed = deeds.iter().filter(|(_, named)| !said.contains(named));
        faults.extend(unnamed.map(|(deed, _)| format!("{deed}: not named in {said}")));
        site.apply("ipvs", &stated(2));
        same(&dump("node0"), &before, &format!("{deeds:?}"));
        let (code, said) = drift();
        assert_eq!((code, said.as_str()), (Some(0), "node0 is as planned\n"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_others_have_is_left_alone() {
    let site = Site::new();
    for line in [
        "ip link add mine type dummy",
        "ip link set mine up",
        "ip addr add 192.0.2.7/32 dev mine",
        "ipvsadm -A -t 192.0.2.7:80 -s wlc -p 77",
        "ipvsadm -a -t 192.0.2.7:80 -r 192.168.0.201:80 -m -w 5",
        "ipvsadm -A -u 192.168.0.10:53 -s rr",
        "ipvsadm -A -f 7 -s rr",
        "ipset create mine hash:net",
        "ipset add mine 192.0.2.0/24",
    ] {
        on_node(line);
    }
    run("ip -n node0 route add 198.51.100.0/24 dev mine");
    let before = dump("node0");
    let others = |when: &str| {
        let now = dump("node0");
        for line in
            before.lines().filter(|line| line.contains("192.0.2.") || line.contains(" mine "))
        {
            assert!(now.contains(line), "{when}: {line}");
        }
        let servers = on_node("ipvsadm -Sn");
        assert!(
            servers.contains("-A -f 7 -s rr") && servers.contains("-A -u 192.168.0.10:53"),
            "{when}"
        );
    };
    site.apply("ipvs", &stated(2));
    others("applied");
    site.apply("ipvs", &stated(1));
    others("changed");
    let destroyed = site.netc(&["destroy"]);
    assert!(destroyed.status.success(), "{}", text(&destroyed.stderr));
    same(&dump("node0"), &before, "destroyed");
}
