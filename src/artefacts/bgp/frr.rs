//! The configuration of FRR (its user guide, chapter BGP), as vtysh writes it.

use super::{Config, RETRY, Session, word};
use crate::model::Family;

/// Nothing is taken: this route map refuses everything.
const IN: &str = "NETC-IN";

pub(super) fn text(config: &Config) -> String {
    let mut out = config.head("!");
    out.push_str(&format!("hostname {}\nlog syslog informational\n!\n", config.node.name));
    out.push_str(&format!("router bgp {}\n", config.bgp.number));
    out.push_str(&format!(" bgp router-id {}\n", config.id));
    // Routes are told although the node itself has none of them.
    out.push_str(" no bgp default ipv4-unicast\n no bgp network import-check\n");
    for Session { peer, local, .. } in &config.sessions {
        let address = peer.address;
        out.push_str(&format!(" neighbor {address} remote-as {}\n", peer.number));
        if let Some(hops) = peer.multihop.filter(|_| peer.number != config.bgp.number) {
            out.push_str(&format!(" neighbor {address} ebgp-multihop {hops}\n"));
        }
        out.push_str(&format!(" neighbor {address} update-source {local}\n"));
        out.push_str(&format!(" neighbor {address} timers connect {RETRY}\n"));
    }
    for family in config.families() {
        out.push_str(&told(config, family));
    }
    out.push_str("exit\n!\n");
    for family in config.families() {
        out.push_str(&lists(config, family));
    }
    out.push_str(&maps(config));
    out
}

/// What is told of a family, and to whom.
fn told(config: &Config, family: Family) -> String {
    let mut out = format!(" !\n address-family {} unicast\n", word(family));
    for (net, _) in config.routes(family) {
        out.push_str(&format!("  network {net}\n"));
    }
    for session in config.sessions.iter().filter(|one| one.families.get(family).is_some()) {
        let peer = session.peer.address;
        out.push_str(&format!("  neighbor {peer} activate\n  neighbor {peer} next-hop-self\n"));
        out.push_str(&format!("  neighbor {peer} route-map {IN} in\n"));
        out.push_str(&format!("  neighbor {peer} route-map {} out\n", map(session, family)));
    }
    out.push_str(" exit-address-family\n");
    out
}

/// What may be told: what stands here and nothing else.
fn lists(config: &Config, family: Family) -> String {
    let (name, word) = (list(family), keyword(family));
    let mut out = String::new();
    for (number, (net, what)) in (5..).step_by(5).zip(config.routes(family)) {
        out.push_str(&format!("! {what}\n{word} prefix-list {name} seq {number} permit {net}\n"));
    }
    if out.is_empty() {
        out.push_str(&format!("{word} prefix-list {name} seq 5 deny any\n"));
    }
    out + "!\n"
}

fn maps(config: &Config) -> String {
    let mut out = format!("route-map {IN} deny 10\nexit\n!\n");
    let mut made = Vec::new();
    for session in &config.sessions {
        for (family, own) in session.families.iter() {
            let name = map(session, family);
            if made.contains(&name) {
                continue;
            }
            let (word, list) = (keyword(family), list(family));
            out.push_str(&format!(
                "route-map {name} permit 10\n match {word} address prefix-list {list}\n"
            ));
            // The session has no address of the other family.
            match (family == Family::of(session.peer.address), family) {
                (true, _) => {}
                (false, Family::V4) => out.push_str(&format!(" set ip next-hop {own}\n")),
                (false, Family::V6) => {
                    out.push_str(&format!(" set ipv6 next-hop global {own}\n"));
                }
            }
            out.push_str("exit\n!\n");
            made.push(name);
        }
    }
    out
}

/// The route map of what is told of a family, in sessions of that family or of the other one.
fn map(session: &Session, family: Family) -> &'static str {
    match (family == Family::of(session.peer.address), family) {
        (true, Family::V4) => "NETC-OUT-IPV4",
        (true, Family::V6) => "NETC-OUT-IPV6",
        (false, Family::V4) => "NETC-OUT-IPV4-BESIDE",
        (false, Family::V6) => "NETC-OUT-IPV6-BESIDE",
    }
}

fn list(family: Family) -> &'static str {
    match family {
        Family::V4 => "NETC-IPV4",
        Family::V6 => "NETC-IPV6",
    }
}

/// A family at the beginning of a statement.
fn keyword(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ipv6",
    }
}
