//! Connections of the node itself while the addresses of services leave it.
//!
//! As long as an address is the node's own, the kernel makes it the source of the node's
//! connections to it. So their answers would not come back once it has gone.

use super::site::{Site, cluster, on_node};
use crate::dump::{dump, same};
use crate::lab::{path_with, script};
use crate::program::until;
use crate::traffic::clients::{Held, Server};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SERVICES: &str = "\
pods web replicas 2 on node0 { labels app=web; port http 80 }
service web {
    ip 10.96.0.80, fd00:10:96::50
    select app=web
    families ipv4, ipv6
    port 80 -> http
}
";

const ADDRESSES: [&str; 2] = ["10.96.0.80:80", "[fd00:10:96::50]:80"];

/// A node in IPVS mode whose `ip6tables-restore` tells that it has done its work, the last of all
/// rules, and can be made to wait before it ends.
struct Halting {
    site: Site,
    tools: PathBuf,
    _servers: [Server; 2],
}

impl Halting {
    fn new() -> Halting {
        let site = Site::new();
        let tools = site.lab.tools("nft");
        let restore = tools.join("ip6tables-restore");
        let program = restore.read_link().unwrap();
        let tell = format!(
            "\
#!/bin/bash
[[ \"$1\" != --noflush || \"$*\" = *--test* ]] && exec -a ip6tables-restore {program} \"$@\"
(exec -a ip6tables-restore {program} \"$@\")
code=$?
: >{tools}/loaded
while [ -e {tools}/halt ]; do sleep 0.05; done
exit $code
",
            program = program.display(),
            tools = tools.display()
        );
        script(&restore, &tell);
        let apply = apply(&site, &tools, "ipvs");
        succeeds(apply);
        Halting { site, tools, _servers: ["web-0", "web-1"].map(Server::new) }
    }

    /// An apply of iptables mode whose rules are in place and that waits before what is next, and
    /// connections of the node that were opened meanwhile.
    fn halfway(&self) -> (Child, Vec<Held>) {
        fs::remove_file(self.tools.join("loaded")).unwrap();
        fs::write(self.tools.join("halt"), "").unwrap();
        let apply = apply(&self.site, &self.tools, "iptables");
        until("the rules are there", || self.tools.join("loaded").exists());
        let held = open();
        for (held, to) in held.iter().zip(ADDRESSES) {
            let ip = held.source().ip();
            assert_eq!(to.parse::<SocketAddr>().unwrap().ip(), ip, "its source");
        }
        (apply, held)
    }

    fn go_on(&self) {
        fs::remove_file(self.tools.join("halt")).unwrap();
    }
}

fn apply(site: &Site, tools: &Path, proxy: &str) -> Child {
    let source = site.lab.source(&cluster(proxy, SERVICES));
    netc(site, tools, &["apply", source.to_str().unwrap(), "--node", "node0"])
}

fn netc(site: &Site, tools: &Path, words: &[&str]) -> Child {
    let mut command = site.lab.netc();
    command.args(words).args(["--netns", "node0"]).env("PATH", path_with(tools)).spawn().unwrap()
}

#[track_caller]
fn succeeds(mut netc: Child) {
    assert!(netc.wait().unwrap().success());
}

/// The routes by which the addresses are the node's own.
fn routes() -> String {
    let all = on_node("ip route show table local") + &on_node("ip -6 route show table local");
    let of_them = |line: &&str| line.contains("10.96.0.80") || line.contains("fd00:10:96::50");
    all.lines().filter(of_them).collect::<Vec<_>>().join("\n")
}

/// A connection of the node to each of the addresses.
fn open() -> Vec<Held> {
    ADDRESSES.iter().map(|to| Held::open("node0", to)).collect()
}

#[track_caller]
fn go_on(held: &mut [Held], which: &str) {
    let ended: Vec<bool> = held.iter_mut().map(|one| !one.goes_on()).collect();
    assert!(!ended.contains(&true), "{which}: those that hang: {ended:?}");
}

#[test]
fn connections_that_have_its_address_as_their_source_may_end_by_themselves() {
    let node = Halting::new();
    let (mut apply, mut early) = node.halfway();
    go_on(&mut early, "before the address goes");
    node.go_on();
    until("the apply has gone on", || !on_node("ipvsadm -Sn").contains(" -w 1"));
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(8) {
        go_on(&mut early, "while they are waited for");
        sleep(Duration::from_millis(50));
    }
    assert_eq!(apply.try_wait().unwrap(), None, "the apply waits");
    let mut late = open();
    let sources: Vec<String> = late.iter().map(|held| held.source().ip().to_string()).collect();
    assert_eq!(sources, ["192.168.0.10", "fd01::10"]);
    drop(early);
    let end = Instant::now();
    succeeds(apply);
    println!("the apply ended {} ms after the connections", end.elapsed().as_millis());
    assert!(end.elapsed() < Duration::from_secs(15));
    assert_eq!(routes(), "");
    go_on(&mut late, "later ones");
    go_on(&mut open(), "new ones");
}

/// Both ways: back, and on to what the sources say by then.
#[test]
fn their_sources_are_as_before_when_an_apply_was_broken_off_and_the_address_stays() {
    let node = Halting::new();
    let before = dump("node0");
    let Halting { site, tools, .. } = &node;
    let back: [(&str, &dyn Fn() -> Child); 2] = [
        ("rolled back", &|| netc(site, tools, &["rollback"])),
        ("stated as before", &|| apply(site, tools, "ipvs")),
    ];
    for (how, back) in back {
        let (mut apply, held) = node.halfway();
        node.go_on();
        until("they come from elsewhere", || routes().matches("dev lo proto 111 ").count() == 2);
        apply.kill().unwrap();
        apply.wait().unwrap();
        succeeds(back());
        same(&dump("node0"), &before, how);
        drop(held);
        for (held, to) in open().iter().zip(ADDRESSES) {
            assert_eq!(held.source().ip(), to.parse::<SocketAddr>().unwrap().ip(), "{how}");
        }
    }
}
