//! From one way of programming services to another while there is traffic.

use super::clients::{Kept, Server, during};
use super::{Site, names, stated};
use crate::dump::{alike, dump, same};
use crate::lab::run;
use std::thread;

/// The service under load, programmed in some way.
fn source(proxy: &str) -> String {
    let proxy = format!("overlay static; proxy {proxy} }}");
    stated([0, 1, 2], "").replacen("overlay static }", &proxy, 1)
}

/// A node that has the same Ethernet address each time.
fn node(backend: &str) -> Site {
    let site = Site::new(backend);
    run("ip -n node0 link set eth0 address 02:00:00:00:00:01");
    site
}

/// A node that never knew another way.
fn clean(backend: &'static str, proxy: &'static str) -> String {
    let work = move || {
        let site = node(backend);
        site.apply(&source(proxy));
        alike(&dump("node0"))
    };
    thread::spawn(work).join().unwrap()
}

fn one_after_the_other(backend: &'static str, ways: &[&'static str]) {
    let site = node(backend);
    site.apply(&source("iptables"));
    let servers = ["web-0", "web-1", "web-2", "web-3"].map(Server::new);
    let healthy = names(&servers[..3]);
    let mut kept = Kept::default();
    kept.open_each(2);
    let mut before = "iptables";
    for proxy in ways {
        let what = format!("{backend}: from {before} to {proxy}");
        let answering = during(&kept, &what, || drop(site.apply(&source(proxy))));
        assert_eq!(answering, healthy, "{what}");
        kept.break_to(&[], &what);
        same(&alike(&dump("node0")), &clean(backend, proxy), &what);
        // Connections of this way live through the next change.
        kept.open_each(1);
        before = proxy;
    }
    kept.end();
}

#[test]
fn modes_take_turns_with_nft() {
    one_after_the_other("nft", &["nftables", "iptables", "nftables { layout flat }", "iptables"]);
}

#[test]
fn modes_take_turns_with_legacy() {
    one_after_the_other("legacy", &["nftables", "iptables"]);
}

#[test]
fn layouts_take_turns() {
    let [older, flat] = ["nftables { layout 1.35 }", "nftables { layout flat }"];
    one_after_the_other("nft", &["nftables", older, flat, "nftables", flat, older, "nftables"]);
}
