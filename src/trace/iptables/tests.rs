//! Rules judged from small texts.

use super::Rules;
use crate::model::Family;
use crate::object::{Hook, Table, VirtualAddress};
use crate::plan::LiveTable;
use crate::trace::verdict::{Judged, Refusal, Translation, Verdict, View};
use crate::trace::{Device, Event, Payload, TrackState, Way, Who};
use netc_lang::Protocol;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn tcp(port: u16) -> Payload {
    Payload::Ports { protocol: Protocol::Tcp, source: None, destination: Some(port) }
}

/// A packet from some sources, any of them, to a port.
fn way(sources: &str, destination: &str, port: u16) -> Way {
    let sources = sources.split(' ').map(ip).collect();
    Way::sample(Who::any(sources).unwrap(), Who::One(ip(destination)), tcp(port))
}

/// What a text lets a packet do in FORWARD. 192.168.0.1 is the node's own.
fn judge(text: &str, way: Way) -> Vec<Judged> {
    let mut rules = Rules::new(Family::V4, Table::Filter);
    rules.observe(LiveTable::parse(text.to_owned()));
    let (family, sets) = (way.packet.family(), FxHashMap::default());
    let own = ip("192.168.0.1");
    let view = View { family, is_local: &|address| address == own, sets: &sets };
    let judged = rules.pass(Hook::Forward, way, &view);
    let all: f64 = judged.iter().map(|one| one.way.share).sum();
    assert!((all - 1.0).abs() < 1e-9, "{all}");
    judged
}

/// Whether one rule matches.
fn matches(rule: &str, way: &Way) -> bool {
    let text = format!(":FORWARD ACCEPT [0:0]\n-A FORWARD {rule} -j DROP\n");
    let judged = judge(&text, way.clone());
    assert_eq!(judged.len(), 1, "{rule}");
    let unjudged = |event: &Event| matches!(event, Event::Unjudged { .. });
    assert!(!judged[0].way.trail.backwards().any(|step| unjudged(&step.event)), "{rule}");
    judged[0].verdict == Verdict::Drop
}

/// The lines on the trail, `?` before those that could not be judged.
fn lines(judged: &Judged) -> Vec<String> {
    let line = |step: &&crate::trace::Step| {
        let line = &step.decided.as_ref().unwrap().line;
        match step.event {
            Event::Unjudged { .. } => format!("? {line}"),
            _ => line.to_string(),
        }
    };
    judged.way.trail.steps().iter().map(line).collect()
}

#[test]
fn chains_are_passed_with_jumps_and_returns() {
    let text = "\
:FORWARD ACCEPT [0:0]
:A - [0:0]
:B - [0:0]
:C - [0:0]
-A FORWARD -j A
-A FORWARD -p tcp -j REJECT --reject-with tcp-reset
-A A -s 10.0.0.1/32 -j RETURN
-A A -g B
-A A -j DROP
-A B -p udp -j DROP
-A B -d 10.0.0.3/32 -j C
-A B -d 10.0.0.9/32 -j ACCEPT
-A C -j MARK --set-xmark 0x4000/0x4000
";
    let reset = Verdict::Reject(Refusal::Reset);
    let judged = judge(text, way("10.0.0.1", "10.0.0.2", 80));
    assert_eq!(judged[0].verdict, reset);
    let reject = "-A FORWARD -p tcp -j REJECT --reject-with tcp-reset";
    assert_eq!(lines(&judged[0]), ["-A FORWARD -j A", "-A A -s 10.0.0.1/32 -j RETURN", reject]);
    let judged = judge(text, way("10.0.0.2", "10.0.0.9", 80));
    assert_eq!(judged[0].verdict, Verdict::Accept);
    // What comes out of a chain that was gone to is not back in the one that went there.
    let judged = judge(text, way("10.0.0.2", "10.0.0.3", 80));
    assert_eq!((judged[0].verdict, judged[0].way.packet.mark), (reset, 0x4000));
    let marked = judged[0].way.trail.backwards().nth(1).unwrap();
    assert!(
        matches!(&marked.event, Event::Rule { mark: Some(0x4000), chain, .. } if &**chain == "C")
    );
}

#[test]
fn policies_decide_last() {
    let judged = judge(":FORWARD DROP [0:0]\n", way("10.0.0.1", "10.0.0.2", 80));
    assert_eq!(
        (judged[0].verdict, lines(&judged[0])),
        (Verdict::Drop, vec!["-P FORWARD DROP".into()])
    );
    let judged = judge(":FORWARD ACCEPT [0:0]\n", way("10.0.0.1", "10.0.0.2", 80));
    assert_eq!((judged[0].verdict, lines(&judged[0])), (Verdict::Accept, vec![]));
}

