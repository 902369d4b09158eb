//! Rules and tables as nft 1.0.6 tells them.

use super::read::table;
use super::statement::{Surroundings, push_rule};
use super::verbatim;
use crate::model::Family;
use crate::object::{Condition, Field, NftChain, NftTable, Portal, Statement};
use netc_lang::{Protocol, Span};
use serde::Deserialize;
use serde_json::Value;

/// A rule as `nft -s -j list` has it, and as `nft list` prints it, but for `addr . port`; whether
/// netc can write it by itself.
#[derive(Deserialize)]
struct Rule {
    text: String,
    known: bool,
    expr: Vec<Value>,
    comment: Option<String>,
}

#[test]
fn rules_are_written_as_nft_writes_them() {
    let rules: Vec<Rule> = serde_json::from_str(include_str!("recorded.json")).unwrap();
    let around = Surroundings { family: Family::V4, gives_sockets: &|name| name == "ep" };
    for rule in &rules {
        let mut text = String::new();
        let written = push_rule(&mut text, &rule.expr, rule.comment.as_deref(), &around);
        assert_eq!(written.is_some(), rule.known, "{}", rule.text);
        if rule.known {
            assert_eq!(text, rule.text);
        }
    }
    assert!(rules.len() > 50);
}

/// What other versions of nft write in another way.
#[test]
fn other_forms_mean_the_same() {
    let said = |expr: &str| {
        let around = Surroundings { family: Family::V6, gives_sockets: &|_| false };
        let expr: Vec<Value> = serde_json::from_str(expr).unwrap();
        let mut text = String::new();
        push_rule(&mut text, &expr, None, &around).map(|()| text)
    };
    let is = |expr: &str, text: &str| assert_eq!(said(expr).as_deref(), Some(text));
    is(r#"[{"masquerade": {"flags": ["fully-random"]}}]"#, "masquerade fully-random");
    is(r#"[{"reject": null}]"#, "reject");
    is(r#"[{"reject": {"type": "icmpv6", "expr": "port-unreachable"}}]"#, "reject");
    is(r#"[{"counter": {"packets": 1, "bytes": 60}}, {"drop": null}]"#, "counter drop");
    is(r#"[{"dnat": {"addr": "fd00::1", "port": 80}}]"#, "dnat to [fd00::1]:80");
    is(r#"[{"dnat": {"family": "ip6", "addr": "fd00::1"}}]"#, "dnat to fd00::1");
    let fib = r#"[{"match": {"op": "==", "left": {"fib": {"result": "type", "flags": "daddr"}}, "right": "local"}}]"#;
    is(fib, "fib daddr type local");
    let one = r#"[{"match": {"op": "!=", "left": {"payload": {"protocol": "ip6", "field": "saddr"}}, "right": {"set": ["fd00::1"]}}}]"#;
    is(one, "ip6 saddr != fd00::1");
    let protocols = r#"[{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": {"set": [6, 17, 132]}}}]"#;
    is(protocols, "meta l4proto { tcp, udp, sctp }");
    assert_eq!(said(r#"[{"xt": null}]"#), None);
    assert_eq!(said("[7]"), None);
}

/// What nft 1.0.6 prints of a table, shortened.
const TABLE: &str = r#"{"nftables": [
    {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
    {"table": {"family": "ip", "name": "t", "handle": 1}},
    {"counter": {"family": "ip", "name": "cn", "table": "t", "handle": 5, "packets": 0, "bytes": 0}},
    {"set": {"family": "ip", "name": "ranges", "table": "t", "type": "ipv4_addr", "handle": 6, "flags": ["interval"], "comment": "c", "elem": [
        {"elem": {"val": "1.2.3.4", "comment": "hi there"}}, {"prefix": {"addr": "10.0.0.0", "len": 8}}, {"range": ["192.168.0.1", "192.168.0.5"]}]}},
    {"set": {"family": "ip", "name": "seen", "table": "t", "type": "ipv4_addr", "handle": 8, "size": 100, "flags": ["timeout"], "timeout": 10800, "elem": [
        {"elem": {"val": "9.9.9.9", "expires": 10799}}]}},
    {"map": {"family": "ip", "name": "slots", "table": "t", "type": ["ipv4_addr", "inet_proto", "inet_service", "integer"], "handle": 19, "map": "ipv4_addr . inet_service", "elem": [
        [{"concat": ["10.0.0.1", "tcp", 80, 10]}, {"concat": ["10.244.0.1", 8080]}], [{"concat": ["10.0.0.1", 6, 80, 1]}, {"concat": ["10.244.0.2", 8080]}]]}},
    {"map": {"family": "ip", "name": "new", "table": "t", "type": {"typeof": {"concat": [{"payload": {"protocol": "ip", "field": "daddr"}}, {"meta": {"key": "l4proto"}}]}}, "handle": 20, "map": "verdict"}},
    {"map": {"family": "ip", "name": "odd", "table": "t", "type": "inet_service", "handle": 7, "map": "verdict", "elem": [
        [80, {"drop": null}], [81, {"unheard": 1}]]}},
    {"chain": {"family": "ip", "table": "t", "name": "in", "handle": 2, "type": "filter", "hook": "input", "prio": -5, "policy": "drop"}},
    {"chain": {"family": "ip", "table": "t", "name": "own", "handle": 3, "comment": "x"}},
    {"rule": {"family": "ip", "table": "t", "chain": "own", "handle": 11, "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}},
        {"dnat": {"family": "ip", "addr": {"map": {"key": {"payload": {"protocol": "ip", "field": "daddr"}}, "data": "@slots"}}}}]}},
    {"rule": {"family": "ip", "table": "t", "chain": "own", "handle": 12, "expr": [{"quota": {"val": 10}}, {"drop": null}]}},
    {"rule": {"family": "ip", "table": "t", "chain": "in", "handle": 13, "comment": "last", "expr": [{"goto": {"target": "own"}}]}}
]}"#;

const LISTED: &str = "\
table ip t { # handle 1
	map odd { # handle 7
		type inet_service : verdict
		elements = { 81 : continue, 80 : drop }
	}

	chain own { # handle 3
		meta l4proto tcp dnat ip to ip daddr map @slots # handle 11
		quota over 10 bytes drop # handle 12
	}
}
";

#[test]
fn a_table_is_read_with_all_its_parts() {
    let mut draft = table(Family::V4, "t", TABLE).unwrap();
    assert!(draft.has_gaps());
    draft.fill(&verbatim::read(LISTED));
    let found = draft.finish();
    let sets = found.sets_by_name();
    assert_eq!(
        sets["ranges"].elements.text(),
        "1.2.3.4 comment \"hi there\"\n10.0.0.0/8\n192.168.0.1-192.168.0.5\n"
    );
    assert!(sets["ranges"].interval);
    assert_eq!((sets["seen"].timeout, sets["seen"].elements.len()), (Some(10800), 0));
    let slots = "10.0.0.1 . tcp . 80 . 1 : 10.244.0.2 . 8080\n10.0.0.1 . tcp . 80 . 10 : 10.244.0.1 . 8080\n";
    assert_eq!(sets["slots"].elements.text(), slots);
    assert_eq!(sets["slots"].key[3], Field::Number);
    assert_eq!(sets["new"].key, [Field::Address(Family::V4), Field::Protocol]);
    assert_eq!(sets["odd"].elements.text(), "80 : drop\n81 : continue\n");
    let chains = found.chains_by_name();
    let base = chains["in"].base.as_ref().unwrap();
    assert_eq!(
        (base.to_string(), base.policy()),
        ("type filter hook input priority -5".into(), "drop")
    );
    assert_eq!(chains["in"].rules.text(), "goto own comment \"last\"\n");
    let rules =
        "meta l4proto tcp dnat ip addr . port to ip daddr map @slots\nquota over 10 bytes drop\n";
    assert_eq!(chains["own"].rules.text(), rules);
    assert_eq!(found.sets.len(), 5);
}

/// What nft 1.0.6 tells of flags is whatever stands in its memory.
#[test]
fn flags_of_a_table_are_looked_at_twice() {
    let bare = |more: &str| {
        let said = format!("{{\"nftables\": [{{\"table\": {{\"name\": \"t\"{more}}}}}]}}");
        table(Family::V4, "t", &said).unwrap()
    };
    assert!(!bare("").has_gaps());
    assert!(bare(", \"flags\": \"Lester Gooch #5\"").has_gaps());
}

#[test]
fn what_is_no_list_is_told() {
    assert!(table(Family::V4, "t", "{\"nftables\": [{\"rule\"").is_err());
    assert!(table(Family::V4, "t", "[]").is_err());
    let found = table(Family::V4, "t", "{\"nftables\": [], \"more\": 1}").unwrap();
    assert_eq!(found.finish(), NftTable::new(Family::V4, "t", None));
}

/// The rules that netc writes and those that it reads are in one form.
#[test]
fn rules_that_are_read_are_as_they_are_written() {
    let mut chain = NftChain::new("c", Span::default());
    let nets = ["10.0.0.0/8".parse().unwrap(), "192.0.2.1/32".parse().unwrap()];
    let conditions = [
        Condition::New,
        Condition::Source { not: true, nets: &nets },
        Condition::InDevice { not: true, name: "cni*" },
        Condition::Marked { not: false, bit: 0x4000 },
        Condition::Protocol(Protocol::Udp),
        Condition::In(Portal::NodePort, "s"),
    ];
    let statements = [Statement::FlipMark(0x4000), Statement::Masquerade { random_fully: true }];
    chain.rule(Family::V4, &conditions, &statements, &["a ", "b"], Span::default());
    let said = r#"{"nftables": [{"chain": {"name": "c"}}, {"rule": {"chain": "c", "handle": 1, "comment": "a b", "expr": [
        {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "new"}},
        {"match": {"op": "!=", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {"set": [{"prefix": {"addr": "10.0.0.0", "len": 8}}, "192.0.2.1"]}}},
        {"match": {"op": "!=", "left": {"meta": {"key": "iifname"}}, "right": "cni*"}},
        {"match": {"op": "!=", "left": {"&": [{"meta": {"key": "mark"}}, 16384]}, "right": 0}},
        {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "udp"}},
        {"match": {"op": "==", "left": {"concat": [{"meta": {"key": "l4proto"}}, {"payload": {"protocol": "th", "field": "dport"}}]}, "right": "@s"}},
        {"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"^": [{"meta": {"key": "mark"}}, 16384]}}},
        {"masquerade": {"flags": "fully-random"}}]}}]}"#;
    let found = table(Family::V4, "t", said).unwrap().finish();
    assert_eq!(found.chains[0].rules, chain.rules);
}
