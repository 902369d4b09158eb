//! Changes between two states of a node, none of them live.

use crate::support::{artefacts_of, cluster, clusters, nodes};
use netc::artefacts::{keep_told, read};
use netc::compile::objects;
use netc::model::NodeId;
use netc::object::Id;
use netc::plan::{
    Change, Key, Kind, Live, Record, Target, between, commands, converge, diff, originate,
};
use std::collections::BTreeSet;

#[test]
fn what_is_as_desired_needs_no_change() {
    for (node, ordered) in nodes() {
        let live = Live::of(&ordered);
        for record in [Record::default(), Record { managed: true, ..Record::default() }] {
            let changes = diff(&ordered, &live, &record);
            assert!(changes.is_empty(), "{node}: {changes:#?}");
        }
        let changes = between(&live, &live);
        assert!(changes.is_empty(), "{node}: {changes:#?}");
    }
}

/// From nothing, the same is made as by an apply, in the same order; but chains that do not jump to
/// each other come by name, as a restore file has them.
#[test]
fn from_nothing_everything_is_made() {
    for (node, ordered) in nodes() {
        let live = Live::default();
        let record = Record::default();
        let applied: Vec<_> = diff(&ordered, &live, &record);
        let mut changes = between(&live, &Live::of(&ordered));
        originate(&mut changes, &ordered);
        let told = |all: &[Change]| -> Vec<_> {
            let chains = |one: &&Change| matches!(one.key, Key::Chain(..));
            let mut by_name: Vec<&Change> = all.iter().filter(chains).collect();
            by_name.sort_by(|left, right| left.key.cmp(&right.key));
            let others = all.iter().filter(|one| !chains(one));
            let all = others.chain(by_name);
            all.map(|one| (one.key.clone(), one.kind, one.origin.clone())).collect()
        };
        assert_eq!(told(&changes), told(&applied), "{node}");
        let gone = between(&Live::of(&ordered), &live);
        assert!(gone.iter().all(|change| change.kind == Kind::Remove), "{node}");
        // Parameters of the node itself stay as they are: nobody knows what they were. Modules stay,
        // too: others may use them by now.
        let keys = |all: &[Change], stays: bool| -> BTreeSet<Key> {
            let keys = all.iter().map(|one| one.key.clone());
            let may_stay = |key: &Key| matches!(key, Key::Object(Id::Sysctl(..) | Id::Module(_)));
            keys.filter(|key| !stays || !may_stay(key)).collect()
        };
        assert_eq!(keys(&gone, true), keys(&changes, true), "{node}");
        assert!(keys(&gone, false).is_subset(&keys(&changes, false)), "{node}");
    }
}

#[test]
fn artefacts_are_what_they_were_built_from() {
    for (name, compiled) in clusters() {
        let files = artefacts_of(&compiled);
        let cluster = &compiled.built.as_ref().unwrap().cluster;
        for (node, id) in cluster.nodes.iter().zip((0..).map(NodeId)) {
            let begin = format!("{}/", node.name);
            let own = files
                .iter()
                .filter_map(|(path, text)| Some((path.strip_prefix(&begin)?, text.as_str())));
            let old = read(own).unwrap_or_else(|fault| panic!("{name}/{}: {fault}", node.name));
            let mut new = Live::of(&objects(cluster, node, id).unwrap());
            keep_told(&mut new);
            for changes in [between(&old, &new), between(&new, &old)] {
                assert!(changes.is_empty(), "{name}/{}: {changes:#?}", node.name);
            }
        }
    }
}

#[test]
fn each_change_has_the_command_that_makes_it() {
    let state = |source: &str| {
        let cluster = cluster(source);
        Live::of(&objects(&cluster, &cluster.nodes[0], NodeId(0)).unwrap())
    };
    let lab = "cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan { vni 1 } }\n\
        node a { address 10.0.0.1 on eth0 }\n";
    let old = state(&format!("{lab}node b {{ address 10.0.0.2 on eth0 }}\n"));
    let new = state(&format!("{lab}node b {{ address 10.0.0.3 on eth0 }}\n"));
    let changes = between(&old, &new);
    let all: Vec<String> = changes.iter().flat_map(commands).collect();
    assert!(all.iter().any(|one| one.contains("dst 10.0.0.3")), "{all:#?}");
    let gone = between(&old, &state(lab));
    let all: Vec<String> = gone.iter().flat_map(commands).collect();
    for word in ["ip route del ", "ip neigh del ", "bridge fdb del "] {
        assert!(all.iter().any(|one| one.starts_with(word)), "{all:#?}");
    }
}

/// Two clusters that differ in everything that can be told apart, and the changes from one to the
/// other on their first node.
const ONE: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan { vni 1; port 8472 } }
node n0 { address 192.168.0.10/24 on eth0 }
node n1 { address 192.168.0.11/24 on eth0 }
node n2 { address 192.168.0.12/24 on eth0 }
pods web replicas 3 on n0 { labels app=web; port http 80 }
service web { ip 10.96.0.80; select app=web; port 80 -> http }
service old { ip 10.96.0.81; select app=web; port 81 -> http }
";

fn other() -> String {
    ONE.replace("port 8472", "port 4789")
        .replace("node n2 { address 192.168.0.12/24 on eth0 }\n", "")
        .replace("replicas 3", "replicas 2")
        .replace("service old { ip 10.96.0.81", "service new { ip 10.96.0.82")
}

