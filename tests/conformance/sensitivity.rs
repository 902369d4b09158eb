//! The comparison finds what is a difference, and only that: recordings against changed ones.

use crate::cases;
use crate::compare::differences;
use crate::iptables::recorded;
use crate::namespace::Tool;
use libtest_mimic::{Failed, Trial};

const TOOL: Tool = Tool { program: "iptables", backend: "nft" };

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, check: fn(&str) -> Result<(), Failed>| {
        let run = move || check(&sample());
        Trial::test(format!("compare::{name}"), run)
    };
    vec![
        trial("a_recording_equals_itself", |rules| equal(rules, rules)),
        trial("the_order_of_services_is_free", |rules| {
            equal(
                rules,
                &rearranged(rules, "-A KUBE-SERVICES", |rules| rules[..3].rotate_left(2)),
            )?;
            equal(rules, &rearranged(rules, "-A KUBE-NODEPORTS", |rules| rules.rotate_left(1)))
        }),
        trial("the_order_of_a_service_s_rules_counts", |rules| {
            let swapped = rearranged(rules, "-A KUBE-SERVICES", |rules| rules.swap(0, 1));
            differ(rules, &swapped, "table nat, chain KUBE-SERVICES differs")
        }),
        trial("the_last_rule_is_last", |rules| {
            let first = rearranged(rules, "-A KUBE-SERVICES", |rules| rules.rotate_right(1));
            differ(rules, &first, "table nat, chain KUBE-SERVICES differs")
        }),
        trial("the_order_of_rules_counts", |rules| {
            let swapped =
                rearranged(rules, "-A KUBE-SEP-EW4EPFAJEE7GOLA5", |rules| rules.swap(0, 1));
            differ(rules, &swapped, "table nat, chain KUBE-SEP-EW4EPFAJEE7GOLA5 differs")?;
            let swapped = rearranged(rules, "-A FORWARD", |rules| rules.swap(0, 1));
            differ(rules, &swapped, "table filter, chain FORWARD differs")
        }),
        trial("a_rule_too_few_is_found", |rules| {
            let gone = rearranged(rules, "-A KUBE-NODEPORTS", |rules| rules.truncate(1));
            differ(rules, &gone, "table nat, chain KUBE-NODEPORTS differs")?;
            differ(&gone, rules, "table nat, chain KUBE-NODEPORTS differs")
        }),
        trial("a_rule_twice_is_found", |rules| {
            let twice = rearranged(rules, "-A KUBE-SERVICES", |rules| rules.insert(0, rules[0]));
            differ(rules, &twice, "table nat, chain KUBE-SERVICES differs")
        }),
        trial("an_empty_chain_too_many_is_found", |rules| {
            let more = rules.replace("*nat\n", "*nat\n:KUBE-PROXY-CANARY - [0:0]\n");
            differ(rules, &more, "table nat, chain KUBE-PROXY-CANARY differs")?;
            differ(&more, rules, "table nat, chain KUBE-PROXY-CANARY differs")
        }),
        trial("another_probability_is_found", |rules| {
            let other = rules.replace("0.50000000000", "0.49999999953");
            differ(rules, &other, "chain KUBE-SVC-CGFVTWEXQTKV5QXW differs")
        }),
        trial("counters_do_not_count", |rules| equal(rules, &rules.replace("[0:0]", "[7:420]"))),
    ]
}

/// A recording with two endpoints behind a node port, and rules as of a second service.
fn sample() -> String {
    let mut cases = cases("iptables").into_iter();
    let (_, case) = cases.find(|(name, _)| name == "02-nginx-nodeport").expect("the case");
    let mut rules = recorded(&case, "v4", TOOL);
    for (chain, what) in [
        ("KUBE-SERVICES", "external IP"),
        ("KUBE-SERVICES", "cluster IP"),
        ("KUBE-NODEPORTS", "node port"),
    ] {
        let first = format!("-A {chain} ");
        let comment = format!("-m comment --comment \"default/second {what}\"");
        rules = rules.replacen(&first, &format!("{first}{comment} -j KUBE-MARK-MASQ\n{first}"), 1);
    }
    rules
}

/// The same with the rules of a chain changed.
fn rearranged(save: &str, chain: &str, change: impl FnOnce(&mut Vec<&str>)) -> String {
    let of_chain = |line: &&str| line.strip_prefix(chain).is_some_and(|rest| rest.starts_with(' '));
    let mut rules: Vec<&str> = save.lines().filter(of_chain).collect();
    assert!(rules.len() > 1, "{chain} has {} rules", rules.len());
    let place = save.lines().position(|line| of_chain(&line)).unwrap();
    change(&mut rules);
    let mut lines: Vec<&str> = save.lines().filter(|line| !of_chain(line)).collect();
    lines.splice(place..place, rules);
    lines.join("\n")
}

fn equal(one: &str, other: &str) -> Result<(), Failed> {
    let found = differences(one, other);
    if found.is_empty() { Ok(()) } else { Err(found.into()) }
}

fn differ(one: &str, other: &str, how: &str) -> Result<(), Failed> {
    let found = differences(one, other);
    let chains = found.lines().filter(|line| line.starts_with("table ")).count();
    if chains == 1 && found.contains(how) {
        Ok(())
    } else {
        Err(format!("{how:?}, but found:\n{found}").into())
    }
}
