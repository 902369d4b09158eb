//! Outcomes that are known, each as it is in the kernel and as the walk has it: what was seen of a
//! client, a node and two pods on its bridge, and that the comparison can fail.

use super::clients::Fate;
use super::questions::{Asked, Target};
use super::site::{Site, VISITOR};
use crate::lab::run;
use netc::compile::objects;
use netc::model::NodeId;
use netc::object::State;
use netc::trace::Network;
use netc::trace::machine::Machine;
use netc_lang::Protocol;
use std::collections::BTreeMap;

/// Whether a node lacks an object.
type Lacks = fn(&State) -> bool;

/// A node, two pods on its bridge and a service of theirs.
fn site(name: &str, network: &str, node: &str) -> Site {
    Site::of(
        name,
        &format!(
            "\
cluster lab {{
    pods        10.244.0.0/16
    services    10.96.0.0/16
    overlay     static
    pod-network {network}
    proxy       iptables
}}
node node0 {{ address 192.168.0.10/24 on eth0; {node} }}
pods web replicas 2 {{ labels app=web; port 80 }}
service web {{ ip 10.96.0.1; select app=web; port 80 }}
"
        ),
    )
}

impl Site {
    /// What becomes of questions to the service, by the walk; and the kernel agrees.
    #[track_caller]
    fn outcome(&self, client: &str) -> BTreeMap<Fate, f64> {
        self.outcome_by(&netc::compile::network(&self.cluster), client)
    }

    #[track_caller]
    fn outcome_by(&self, network: &Network, client: &str) -> BTreeMap<Fate, f64> {
        let to = "10.96.0.1:80".parse().unwrap();
        let target = Target { times: 200, ..Target::once(Protocol::Tcp, to) };
        let spot = self.spots.iter().find(|spot| spot.netns == client).expect(client);
        let asked = Asked::new(spot, target).unwrap();
        let differences = self.differences(network, std::slice::from_ref(&asked));
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        self.expected(network, &asked)
    }
}

fn by(pod: &str, seen: &str) -> Fate {
    Fate::Answered { by: format!("pod-default.{pod}"), seen: seen.parse().unwrap() }
}

/// From outside both answer, and see the address of the bridge.
#[test]
fn a_client_outside_is_masqueraded() {
    let outcome = site("outside", "bridge", "").outcome(VISITOR);
    let both = [(by("web-0", "10.244.0.1"), 0.5), (by("web-1", "10.244.0.1"), 0.5)];
    assert_eq!(rounded(&outcome), rounded(&both.into()));
}

/// Routing comes before the rules that translate: an address of a service needs some route.
#[test]
fn a_node_without_a_default_route_cannot_reach_services() {
    let site = site("no gateway", "bridge", "gateway none");
    assert_eq!(site.outcome("node0"), BTreeMap::from([(Fate::Unreachable, 1.0)]));
}

/// With hairpin off a pod does not reach itself; the other one it reaches as itself.
#[test]
fn a_pod_reaches_itself_by_hairpin_alone() {
    let pod = "pod-default.web-0";
    let other = (by("web-1", "10.244.0.2"), 0.5);
    let off = site("hairpin off", "bridge { hairpin off }", "").outcome(pod);
    assert_eq!(rounded(&off), rounded(&[other.clone(), (Fate::Silence, 0.5)].into()));
    let on = site("hairpin on", "bridge", "").outcome(pod);
    assert_eq!(rounded(&on), rounded(&[other, (by("web-0", "10.244.0.1"), 0.5)].into()));
}

/// Where bridges do not ask the rules of the node, a pod of the same bridge answers by itself: from
/// another address than the one that was asked.
#[test]
fn without_the_rules_of_the_node_answers_go_astray() {
    let site = site("bridge-nf off", "bridge", "");
    run("ip netns exec node0 sysctl -q net.bridge.bridge-nf-call-iptables=0");
    let off = |state: &State| matches!(state, State::Sysctl(own) if own.key.contains("bridge-nf"));
    let network = without(&site, off);
    let outcome = site.outcome_by(&network, "pod-default.web-0");
    let expected = [(by("web-0", "10.244.0.1"), 0.5), (Fate::Silence, 0.5)];
    assert_eq!(rounded(&outcome), rounded(&expected.into()));
}

/// The nodes of a site without some of their objects.
fn without<'s>(site: &'s Site, lacks: impl Fn(&State) -> bool + 's) -> Network<'s> {
    Network::new(&site.cluster, move |id: NodeId| {
        let node = &site.cluster.nodes[id.0 as usize];
        let all = objects(&site.cluster, node, id)?.nodes.into_iter().map(|node| node.object);
        Ok(Machine::new(id, node, all.filter(|object| !lacks(&object.state))))
    })
}

/// Shares in percent.
fn rounded(outcome: &BTreeMap<Fate, f64>) -> Vec<(Fate, u32)> {
    outcome.iter().map(|(fate, share)| (fate.clone(), (100.0 * share).round() as u32)).collect()
}

/// A walk through a node that lacks rules, an address or a parameter of the real one is found out.
#[test]
fn a_walk_through_other_nodes_is_found_out() {
    let site = site("spoilt", "bridge", "");
    let all = site.questions(1, 200);
    let whole = netc::compile::network(&site.cluster);
    assert_eq!(site.differences(&whole, &all), Vec::<String>::new());
    let spoilt: [(&str, Lacks); 4] = [
        ("rules", |state| matches!(state, State::Jump(_))),
        ("hairpin", |state| matches!(state, State::Port(_))),
        ("forwarding", |state| matches!(state, State::Sysctl(_))),
        ("routes", |state| matches!(state, State::Route(_))),
    ];
    for (what, lacks) in spoilt {
        let network = without(&site, lacks);
        assert!(!site.differences(&network, &all).is_empty(), "{what}");
    }
}