#[test]
fn what_serves_is_there_before_what_served_goes() {
    let (old, new) = (cluster(ONE), cluster(&other()));
    let old = objects(&old, &old.nodes[0], NodeId(0)).unwrap();
    let new = objects(&new, &new.nodes[0], NodeId(0)).unwrap();
    let live = Live::of(&old);
    let record = Record { managed: true, ..Record::default() };
    let changes = diff(&new, &live, &record);
    let lines: Vec<String> = changes
        .iter()
        .map(|one| match &one.with {
            Some(with) => format!("{} {} with {with}", one.kind.mark(), one.key),
            None => format!("{} {}", one.kind.mark(), one.key),
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// The way back from any of these changes leads through the same things.
#[test]
fn the_way_back_is_the_way_turned_round() {
    let (old, new) = (cluster(ONE), cluster(&other()));
    let old = objects(&old, &old.nodes[0], NodeId(0)).unwrap();
    let new = objects(&new, &new.nodes[0], NodeId(0)).unwrap();
    let (was, is) = (Live::of(&old), Live::of(&new));
    let record = Record { managed: true, ..Record::default() };
    let changes = diff(&new, &was, &record);
    let back = Target::before(&changes);
    assert!(converge(&back, &was).is_empty(), "nothing has happened yet");
    let keys =
        |all: &[Change]| -> BTreeSet<Key> { all.iter().map(|one| one.key.clone()).collect() };
    assert_eq!(keys(&converge(&back, &is)), keys(&changes));
    assert!(converge(&Target::after(&changes), &is).is_empty(), "it leads to where it should");
}

const IPVS: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay host-gw; proxy ipvs }
node n0 { address 192.168.0.10/24 on eth0 }
pods web replicas 3 on n0 { labels app=web; port http 80 }
service web { ip 10.96.0.80; select app=web; type node-port; port 80 -> http node-port 30080 }
service old { ip 10.96.0.81; select app=web; port 81 -> http }
";

/// The first node of a cluster.
fn first(source: &str) -> netc::graph::Ordered {
    let cluster = cluster(source);
    objects(&cluster, &cluster.nodes[0], NodeId(0)).unwrap()
}

/// What a node of netc's own is changed in, a line each.
fn told(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (Live::of(&first(old)), first(new));
    let record = Record { managed: true, ..Record::default() };
    let changes = diff(&new, &old, &record);
    changes.iter().map(|one| format!("{} {}", one.kind.mark(), one.key)).collect()
}

/// The places of the first and the last line that holds this.
fn span(lines: &[String], part: &str) -> (usize, usize) {
    let place = |line: Option<usize>| line.unwrap_or_else(|| panic!("{part} in {lines:#?}"));
    let has = |line: &String| line.contains(part);
    (place(lines.iter().position(has)), place(lines.iter().rposition(has)))
}

fn in_order(lines: &[String], parts: &[&str]) {
    for pair in parts.windows(2) {
        let (before, after) = (span(lines, pair[0]), span(lines, pair[1]));
        assert!(before.1 < after.0, "{} before {}: {lines:#?}", pair[0], pair[1]);
    }
}

/// New virtual servers serve before the rules that led elsewhere are gone, and the old rules
/// before what they used is.
#[test]
fn a_proxy_is_there_before_the_other_one_goes() {
    let iptables = IPVS.replace("proxy ipvs", "proxy iptables");
    let to = told(&iptables, IPVS);
    let order =
        ["+ set ", "+ virtual server", "+ address ", "IPv4 chain", "IPv4 jumps from POSTROUTING"];
    in_order(&to, &order[..4]);
    in_order(&to, &["+ device kube-ipvs0", "+ virtual server"]);
    assert!(!to.iter().any(|line| line.contains("- set ")), "{to:#?}");
    let back = told(IPVS, &iptables);
    let order =
        ["IPv4 jumps from", "- virtual server", "- set ", "- address ", "- device kube-ipvs0"];
    in_order(&back, &[order[0], order[1], order[2]]);
    in_order(&back, &[order[1], order[4]]);
    assert_eq!(back.iter().filter(|line| line.starts_with("- set ")).count(), 34);
    assert!(!back.iter().any(|line| line.starts_with("+ ")
        && ["set ", "virtual", "address"].iter().any(|word| line[2..].starts_with(word))));
}

#[test]
fn a_node_of_virtual_servers_is_changed_in_what_differs() {
    let new = IPVS
        .replace("replicas 3", "replicas 2")
        .replace("service old { ip 10.96.0.81", "service new { ip 10.96.0.82");
    let changes = between(&Live::of(&first(IPVS)), &Live::of(&first(&new)));
    let all: Vec<String> = changes
        .iter()
        .filter(|one| one.with.is_none())
        .flat_map(|one| {
            let was = (!one.was.is_empty()).then(|| format!("    {}", one.was));
            let mark = one.kind.mark();
            commands(one).into_iter().map(move |line| format!("{mark} {line}")).chain(was)
        })
        .filter(|line| !line.contains(" link ") && !line.contains(" netns "))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn modes_can_be_gone_back_from() {
    let iptables = IPVS.replace("proxy ipvs", "proxy iptables");
    let record = Record { managed: true, ..Record::default() };
    for (old, new) in [(IPVS, iptables.as_str()), (iptables.as_str(), IPVS)] {
        let (old, new) = (first(old), first(new));
        let (was, is) = (Live::of(&old), Live::of(&new));
        let changes = diff(&new, &was, &record);
        let back = Target::before(&changes);
        assert!(converge(&back, &was).is_empty(), "nothing has happened yet");
        assert!(converge(&Target::after(&changes), &is).is_empty(), "it leads to where it should");
        // On the way back virtual servers come before their addresses too.
        let order = |changes: Vec<Change>| -> Vec<String> {
            changes.iter().map(|one| format!("{} {}", one.kind.mark(), one.key)).collect()
        };
        let lines = order(converge(&back, &is));
        if lines.iter().any(|line| line.starts_with("+ virtual server")) {
            in_order(&lines, &["+ set ", "+ virtual server", "+ address "]);
        }
    }
}
