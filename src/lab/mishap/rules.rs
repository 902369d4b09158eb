//! What the kernel holds for what is broken: disciplines of queues for tc(8), tables for nft(8).
//!
//! A loss is no matter of tc here: it wants netem, which many kernels lack, and a hook of nf_tables
//! loses packets as well.

use super::Strain;
use std::fmt::Write;
use std::net::IpAddr;

/// The name of the tables; netc has others of its own on nodes, and leaves these alone.
const TABLE: &str = "netc-lab";

/// A queue that is full holds packets for so long.
const LATENCY: &str = "50ms";

/// The queue of a device that sends into such a link, as `tc qdisc replace dev DEVICE root …` takes
/// it; nothing if an ordinary one does.
#[must_use]
pub fn discipline(strain: Strain) -> Option<String> {
    let delayed = strain.delay.map(|micros| format!("netem delay {micros}us limit 10000"));
    match (delayed, strain.rate) {
        (Some(delayed), Some(rate)) => Some(format!("{delayed} rate {rate}bit")),
        (Some(delayed), None) => Some(delayed),
        (None, Some(rate)) => {
            // What 10 ms let through, and never less than a few packets: timers are not finer.
            let burst = (rate / 800).max(10_000);
            Some(format!("tbf rate {rate}bit burst {burst}b latency {LATENCY}"))
        }
        (None, None) => None,
    }
}

/// The table that loses packets as they come in by devices of a network namespace, in place of the one
/// that was there. What is cut loses them all.
#[must_use]
pub fn hooks(devices: &[(String, Strain)]) -> String {
    let mut chains = String::new();
    for (place, (device, strain)) in devices.iter().enumerate() {
        let (policy, rule) = match (strain.cut, strain.loss) {
            (true, _) => ("drop", String::new()),
            (false, Some(share)) => {
                ("accept", format!("        numgen random mod 1000000 < {share} drop\n"))
            }
            (false, None) => continue,
        };
        let hook = format!("type filter hook ingress device \"{device}\" priority -500");
        let _ = write!(
            chains,
            "    chain link{place} {{\n        {hook}; policy {policy};\n{rule}    }}\n"
        );
    }
    replaced("netdev", &chains)
}

/// Two hosts that are to be parted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pair {
    /// Both are on one segment: their ports on the switch.
    Switched(String, String),
    /// The router is between them: their addresses.
    Routed(Vec<IpAddr>, Vec<IpAddr>),
}

/// The tables that part hosts, in place of those that were there: of the switch, and of the router.
#[must_use]
pub fn parted(pairs: &[Pair]) -> (String, String) {
    let (mut ports, mut addresses) = (String::new(), String::new());
    for pair in pairs {
        match pair {
            Pair::Switched(one, other) => {
                for (from, to) in [(one, other), (other, one)] {
                    let _ = writeln!(ports, "        iifname \"{from}\" oifname \"{to}\" drop");
                }
            }
            Pair::Routed(one, other) => {
                for (from, to) in each_way(one, other) {
                    let family = if from.is_ipv4() { "ip" } else { "ip6" };
                    let rule = format!("{family} saddr {from} {family} daddr {to} drop");
                    let _ = writeln!(addresses, "        {rule}");
                }
            }
        }
    }
    (forwarding("bridge", &ports), forwarding("inet", &addresses))
}

/// Each address of one with each of the other of its family, both ways.
fn each_way<'a>(
    one: &'a [IpAddr],
    other: &'a [IpAddr],
) -> impl Iterator<Item = (&'a IpAddr, &'a IpAddr)> {
    let pairs = one.iter().flat_map(move |from| other.iter().map(move |to| (from, to)));
    let same = pairs.filter(|(from, to)| from.is_ipv4() == to.is_ipv4());
    same.flat_map(|(from, to)| [(from, to), (to, from)])
}

fn forwarding(family: &str, rules: &str) -> String {
    if rules.is_empty() {
        return replaced(family, "");
    }
    let hook = "type filter hook forward priority 0; policy accept;";
    replaced(family, &format!("    chain forward {{\n        {hook}\n{rules}    }}\n"))
}

/// A table in place of the one of its name, if there is one; without chains, none.
fn replaced(family: &str, chains: &str) -> String {
    let table = format!("table {family} {TABLE}");
    let gone = format!("{table}\ndelete {table}\n");
    if chains.is_empty() { gone } else { format!("{gone}{table} {{\n{chains}}}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_as_tc_wants_them() {
        let rate = |rate| Strain { rate: Some(rate), ..Strain::default() };
        let tbf = "tbf rate 1000000bit burst 10000b latency 50ms";
        assert_eq!(discipline(rate(1_000_000)).unwrap(), tbf);
        let both = Strain { delay: Some(50_000), ..rate(1_000_000) };
        let netem = "netem delay 50000us limit 10000 rate 1000000bit";
        assert_eq!(discipline(both).unwrap(), netem);
        assert_eq!(discipline(Strain { cut: true, loss: Some(1), ..Strain::default() }), None);
    }

    #[test]
    fn hooks_lose_what_is_to_be_lost() {
        let strain = Strain { cut: true, loss: Some(500), ..Strain::default() };
        let devices = [("eth0".to_owned(), strain), ("eth1".to_owned(), Strain::default())];
        let gone = "table netdev netc-lab\ndelete table netdev netc-lab\n";
        assert_eq!(hooks(&devices[1..]), gone);
        let hook = "type filter hook ingress device \"eth0\" priority -500; policy";
        assert!(hooks(&devices).contains(&format!("{hook} drop;\n    }}")));
        let lossy = hooks(&[("eth0".to_owned(), Strain { cut: false, ..strain })]);
        assert!(
            lossy
                .contains(&format!("{hook} accept;\n        numgen random mod 1000000 < 500 drop"))
        );
        assert_eq!(lossy.matches("chain").count(), 1);
    }

    #[test]
    fn pairs_are_parted_both_ways() {
        let one: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
        let other: Vec<IpAddr> = vec!["10.0.1.1".parse().unwrap()];
        let pairs = [Pair::Switched("port0".into(), "port1".into()), Pair::Routed(one, other)];
        let (switch, router) = parted(&pairs);
        assert!(switch.contains("iifname \"port1\" oifname \"port0\" drop"));
        assert!(router.contains("ip saddr 10.0.1.1 ip daddr 10.0.0.1 drop"));
        assert_eq!((switch.matches(" drop").count(), router.matches(" drop").count()), (2, 2));
        assert_eq!(parted(&[]).0, "table bridge netc-lab\ndelete table bridge netc-lab\n");
    }
}
