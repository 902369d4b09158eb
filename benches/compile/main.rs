//! The phases of the compiler on generated clusters, each alone and together, with the floors
//! that they are held against: `cargo bench --bench compile`.
//!
//! Everything is measured in one run, in turn, so that ratios hold when the machine's speed does
//! not. `cargo bench --bench compile -- quick` leaves out the largest sizes, and
//! `-- nftables` all but nftables mode.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark measures time, writes files and prints"
)]

mod cluster;
mod floor;
mod ipvs;
mod nftables;
mod process;

use netc::artefacts;
use netc::graph::{Ordered, order};
use netc::lower::{Facts, lower};
use netc::model::{Built, Family, NodeId, build};
use netc_lang::{Item, OneText, Program, evaluate, has_errors};
use std::process::Command;
use std::time::{Duration, Instant};

fn main() {
    let count = |option| {
        let count = std::env::args().skip_while(|one| one != option).nth(1);
        count.map(|count| count.parse().expect("a number"))
    };
    if let Some(count) = count("--peak") {
        return peak(count);
    }
    if let Some(count) = count("--process") {
        return process::build(count);
    }
    if std::env::args().any(|argument| argument == "nftables") {
        return nftables::tables(10_000);
    }
    let quick = std::env::args().any(|argument| argument == "quick");
    parser();
    println!();
    let services: &[usize] = if quick { &[100, 1000] } else { &[100, 1000, 10_000] };
    println!("services × 10 endpoints, one node of 3, milliseconds (median of runs)");
    heading();
    for count in services {
        phases(&format!("{count}×10"), &cluster::services(*count));
    }
    println!();
    println!("rules alone, again and again in one process, milliseconds");
    for count in services {
        rules(*count);
    }
    println!();
    println!("IPVS mode, one node of 3, in one process, milliseconds (median of runs)");
    services.iter().for_each(|count| ipvs::servers(*count));
    println!();
    println!("nftables mode, one node of 3, in one process, milliseconds (median of runs)");
    services.iter().for_each(|count| nftables::tables(*count));
    println!();
    println!("memory of one compile");
    services.iter().for_each(|count| apart("--peak", *count));
    println!();
    println!("netc build of one node of 3 from Kubernetes objects, the whole process");
    services.iter().for_each(|count| apart("--process", *count));
    println!();
    println!("nodes with vxlan and 10 pods each, one node, milliseconds (median of runs)");
    heading();
    for count in [10, 100, 1000] {
        phases(&format!("{count}"), &cluster::nodes(count));
    }
}

/// The parser alone, against a loop over the bytes.
fn parser() {
    let text = cluster::lines(100_000);
    let megabytes = text.len() as f64 / 1e6;
    let mut reader = OneText(&text);
    let parse = median(9, || Program::load(&["bench.netc".into()], &mut reader).0.files.len());
    let bytes = median(9, || floor::tokens(&text));
    let rate = |time: Duration| megabytes / time.as_secs_f64();
    println!("parser: {} lines, {megabytes:.2} MB", text.lines().count());
    println!("    netc       {:8.2} ms  {:6.0} MB/s", millis(parse), rate(parse));
    println!("    byte loop  {:8.2} ms  {:6.0} MB/s", millis(bytes), rate(bytes));
}

/// Lowering, order and emission where memory is warm, as a daemon would do them again and again;
/// against the names hashed and the bytes copied, which nothing can avoid.
fn rules(services: usize) {
    let text = cluster::services(services);
    let mut reader = OneText(&text);
    let (program, _) = Program::load(&["bench.netc".into()], &mut reader);
    let cluster = built(&evaluate(&program).0).cluster;
    let node = cluster.nodes.first().expect("a node");
    let work = || {
        emit(
            &order(lower(&cluster, node, NodeId(0), &Facts::default()).finish().0)
                .expect("no cycle"),
        )
    };
    let time = median(11, work);
    let ordered =
        order(lower(&cluster, node, NodeId(0), &Facts::default()).finish().0).expect("no cycle");
    let names = floor::names(&ordered);
    let floor = median(11, || (floor::hash(&names), emit(&ordered)));
    println!(
        "{:>10} {:>8.2}, names hashed and bytes copied {:>8.2}, ratio {:>5.1}",
        format!("{services}×10"),
        millis(time),
        millis(floor),
        time.as_secs_f64() / floor.as_secs_f64()
    );
}

