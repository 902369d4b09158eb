//! From one mode to another, and to the one that stands in for it, while there is traffic.

use super::site::{Site, on_node};
use crate::dump::{alike, dump, same};
use crate::lab::text;
use crate::traffic::clients::{Kept, Server, during};
use std::thread;
use std::time::Duration;

const SERVICES: &str = "\
pods web replicas 3 on node0 { labels app=web }
service web { ip 10.96.0.80; type node-port; select app=web; port 80 node-port 30080 }
service dns { ip 10.96.0.53; port 53/udp; endpoint 10.244.0.77:53 }
";

/// A node that never knew another mode.
fn clean(proxy: &'static str) -> String {
    let work = move || {
        let site = Site::new();
        site.apply(proxy, SERVICES);
        alike(&dump("node0"))
    };
    thread::spawn(work).join().unwrap()
}

#[track_caller]
fn is_clean(proxy: &'static str) {
    same(&alike(&dump("node0")), &clean(proxy), &format!("{proxy}, and what was before it"));
}

#[test]
fn another_mode_takes_over_without_a_lost_request() {
    let site = Site::new();
    site.apply("iptables", SERVICES);
    let servers = ["web-0", "web-1", "web-2"].map(Server::new);
    let healthy: Vec<String> = servers.iter().map(|server| server.pod.clone()).collect();
    let mut long = Kept::default();
    long.open_each(3);
    let answering = during(&long, "to ipvs", || drop(site.apply("ipvs", SERVICES)));
    assert_eq!(answering, healthy);
    is_clean("ipvs");
    // Connections of IPVS end with it: they have time for that.
    let mut brief = Kept::default();
    brief.open_each(3);
    let answering = during(&long, "to iptables", || {
        thread::scope(|scope| {
            let apply = scope.spawn(|| site.apply("iptables", SERVICES));
            // Servers of UDP keep their weight until they go.
            let weighed = |line: &str| line.starts_with("-a -t ") && line.contains(" -w 1");
            while on_node("ipvsadm -Sn").lines().any(weighed) {
                thread::sleep(Duration::from_millis(50));
            }
            brief.break_to(&[], "while they are waited for");
            assert!(!apply.is_finished(), "the apply waits");
            brief.end();
            apply.join().unwrap();
        });
    });
    assert_eq!(answering, healthy);
    long.break_to(&[], "those that are older than IPVS");
    long.end();
    is_clean("iptables");
}

#[test]
fn ipvs_and_nftables_take_turns_without_a_lost_request() {
    let site = Site::new();
    site.apply("nftables", SERVICES);
    let servers = ["web-0", "web-1", "web-2"].map(Server::new);
    let healthy: Vec<String> = servers.iter().map(|server| server.pod.clone()).collect();
    let mut long = Kept::default();
    long.open_each(1);
    for proxy in ["ipvs", "nftables"] {
        let what = format!("to {proxy}");
        let answering = during(&long, &what, || drop(site.apply(proxy, SERVICES)));
        assert_eq!(answering, healthy, "{what}");
        long.break_to(&[], &what);
        is_clean(proxy);
    }
    long.end();
}

/// One that the kernel of the virtual machine has not.
const LACKING: &str = "ipvs { scheduler twos }";

#[test]
fn iptables_stands_in_where_the_scheduler_is_lacking() {
    let site = Site::new();
    site.apply("ipvs", SERVICES);
    let servers = ["web-0", "web-1", "web-2"].map(Server::new);
    let kept = Kept::default();
    let mut said = String::new();
    let answering = during(&kept, "iptables stands in", || {
        let output = site.try_apply(LACKING, SERVICES, &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        said = text(&output.stderr);
    });
    assert!(said.contains("W0601") && said.contains("ip_vs_twos"), "{said}");
    assert_eq!(answering, servers.each_ref().map(|server| server.pod.clone()));
    is_clean("iptables");
    let again = site.try_apply(LACKING, SERVICES, &[]);
    assert!(text(&again.stdout).contains("nothing to do"), "{}", text(&again.stdout));
    let drift = site.netc(&[
        "diff",
        "--drift",
        site.lab.source(&super::site::cluster(LACKING, SERVICES)).to_str().unwrap(),
    ]);
    assert_eq!(drift.status.code(), Some(0), "{}", text(&drift.stdout));
}

#[test]
fn without_a_fallback_nothing_is_changed() {
    let site = Site::new();
    site.apply("ipvs", SERVICES);
    let before = dump("node0");
    let output = site.try_apply("ipvs { scheduler twos; fallback none }", SERVICES, &[]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("ip_vs_twos"), "{said}");
    same(&dump("node0"), &before, "refused");
}
