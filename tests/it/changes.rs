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
        // Parameters of the node itself stay as they are: nobody knows what they were.
        let keys = |all: &[Change], stays: bool| -> BTreeSet<Key> {
            let keys = all.iter().map(|one| one.key.clone());
            keys.filter(|key| !stays || !matches!(key, Key::Object(Id::Sysctl(..)))).collect()
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