#[test]
fn chance_divides_ways() {
    let text = "\
:FORWARD ACCEPT [0:0]
-A FORWARD -m statistic --mode random --probability 0.25000000000 -j DNAT --to-destination 10.0.0.7:8080
-A FORWARD -m statistic --mode nth --every 3 --packet 0 -j DROP
-A FORWARD -m statistic --mode random ! --probability 1.00000000000 -j DROP
";
    let judged = judge(text, way("10.0.0.1", "10.96.0.1", 80));
    let found: Vec<(f64, Verdict)> =
        judged.iter().map(|one| (one.way.share, one.verdict)).collect();
    let to = Translation::Destination { address: Some(ip("10.0.0.7")), port: Some(8080) };
    let expected = [(0.25, Verdict::Translate(to)), (0.25, Verdict::Drop), (0.5, Verdict::Accept)];
    for ((share, verdict), (wanted, as_wanted)) in found.iter().zip(expected) {
        assert!((share - wanted).abs() < 1e-9, "{share}");
        assert_eq!(*verdict, as_wanted);
    }
    let chance = |judged: &Judged| match judged.way.trail.backwards().next().unwrap().event {
        Event::Rule { chance, .. } => chance,
        _ => None,
    };
    assert_eq!((chance(&judged[0]), found.len()), (Some(0.25), 3));
}

#[test]
fn sources_are_told_apart_where_a_rule_does() {
    let text = "\
:FORWARD ACCEPT [0:0]
-A FORWARD -s 10.0.0.1/32 ! -d 10.0.1.0/24 -j DROP
-A FORWARD ! -s 10.0.0.2/32 -j MARK --set-xmark 0x1/0x1
";
    let mut rules = Rules::new(Family::V4, Table::Filter);
    rules.observe(LiveTable::parse(text.to_owned()));
    let sets = FxHashMap::default();
    let view = View { family: Family::V4, is_local: &|_| false, sets: &sets };
    let all = way("10.0.0.1 10.0.0.2 10.0.0.3", "10.9.0.1", 80);
    let judged = rules.pass(Hook::Forward, all, &view);
    let found: Vec<(String, u32, Verdict)> = judged
        .iter()
        .map(|one| (one.way.packet.source.to_string(), one.way.packet.mark, one.verdict))
        .collect();
    let of = |source: &str, mark, verdict| (source.to_owned(), mark, verdict);
    let expected = [
        of("10.0.0.1", 0, Verdict::Drop),
        of("10.0.0.3", 1, Verdict::Accept),
        of("10.0.0.2", 0, Verdict::Accept),
    ];
    assert_eq!(found, expected);
}

#[test]
fn conditions_hold_as_in_the_kernel() {
    let mut way = way("10.0.0.1", "192.168.0.1", 80);
    way.packet.mark = 0x4001;
    way.packet.tracked.dnat = true;
    way.packet.input = Some(Device { name: "br0".into(), port: Some("veth1".into()) });
    for rule in [
        "-s 10.0.0.0/8 -d 192.168.0.1/32 -p tcp -m tcp --dport 79:80",
        "-p 6 -m multiport --dports 22,80,443",
        "-p tcp -m multiport ! --dports 22,443",
        "-p tcp -m tcp --sport 1024:65535",
        "-p tcp -m tcp ! --sport 53",
        "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
        "-i br+ -m physdev --physdev-in veth+ --physdev-is-in",
        "! -i eth0 -m physdev ! --physdev-is-out",
        "-m mark --mark 0x4000/0x4000 -m mark ! --mark 0x1",
        "-m conntrack --ctstate RELATED,ESTABLISHED,DNAT",
        "-m conntrack ! --ctstate INVALID",
        "-m state --state NEW",
        "-m addrtype --dst-type LOCAL -m addrtype ! --src-type LOCAL",
        "-m addrtype --src-type UNICAST",
        "-m recent --set --name A --mask 255.255.255.255 --rsource",
        "-m iprange --src-range 10.0.0.0-10.0.0.9",
        "-m comment --comment \"a -j ACCEPT\"",
        "-m limit --limit 5/min --limit-burst 2",
    ] {
        assert!(matches(rule, &way), "{rule}");
    }
    for rule in [
        "! -s 10.0.0.0/8",
        "-p udp",
        "-p tcp -m tcp ! --dport 80",
        "-p tcp -m tcp --sport 53",
        "-i br",
        "-o br0",
        "-m mark --mark 0x4000",
        "-m conntrack --ctstate RELATED,ESTABLISHED",
        "-m addrtype ! --dst-type LOCAL",
        "-m addrtype --dst-type UNICAST,MULTICAST",
        "-m recent --rcheck --seconds 10800 --reap --name A --mask 255.255.255.255 --rsource",
        "-m ipvs --vproto 6 --vaddr 192.168.0.1 --vport 80",
        "-m ipvs --vproto 6 ! --vaddr 192.168.0.9 --vport 80",
        "-m iprange ! --src-range 10.0.0.0-10.0.0.9",
        "-p esp -m esp --espspi 1",
    ] {
        assert!(!matches(rule, &way), "{rule}");
    }
}

