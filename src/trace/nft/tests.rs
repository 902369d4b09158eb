//! What rules do with packets, rule by rule.

use super::*;
use crate::model::NodeId;
use crate::object::{Field, Lines, Netns};
use crate::trace::verdict::{Refusal, Translation};
use crate::trace::{Device, Event, Packet, Payload, Place, TrackState, Who};
use netc_lang::{Protocol, Span};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

const NODE: &str = "192.168.0.1";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A table with a base chain `base` and others; each chain is its name and its rules.
fn table(chains: &[(&str, &[&str])], sets: Vec<NftSet>) -> NftTable {
    let mut table = NftTable::new(Family::V4, "t", None);
    for (name, rules) in chains {
        let mut chain = NftChain::new(*name, Span::default());
        if *name == "base" {
            chain.base = Some(Base::new("filter", "forward", 0));
        }
        chain.rules = Lines::found(rules.iter().map(|rule| format!("{rule}\n")).collect());
        table.chains.push(chain);
    }
    table.sets = sets;
    table
}

fn set(name: &str, key: &[Field], value: &[Field], elements: &[&str]) -> NftSet {
    let text = elements.iter().map(|element| format!("{element}\n")).collect();
    NftSet { elements: Lines::found(text).sorted(), ..NftSet::new(name, key, value) }
}

fn packet(source: &str, destination: &str, port: u16) -> Packet {
    let protocol = Protocol::Tcp;
    let payload = Payload::Ports { protocol, source: None, destination: Some(port) };
    Packet::new(ip(source).into(), ip(destination).into(), payload)
}

fn way(packet: Packet) -> Way {
    Way::new(Place::Node(NodeId(0), Netns::Node), packet)
}

fn pass(table: NftTable, packet: Packet) -> Vec<Judged> {
    let sets = FxHashMap::default();
    let is_local = |address: IpAddr| address == ip(NODE);
    let view = View { family: Family::V4, is_local: &is_local, sets: &sets };
    let rules = Rules::new(table);
    rules.pass("base", way(packet), &view)
}

/// The only way's verdict under some rules of the base chain, and the lines that matched.
fn one(rules: &[&str], packet: Packet) -> (Verdict, Vec<String>) {
    let all = pass(table(&[("base", rules)], Vec::new()), packet);
    assert_eq!(all.len(), 1, "{all:?}");
    (all[0].verdict, lines(&all[0].way))
}

fn lines(way: &Way) -> Vec<String> {
    let line = |step: &&crate::trace::Step| step.decided.as_ref().unwrap().line.to_string();
    way.trail.steps().iter().map(line).collect()
}

fn web() -> Packet {
    let device = |name: &str| Some(Device { name: name.into(), port: None });
    Packet { input: device("cni0"), output: device("eth0"), ..packet("10.0.0.1", "10.96.0.2", 80) }
}

#[test]
fn conditions_hold_for_what_they_name() {
    let holds = |condition: &str, packet: Packet| {
        let rule = format!("{condition} drop");
        let (verdict, lines) = one(&[&rule], packet);
        assert_eq!(verdict == Verdict::Drop, !lines.is_empty());
        verdict == Verdict::Drop
    };
    for condition in [
        "ip saddr 10.0.0.1",
        "ip saddr 10.0.0.0/24 ip daddr != 10.0.0.0/24 counter",
        "ip daddr { 10.1.0.0/16, 10.96.0.1-10.96.0.9 }",
        "tcp dport 80",
        "th dport { 53, 80-90 } tcp sport 1024-65535",
        "tcp sport != 53",
        "meta l4proto { tcp, udp }",
        "ip protocol tcp",
        "ip daddr . meta l4proto . th dport { 10.96.0.2 . tcp . 80, 10.96.0.3 . tcp . 80 }",
        "iifname \"cni*\" oifname \"eth0\" iifname != \"docker0\"",
        "ct state new,untracked ct state != established ct direction original",
        "fib daddr type unicast fib saddr type != local fib daddr type { unicast, broadcast }",
        "meta mark 0x00000000 meta mark & 0x00004000 == 0x00000000",
        "limit rate 5/second burst 7 packets log prefix \"drop me\" level warn",
        "update @seen { ip saddr }",
    ] {
        assert!(holds(condition, web()), "{condition}");
    }
    for condition in [
        "ip saddr != 10.0.0.1",
        "ip daddr { 10.1.0.0/16, 10.96.0.3-10.96.0.9 }",
        "udp dport 80",
        "udp dport != 81",
        "tcp sport 53",
        "icmp type != echo-request",
        "iifname \"cni\"",
        "ct state established,related",
        "ct status dnat",
        "fib daddr type local",
        "meta mark & 0x00004000 != 0x00000000",
        "limit rate over 1 mbytes/second",
    ] {
        assert!(!holds(condition, web()), "{condition}");
    }
    let mut answer = web();
    answer.payload = answer.payload.answer();
    answer.tracked.state = TrackState::Established;
    (answer.tracked.reply, answer.tracked.dnat, answer.input) = (true, true, None);
    for condition in ["ct status dnat ct direction reply", "tcp sport 80", "iifname != \"cni0\""] {
        assert!(holds(condition, answer.clone()), "{condition}");
    }
    let echo = Packet { payload: Payload::Echo { reply: false }, ..web() };
    assert!(holds("icmp type { echo-request, echo-reply } ip protocol icmp", echo.clone()));
    assert!(!holds("th dport != 80", echo));
}

