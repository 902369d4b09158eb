//! The phases of the compiler on generated clusters, each alone and together, with the floors
//! that they are held against: `cargo bench --bench compile`.
//!
//! Everything is measured in one run, in turn, so that ratios hold when the machine's speed does
//! not. `cargo bench --bench compile -- quick` leaves out the largest sizes.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints"
)]

mod cluster;
mod floor;

use netc::artefacts;
use netc::graph::{Ordered, order};
use netc::lower::lower;
use netc::model::{Built, Family, NodeId, build};
use netc_lang::{Item, Program, Reader, Text, evaluate, has_errors};
use std::process::Command;
use std::time::{Duration, Instant};

/// A source in memory.
struct Memory(String);

impl Reader for Memory {
    fn read(&mut self, _: Option<&str>, path: &str) -> Result<Text, String> {
        Ok(Text { path: path.into(), name: path.into(), bytes: self.0.clone().into_bytes() })
    }
}

fn main() {
    if let Some(count) = std::env::args().skip_while(|one| one != "--peak").nth(1) {
        return peak(count.parse().expect("a number"));
    }
    let quick = std::env::args().any(|argument| argument == "quick");
    parser();
    println!();
    let services: &[usize] = if quick { &[100, 1000] } else { &[100, 1000, 10_000] };
    println!("services × 10 endpoints, one node of 3, milliseconds (median of runs)");
    heading();
    for count in services {
        phases(&format!("{count}×10"), cluster::services(*count));
    }
    println!();
    memory(services);
    println!();
    println!("nodes with vxlan and 10 pods each, one node, milliseconds (median of runs)");
    heading();
    for count in [10, 100, 1000] {
        phases(&format!("{count}"), cluster::nodes(count));
    }
}

/// The parser alone, against a loop over the bytes.
fn parser() {
    let text = cluster::lines(100_000);
    let megabytes = text.len() as f64 / 1e6;
    let mut reader = Memory(text.clone());
    let parse = median(9, || Program::load(&["bench.netc".into()], &mut reader).0.files.len());
    let bytes = median(9, || floor::tokens(&text));
    let rate = |time: Duration| megabytes / time.as_secs_f64();
    println!("parser: {} lines, {megabytes:.2} MB", text.lines().count());
    println!("    netc       {:8.2} ms  {:6.0} MB/s", millis(parse), rate(parse));
    println!("    byte loop  {:8.2} ms  {:6.0} MB/s", millis(bytes), rate(bytes));
}

/// The memory that a whole compile takes, each in a process of its own.
fn memory(services: &[usize]) {
    println!("memory of one compile");
    let own = std::env::current_exe().expect("a program");
    for count in services {
        let output = Command::new(&own).args(["--peak", &count.to_string()]).output();
        print!("{}", String::from_utf8_lossy(&output.expect("it runs").stdout));
    }
}

/// Compiles one node and prints the peak of memory (`VmHWM` of proc(5)) against the output.
fn peak(count: usize) {
    let mut reader = Memory(cluster::services(count));
    let (program, _) = Program::load(&["bench.netc".into()], &mut reader);
    let cluster = built(&evaluate(&program).0).cluster;
    let node = cluster.nodes.first().expect("a node");
    let ordered = order(lower(&cluster, node, NodeId(0)).finish().0).expect("no cycle");
    let rules = artefacts::restore(Family::V4, &ordered);
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("a peak");
    let kilobytes: f64 = line.split_whitespace().nth(1).expect("a number").parse().expect("one");
    let (peak, output) = (kilobytes / 1e3, rules.len() as f64 / 1e6);
    println!(
        "{:>10} peak {peak:>8.1} MB, output {output:>6.2} MB, ratio {:>5.1}",
        format!("{count}×10"),
        peak / output
    );
}

fn heading() {
    println!(
        "{:>10} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} | {:>8} {:>6}",
        "size",
        "parse",
        "evaluate",
        "model",
        "lower",
        "order",
        "emit",
        "all",
        "MB out",
        "write!",
        "ratio"
    );
}

fn phases(size: &str, text: String) {
    let runs = if text.len() > 1_000_000 { 5 } else { 11 };
    let mut reader = Memory(text);
    let roots = ["bench.netc".to_owned()];
    let parse = median(runs, || Program::load(&roots, &mut reader));
    let (program, faults) = Program::load(&roots, &mut reader);
    assert!(!has_errors(&faults), "{faults:?}");
    let evaluated = median(runs, || evaluate(&program));
    let (items, faults) = evaluate(&program);
    assert!(!has_errors(&faults), "{faults:?}");
    let modelled = median(runs, || built(&items));
    let cluster = built(&items).cluster;
    let node = cluster.nodes.first().expect("a node");
    let lowered = median(runs, || lower(&cluster, node, NodeId(0)).finish());
    let ordered_time = median_of(
        runs,
        || lower(&cluster, node, NodeId(0)).finish().0,
        |objects| order(objects).expect("no cycle"),
    );
    let ordered = order(lower(&cluster, node, NodeId(0)).finish().0).expect("no cycle");
    let emitted = median(runs, || emit(&ordered));
    let all = median(runs, || {
        let (program, _) = Program::load(&roots, &mut reader);
        let cluster = built(&evaluate(&program).0).cluster;
        let node = cluster.nodes.first().expect("a node");
        emit(&order(lower(&cluster, node, NodeId(0)).finish().0).expect("no cycle"))
    });
    let (megabytes, chains) = floor::measure(&ordered);
    let write = median(runs, || floor::write(&chains));
    let ratio = all.as_secs_f64() / write.as_secs_f64();
    println!(
        "{size:>10} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {megabytes:>8.2} | {:>8.2} {ratio:>6.1}",
        millis(parse),
        millis(evaluated),
        millis(modelled),
        millis(lowered),
        millis(ordered_time),
        millis(emitted),
        millis(all),
        millis(write),
    );
}

fn built(items: &[Item]) -> Built {
    let (built, faults) = build(items, None);
    assert!(!has_errors(&faults), "{faults:?}");
    built.expect("a cluster")
}

fn emit(ordered: &Ordered) -> usize {
    Family::ALL.iter().map(|family| artefacts::restore(*family, ordered).len()).sum()
}

fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    median_of(runs, || (), |()| work())
}

/// The median time of `work`, without what prepares it and without the drop of its result.
fn median_of<I, T>(
    runs: usize,
    mut prepare: impl FnMut() -> I,
    mut work: impl FnMut(I) -> T,
) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let input = prepare();
            let start = Instant::now();
            let result = std::hint::black_box(work(input));
            let time = start.elapsed();
            drop(result);
            time
        })
        .collect();
    times.sort();
    times.get(runs / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