/// Measures in a process of its own, whose memory holds nothing else.
fn apart(what: &str, count: usize) {
    let own = std::env::current_exe().expect("a program");
    let output = Command::new(&own).args([what, &count.to_string()]).output();
    print!("{}", String::from_utf8_lossy(&output.expect("it runs").stdout));
}

/// Compiles one node and prints the peak of memory (`VmHWM` of proc(5)) against the output.
fn peak(count: usize) {
    let text = cluster::services(count);
    let mut reader = OneText(&text);
    let (program, _) = Program::load(&["bench.netc".into()], &mut reader);
    let items = evaluate(&program).0;
    let _sources = program.sources;
    let cluster = built(&items).cluster;
    drop(items);
    let node = cluster.nodes.first().expect("a node");
    let ordered =
        order(lower(&cluster, node, NodeId(0), &Facts::default()).finish().0).expect("no cycle");
    let output = emit(&ordered);
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("a peak");
    let kilobytes: f64 = line.split_whitespace().nth(1).expect("a number").parse().expect("one");
    let (peak, output) = (kilobytes / 1e3, output as f64 / 1e6);
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

fn phases(size: &str, text: &str) {
    let runs = if text.len() > 1_000_000 { 5 } else { 11 };
    let mut reader = OneText(text);
    let roots = ["bench.netc".to_owned()];
    let all: Vec<[Duration; 7]> = (0..runs).map(|_| compile(&roots, &mut reader)).collect();
    let column = |place: usize| middle(all.iter().filter_map(|run| run.get(place)).copied());
    let (program, _) = Program::load(&roots, &mut reader);
    let cluster = built(&evaluate(&program).0).cluster;
    let node = cluster.nodes.first().expect("a node");
    let ordered =
        order(lower(&cluster, node, NodeId(0), &Facts::default()).finish().0).expect("no cycle");
    let (megabytes, chains) = floor::measure(&ordered);
    let write = median(runs, || floor::write(&chains));
    let whole = column(6);
    let ratio = whole.as_secs_f64() / write.as_secs_f64();
    print!("{size:>10}");
    (0..7).for_each(|place| print!(" {:>8.2}", millis(column(place))));
    println!(" {megabytes:>8.2} | {:>8.2} {ratio:>6.1}", millis(write));
}

/// One compile from text to restore files: how long each phase took, the release of what only it
/// needed included, and the whole with the release of everything. Each phase finds the memory as
/// the one before it left it, as in a real run.
fn compile(roots: &[String], reader: &mut OneText<'_>) -> [Duration; 7] {
    let start = Instant::now();
    let mut last = start;
    let mut lap = || std::mem::replace(&mut last, Instant::now()).elapsed();
    let (program, faults) = Program::load(roots, reader);
    assert!(!has_errors(&faults), "{faults:?}");
    let parse = lap();
    let (items, faults) = evaluate(&program);
    assert!(!has_errors(&faults), "{faults:?}");
    let sources = program.sources;
    let evaluated = lap();
    let cluster = built(&items).cluster;
    drop(items);
    let modelled = lap();
    let node = cluster.nodes.first().expect("a node");
    let objects = lower(&cluster, node, NodeId(0), &Facts::default()).finish().0;
    let lowered = lap();
    let ordered = order(objects).expect("no cycle");
    let in_order = lap();
    std::hint::black_box(emit(&ordered));
    let emitted = lap();
    drop((ordered, cluster, sources));
    [parse, evaluated, modelled, lowered, in_order, emitted, start.elapsed()]
}

fn built(items: &[Item]) -> Built {
    let (built, faults) = build(items, None);
    assert!(!has_errors(&faults), "{faults:?}");
    built.expect("a cluster")
}

/// Emits the restore files as far as the system call that writes them: each piece is copied once,
/// into a buffer that the next one takes over.
fn emit(ordered: &Ordered) -> usize {
    let mut buffer: Vec<u8> = Vec::new();
    let mut length = 0;
    for family in Family::ALL {
        for piece in artefacts::restore(family, ordered).iter() {
            buffer.clear();
            buffer.extend_from_slice(piece.as_bytes());
            length += std::hint::black_box(&buffer).len();
        }
    }
    length
}

/// The median time of `work`, without the drop of its result.
fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    middle((0..runs).map(|_| {
        let start = Instant::now();
        let result = std::hint::black_box(work());
        let time = start.elapsed();
        drop(result);
        time
    }))
}

fn middle(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