#[test]
fn statements_do_what_they_say() {
    let verdict = |rule: &str| one(&[rule], web()).0;
    let to = |address, port| Verdict::Translate(Translation::Destination { address, port });
    let from = |port| Verdict::Translate(Translation::Source { address: ip("1.2.3.4"), port });
    assert_eq!(verdict("dnat to 1.2.3.4:5"), to(Some(ip("1.2.3.4")), Some(5)));
    assert_eq!(verdict("dnat to 1.2.3.4 persistent"), to(Some(ip("1.2.3.4")), None));
    assert_eq!(verdict("dnat to :5"), to(None, Some(5)));
    assert_eq!(verdict("snat to 1.2.3.4"), from(None));
    assert_eq!(verdict("snat to 1.2.3.4:9 random,persistent"), from(Some(9)));
    assert_eq!(verdict("redirect to :5"), Verdict::Translate(Translation::Redirect(Some(5))));
    let masquerade = Verdict::Translate(Translation::Masquerade);
    assert_eq!(verdict("masquerade fully-random comment \"drop\""), masquerade);
    assert_eq!(verdict("masquerade to :1024-65535"), masquerade);
    assert_eq!(verdict("reject"), Verdict::Reject(Refusal::PortUnreachable));
    assert_eq!(verdict("reject with tcp reset"), Verdict::Reject(Refusal::Reset));
    let prohibited = Verdict::Reject(Refusal::Prohibited);
    assert_eq!(verdict("reject with icmp admin-prohibited"), prohibited);
}

#[test]
fn marks_are_worked_on() {
    let rules = [
        "meta mark set 0x00000010",
        "meta mark set meta mark | 0x00004000",
        "meta mark & 0x00004000 != 0x00000000 meta mark set meta mark ^ 0x00000010",
        "meta mark 0x00004000 drop",
    ];
    let all = pass(table(&[("base", &rules)], Vec::new()), web());
    let marks = all[0].way.trail.steps().into_iter().map(|step| match step.event {
        Event::Rule { mark, .. } => mark,
        _ => panic!("{step:?}"),
    });
    let marks: Vec<Option<u32>> = marks.collect();
    assert_eq!(marks, [Some(0x10), Some(0x4010), Some(0x4000), None]);
    assert_eq!((all[0].verdict, all[0].way.packet.mark), (Verdict::Drop, 0x4000));
}

#[test]
fn chains_end_as_the_kernel_ends_them() {
    let chains: [(&str, &[&str]); 4] = [
        ("base", &["jump a", "ip saddr 10.0.0.9 goto none", "goto b", "drop"]),
        ("a", &["return", "drop"]),
        ("b", &["jump c", "counter"]),
        ("c", &["goto a", "drop"]),
    ];
    let mut base = table(&chains, Vec::new());
    let all = pass(base.clone(), web());
    assert_eq!(all[0].verdict, Verdict::Accept);
    let expected = ["jump a", "return", "goto b", "jump c", "goto a", "return", "counter"];
    assert_eq!(lines(&all[0].way), expected);
    base.chains[0].base.as_mut().unwrap().drops = true;
    let all = pass(base, web());
    assert_eq!(all[0].verdict, Verdict::Drop);
    let policy = "type filter hook forward priority 0; policy drop;";
    assert_eq!(lines(&all[0].way).last().unwrap(), policy);
}

