//! Questions to the network of generated clusters: `cargo bench --bench trace`, with `-- quick`
//! on smaller ones.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints"
)]

mod cluster;
mod pairs;

use netc::compile::{compile, network};
use netc::model::Cluster;
use netc::trace::party::{Manner, questions};
use netc::trace::{Network, Question};
use netc_lang::{OneText, Party};
use std::time::{Duration, Instant};

/// How services are programmed, and with which settings.
const MODES: [(&str, &str); 5] = [
    ("iptables", "iptables"),
    ("nft 1.36", "nftables"),
    ("nft 1.35", "nftables { layout 1.35 }"),
    ("nft flat", "nftables { layout flat }"),
    ("ipvs", "ipvs"),
];

/// How often a question is asked; the best time counts, on a machine with other work to do.
const RUNS: usize = 30;

fn main() {
    let quick = std::env::args().any(|argument| argument == "quick");
    let (services, nodes) = if quick { (1000, 100) } else { (10_000, 1000) };
    println!("one question, {services} services × 10 endpoints, {nodes} nodes, milliseconds");
    println!("{:>10} {:>28} {:>9} {:>9} {:>6} {:>6}", "", "", "first", "best", "ways", "steps");
    for (name, proxy) in MODES {
        single(name, &cluster::services(services, nodes, proxy), services);
    }
    println!();
    let (nodes, pods, services) = if quick { (10, 10, 20) } else { (50, 20, 100) };
    println!("{} pods × {services} services, all pairs by classes", nodes * pods);
    for (name, proxy) in MODES {
        pairs::all(name, &cluster::pairs(nodes, pods, services, proxy));
    }
}

/// Questions one by one: the first time, when machines are made for it, and then.
fn single(name: &str, source: &str, services: usize) {
    let cluster = built(source);
    let network = network(&cluster);
    let middle = services / 2;
    let last = services - 1;
    for (what, from, to) in [
        ("pod to service", "pod s0-0", format!("service s{middle}")),
        ("outside to node port", "outside 203.0.113.9", "node node1:30007".to_owned()),
        ("pod to pod elsewhere", "pod s0-0", format!("pod s{last}-7:8080")),
    ] {
        let question = question(&cluster, from, &to);
        let (first, answer) = time(|| ask(&network, &question));
        let best = (0..RUNS).map(|_| time(|| ask(&network, &question)).0).min();
        let steps: usize = answer.ways.iter().map(|ended| ended.way.trail.steps().len()).sum();
        assert!((answer.least() - 1.0).abs() < 1e-9, "{from} {to}: {answer:?}");
        let (ways, best) = (answer.ways.len(), best.unwrap_or_default());
        println!(
            "{name:>10} {what:>28} {:>9.1} {:>9.3} {ways:>6} {steps:>6}",
            millis(first),
            millis(best)
        );
    }
}

/// The cluster of a source without errors.
fn built(source: &str) -> Cluster {
    let compiled = compile(&["bench.netc".into()], &mut OneText(source), None);
    compiled.built.expect("a sound cluster").cluster
}

/// The one question that somebody asks somebody.
fn question(cluster: &Cluster, from: &str, to: &str) -> Question {
    let all = questions(cluster, &party(from), &party(to), &Manner::default());
    all.expect("a question").into_iter().next().expect("one").question
}

fn party(words: &str) -> Party {
    let (kind, name) = words.split_once(' ').expect("two words");
    Party::read(Some(kind), name).expect("a name")
}

fn ask(network: &Network<'_>, question: &Question) -> netc::trace::Answer {
    network.ask(question).expect("an answer")
}

fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
