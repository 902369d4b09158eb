//! Whether every pod reaches every service: the pods of a node are asked at once, so only what is
//! not the same for all of them is asked again.

use crate::{ask, built, millis, question, time};
use netc::compile::network;
use netc::model::{Cluster, Family, NodeId};
use netc::trace::{Answer, Question, Who};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) fn all(name: &str, source: &str) {
    let cluster = built(source);
    let network = network(&cluster);
    let questions = questions(&cluster);
    let ids = || (0..).map(NodeId).take(cluster.nodes.len());
    let (made, all) = time(|| ids().all(|id| network.machine(id).is_ok()));
    assert!(all, "every node can be made");
    let answers = || -> Vec<Answer> { questions.iter().map(|one| ask(&network, one)).collect() };
    let (took, answers) = time(answers);
    let reached = answers.iter().filter(|answer| (answer.least() - 1.0).abs() < 1e-9).count();
    assert_eq!(reached, questions.len(), "every pod reaches every service");
    let ways: usize = answers.iter().map(|answer| answer.ways.len()).sum();
    println!(
        "{name:>10} nodes made in {:>7.0} ms, {} questions in {:>7.0} ms, {ways} ways",
        millis(made),
        questions.len(),
        millis(took)
    );
}

/// A question from all pods of each node at once to each service.
fn questions(cluster: &Cluster) -> Vec<Question> {
    let mut nodes: BTreeMap<NodeId, BTreeMap<IpAddr, String>> = BTreeMap::new();
    for pod in &cluster.pods {
        let address = pod.addresses.get(Family::V4).expect("an address");
        let own = nodes.entry(pod.node.expect("a node")).or_default();
        own.insert(*address, format!("pod {}", pod.name));
    }
    let mut all = Vec::new();
    for pods in nodes.values() {
        let first = pods.values().next().expect("a pod");
        for service in &cluster.services {
            let one = question(cluster, first, &format!("service {}", service.name));
            let source = Who::any(pods.keys().copied().collect());
            all.push(Question { source, ..one });
        }
    }
    all
}