#[test]
fn rules_that_lead_in_a_circle_end() {
    let chains: [(&str, &[&str]); 3] =
        [("base", &["goto a"]), ("a", &["jump b"]), ("b", &["goto a"])];
    assert_eq!(pass(table(&chains, Vec::new()), web())[0].verdict, Verdict::Accept);
    let chains: [(&str, &[&str]); 2] = [("base", &["goto a"]), ("a", &["goto a"])];
    assert_eq!(pass(table(&chains, Vec::new()), web())[0].verdict, Verdict::Accept);
}

#[test]
fn what_is_not_known_is_told() {
    let rules = ["ip saddr 10.9.9.9 tcp flags syn drop", "tcp flags syn drop", "accept"];
    let all = pass(table(&[("base", &rules)], Vec::new()), web());
    assert_eq!(all[0].verdict, Verdict::Accept);
    assert_eq!(lines(&all[0].way), ["tcp flags syn drop", "accept"]);
    let steps = all[0].way.trail.steps();
    assert!(matches!(&steps[0].event, Event::Unjudged { chain, .. } if **chain == *"base"));
    let known = ["ip saddr 10.9.9.9 drop", "counter packets 1 bytes 2", "jump base", "jump gone"];
    let rules = Rules::new(table(&[("base", &known)], Vec::new()));
    let unjudged: Vec<(&str, &str)> = rules.unjudged().collect();
    assert_eq!(unjudged, [("base", known[1]), ("base", known[3])]);
}

#[test]
fn maps_and_sets_are_looked_into() {
    let address = Field::Address(Family::V4);
    let portal = [address.clone(), Field::Protocol, Field::Port];
    let services =
        ["10.96.0.2 . tcp . 80 comment \"a : b\" : goto web", "10.96.0.2 . tcp . 8 : drop"];
    let sockets = ["10.96.0.2 . tcp . 80 : 10.0.0.7 . 8080"];
    let networks = NftSet { interval: true, ..set("nets", &portal[..1], &[], &["10.0.0.0/24"]) };
    let recent = NftSet { timeout: Some(60), ..set("recent", &portal[..1], &[], &["10.0.0.1"]) };
    let socket = [address, Field::Port];
    let sets = || {
        vec![
            set("services", &portal, &[Field::Verdict], &services),
            set("sockets", &portal, &socket, &sockets),
            set("devices", &[Field::Device], &[Field::Verdict], &["\"cni0\" : jump web"]),
            networks.clone(),
            recent.clone(),
        ]
    };
    let portal = "ip daddr . meta l4proto . th dport";
    let look_up = format!("{portal} vmap @services");
    let translate = format!("dnat ip addr . port to {portal} map @sockets");
    let rules = ["ip saddr @recent drop", "ip saddr @nets counter", &look_up];
    let chains: [(&str, &[&str]); 2] = [("base", &rules), ("web", &[&translate])];
    let all = pass(table(&chains, sets()), web());
    let expected =
        ["ip saddr @nets counter", &look_up, services[0], translate.as_str(), sockets[0]];
    assert_eq!(lines(&all[0].way), expected);
    let (address, port) = (Some(ip("10.0.0.7")), Some(8080));
    let translated = Verdict::Translate(Translation::Destination { address, port });
    assert_eq!(all[0].verdict, translated);
    let verdict = |packet| {
        let rules = [look_up.as_str(), "iifname vmap @devices", "accept"];
        let chains: [(&str, &[&str]); 2] = [("base", &rules), ("web", &["drop"])];
        let all = pass(table(&chains, sets()), packet);
        (all[0].verdict, lines(&all[0].way).len())
    };
    // The second lookup, its element, and the rule of the chain.
    assert_eq!(verdict(Packet { payload: packet("1.1.1.1", NODE, 9).payload, ..web() }).1, 3);
    assert_eq!(verdict(packet("10.0.0.1", "10.96.0.3", 80)), (Verdict::Accept, 1));
}