#[test]
fn connections_and_echoes_are_known() {
    let mut one = way("10.0.0.1", "10.0.0.9", 8080);
    let socket = "203.0.113.3:80".parse().unwrap();
    one.packet.tracked.server = Some(VirtualAddress { socket, protocol: Protocol::Tcp });
    assert!(matches("-m ipvs --vproto 6 --vaddr 203.0.113.3 --vport 80", &one));
    assert!(!matches("-m ipvs --vproto 17 --vaddr 203.0.113.3 --vport 80", &one));
    one.packet.tracked.state = TrackState::Untracked;
    assert!(matches("-m conntrack --ctstate INVALID,UNTRACKED", &one));
    let ping = Payload::Echo { reply: false };
    let v4 = Way::sample(ip("10.0.0.1").into(), ip("10.0.0.2").into(), ping);
    assert!(matches("-p icmp -m icmp --icmp-type 8", &v4));
    assert!(!matches("-p icmp -m icmp --icmp-type 0", &v4));
    assert!(!matches("-p tcp -m tcp ! --dport 80", &v4));
    let v6 = Way::sample(ip("fd00::1").into(), ip("fd00::2").into(), ping);
    assert!(matches("-p ipv6-icmp -m icmp6 --icmpv6-type 128", &v6));
    assert!(!matches("-p ipv6-icmp -m icmp6 --icmpv6-type 135", &v6));
}

#[test]
fn what_is_not_known_is_passed_by_and_said() {
    let text = "\
:FORWARD ACCEPT [0:0]
-A FORWARD -p udp -m owner --uid-owner 0 -j DROP
-A FORWARD -m owner --uid-owner 0 -p udp -j DROP
-A FORWARD -m string --string \"-j ACCEPT\" --algo bm -j DROP
-A FORWARD -m owner --uid-owner 0 -j LOG
-A FORWARD -p tcp -j NFQUEUE --queue-num 0
-A FORWARD -p tcp -m conntrack --ctstatus ASSURED -j ACCEPT
";
    let judged = judge(text, way("10.0.0.1", "10.0.0.2", 80));
    assert_eq!(judged[0].verdict, Verdict::Accept);
    let said = [
        "? -A FORWARD -m string --string \"-j ACCEPT\" --algo bm -j DROP",
        "? -A FORWARD -p tcp -j NFQUEUE --queue-num 0",
        "? -A FORWARD -p tcp -m conntrack --ctstatus ASSURED -j ACCEPT",
    ];
    assert_eq!(lines(&judged[0]), said);
}

#[test]
fn found_rules_are_tied_to_the_statements_that_made_them() {
    use crate::object::{ChainName, Jump, Match, Place, Ruleset, Target};
    use netc_lang::Span;
    let at = |start| Span { start, ..Span::default() };
    let name = ChainName::new(&["OWN"]);
    let mut chains = crate::object::Chains::one(Family::V4, name, at(1));
    chains.rule(&[Match::Protocol(Protocol::Tcp)], Target::Drop, at(2));
    let mut rules = Rules::new(Family::V4, Table::Filter);
    rules.add(Ruleset::new(Family::V4, Table::Filter, vec![chains]));
    let place = ((Family::V4, Table::Filter), (Hook::Forward, Place::Top(0)));
    rules.jump(Jump::new(place.0, place.1, name, &[]), at(3));
    rules.finish();
    assert!(rules.has(Hook::Forward) && !rules.has(Hook::Input));
    let sets = FxHashMap::default();
    let view = View { family: Family::V4, is_local: &|_| false, sets: &sets };
    let origins = |rules: &Rules| -> Vec<Option<u32>> {
        let judged = rules.pass(Hook::Forward, way("10.0.0.1", "10.0.0.2", 80), &view);
        assert_eq!(judged[0].verdict, Verdict::Drop);
        let steps = judged[0].way.trail.steps().into_iter();
        steps.map(|step| Some(step.decided.as_ref()?.origin?.start)).collect()
    };
    assert_eq!(origins(&rules), [Some(3), Some(2)]);
    let found = ":FORWARD DROP [0:0]\n:OWN - [0:0]\n-A FORWARD -m limit --limit 1/sec -j LOG\n-A FORWARD -j OWN\n-A OWN -p tcp -j DROP\n";
    rules.observe(LiveTable::parse(found.to_owned()));
    assert_eq!(origins(&rules), [None, Some(3), Some(2)]);
}
