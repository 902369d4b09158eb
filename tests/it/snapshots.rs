//! Text for people that is too long to stand in a test. `INSTA_UPDATE=always cargo test --test it`
//! takes the new text; read the difference.

use crate::support::compiled;
use insta::{assert_snapshot, with_settings};
use netc::compile::objects;
use netc::model::NodeId;
use netc::plan;
use netc_lang::schema::{self, Place};

/// As small as a cluster with a service can be.
const SMALL: &str = "\
cluster small { pods 10.244.0.0/16; services 10.96.0.0/16; overlay static; proxy none }
node a { address 192.168.0.1 on eth0; zone z }
node b { address 192.168.0.2 on eth0 }
pod web on a { labels app=web }
service web { select app=web; port 80; type node-port }
service outside { port 5432; endpoint 192.168.50.7:5432 }
";

fn snapshot(name: &str, text: &str) {
    with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        assert_snapshot!(name, text);
    });
}

#[test]
fn explanations() {
    let of = |place, keyword| schema::describe(schema::find(place, keyword).unwrap());
    let all = [of(Place::Cluster, "overlay"), of(Place::File, "pods"), of(Place::Service, "port")];
    snapshot("explain", &all.join("\n"));
}

#[test]
fn plan_with_rules() {
    let source =
        SMALL.replace("proxy none", "proxy iptables").replace("overlay static", "overlay none");
    let compiled = compiled(&source);
    let cluster = compiled.built.unwrap().cluster;
    let ordered = objects(&cluster, &cluster.nodes[0], NodeId(0)).unwrap();
    let text = plan::text(&cluster.nodes[0], &ordered, &compiled.sources, plan::Detail::Rules);
    // IPv6 repeats IPv4, and the jumps are in every golden.
    let services =
        text.lines().filter(|line| line.contains("iptables -t nat -") && line.contains("KUBE-S"));
    let services: Vec<&str> = services.filter(|line| !line.starts_with("ip6")).collect();
    snapshot("rules", &services.join("\n"));
}

/// The parts of a table stand where they can be typed one after the other; a node that has rules of
/// iptables beside it is told what follows from that.
#[test]
fn plan_of_tables() {
    let source =
        SMALL.replace("proxy none", "proxy nftables").replace("overlay static", "overlay vxlan");
    let compiled = compiled(&source);
    let cluster = compiled.built.unwrap().cluster;
    let ordered = objects(&cluster, &cluster.nodes[0], NodeId(0)).unwrap();
    let text = plan::text(&cluster.nodes[0], &ordered, &compiled.sources, plan::Detail::Rules);
    let (_, tables) = text.split_once("# IPv4 tables").unwrap();
    let (tables, rest) = tables.split_once("# IPv6 tables").unwrap();
    let (_, hooks) = rest.split_once("# IPv4 hooks").unwrap();
    snapshot("tables", &format!("# IPv4 tables{tables}# IPv4 hooks{hooks}"));
}

#[test]
fn connection_tracking() {
    let host = |host| format!("endpoint 10.244.0.{host}:53; ");
    let many: String = (2..8).map(host).collect();
    let services = format!(
        "service few {{ ip 10.96.0.9; port dns 53/udp; port tcp 53; {} }}
         service many {{ ip 10.96.0.8; port 53/udp; type node-port; {many} }}",
        "endpoint dns 10.244.1.9:53; endpoint dns 10.244.1.10:53; endpoint tcp 10.244.1.9:53"
    );
    let source =
        SMALL.replace("proxy none", "proxy iptables").replace("node b {", "node b { cores 8;");
    let compiled = compiled(&format!("{source}{services}"));
    let cluster = compiled.built.unwrap().cluster;
    let ordered = objects(&cluster, &cluster.nodes[1], NodeId(1)).unwrap();
    let sources = &compiled.sources;
    let files = netc::artefacts::files(&cluster.nodes[1], &ordered, sources);
    let mut shown = String::new();
    for (name, text) in &files {
        let text = text.to_string();
        let words = ["nf_conntrack", "a minimum", "stale", "conntrack -D", "conntrack-flush"];
        for line in text.lines().filter(|line| words.iter().any(|word| line.contains(word))) {
            shown.push_str(&format!("{name}: {line}\n"));
        }
    }
    snapshot("conntrack", &shown);
}