#[test]
fn chance_divides_a_way() {
    let rules = ["numgen random mod 4 vmap { 0 : goto a, 1-2 : drop }", "accept"];
    let all = pass(table(&[("base", &rules), ("a", &["reject"])], Vec::new()), web());
    let told: Vec<(f64, Verdict)> = all.iter().map(|one| (one.way.share, one.verdict)).collect();
    let refused = Verdict::Reject(Refusal::PortUnreachable);
    assert_eq!(told, [(0.25, refused), (0.5, Verdict::Drop), (0.25, Verdict::Accept)]);
    let chance = |judged: &Judged| match judged.way.trail.steps()[0].event {
        Event::Rule { chance, .. } => chance,
        _ => None,
    };
    assert_eq!(all.iter().map(chance).collect::<Vec<_>>(), [Some(0.25), Some(0.5), None]);
    let pick =
        "dnat ip addr . port to numgen random mod 2 map { 0 : 1.1.1.1 . 1, 1 : 1.1.1.2 . 2 }";
    let all = pass(table(&[("base", &[pick])], Vec::new()), web());
    let to = |last: u8, port| {
        let address = Some(IpAddr::from([1, 1, 1, last]));
        Verdict::Translate(Translation::Destination { address, port: Some(port) })
    };
    let told: Vec<(f64, Verdict)> = all.iter().map(|one| (one.way.share, one.verdict)).collect();
    assert_eq!(told, [(0.5, to(1, 1)), (0.5, to(2, 2))]);
}

#[test]
fn several_sources_are_told_apart() {
    let sources: Vec<IpAddr> = (1..=4).map(|last| IpAddr::from([10, 0, 0, last])).collect();
    let mut asked = web();
    asked.source = Who::any(sources).unwrap();
    let elements = ["10.0.0.1 : goto a", "10.0.0.3 : drop"];
    let sets = vec![set("by", &[Field::Address(Family::V4)], &[Field::Verdict], &elements)];
    let rules = ["ip saddr { 10.0.0.4, 10.0.0.9 } reject", "ip saddr vmap @by", "accept"];
    let all = pass(table(&[("base", &rules), ("a", &["masquerade"])], sets), asked);
    let mut told: Vec<(String, String)> = all
        .iter()
        .map(|one| (one.way.packet.source.to_string(), format!("{:?}", one.verdict)))
        .collect();
    told.sort();
    let expected = [
        ("10.0.0.1", "Translate(Masquerade)"),
        ("10.0.0.2", "Accept"),
        ("10.0.0.3", "Drop"),
        ("10.0.0.4", "Reject(PortUnreachable)"),
    ];
    let expected: Vec<(String, String)> =
        expected.map(|(source, verdict)| (source.to_owned(), verdict.to_owned())).into();
    assert_eq!(told, expected);
    assert!(all.iter().all(|one| one.way.share == 1.0 && one.way.client == one.way.packet.source));
}

#[test]
fn what_is_found_gets_the_statements_of_what_is_compiled() {
    let at = |start| Span { start, ..Span::default() };
    let mut compiled = table(&[("base", &[])], Vec::new());
    compiled.chains[0].origin = crate::object::Aside(at(1));
    compiled.chains[0].rules.push(at(7), |out| out.push_str("ip saddr 10.0.0.1 drop"));
    let found = table(&[("base", &["counter", "ip saddr 10.0.0.1 drop"])], Vec::new());
    let tied = with_origins(found.clone(), &compiled);
    assert_eq!(tied, found);
    let origins: Vec<Span> = tied.chains[0].rules.with_origins().map(|(_, at)| at).collect();
    assert_eq!((origins, tied.chains[0].origin.0), (vec![Span::default(), at(7)], at(1)));
    let all = pass(tied, web());
    let steps = all[0].way.trail.steps();
    let origins = steps.iter().map(|step| step.decided.as_ref().unwrap().origin);
    assert_eq!(origins.collect::<Vec<_>>(), [None, Some(at(7))]);
}
