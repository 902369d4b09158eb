//! All ways in which services are programmed by rules, side by side.

use crate::{Figures, row, run};

/// A way: its name, the back end of iptables, and the kind of proxy.
type Way = (&'static str, &'static str, &'static str);

const WAYS: [Way; 5] = [
    ("iptables-legacy", "legacy", "iptables"),
    ("iptables-nft", "nft", "iptables"),
    ("nftables 1.35", "nft", "nftables { layout 1.35 }"),
    ("nftables 1.36", "nft", "nftables"),
    ("nftables flat", "nft", "nftables { layout flat }"),
];

/// How many services there are.
const SIZES: [usize; 5] = [100, 500, 1000, 5000, 10_000];

/// The first load of each, by netc, as a table and as a chart; then what the tool alone needs.
pub(super) fn all(most: usize) {
    let sizes: Vec<usize> = SIZES.into_iter().filter(|size| *size <= most).collect();
    let loads: Vec<(Way, Vec<f64>)> = WAYS
        .into_iter()
        .map(|way| {
            let times = sizes.iter().map(|size| figures(way, "load", *size).of("ms"));
            (way, times.collect())
        })
        .collect();
    table(&sizes, &loads);
    chart(&sizes, &loads);
    for way in WAYS.into_iter().filter(|(_, _, proxy)| proxy.starts_with("nftables")) {
        bare(way, most.min(1000));
        change(way, most);
        unchanged(way, most);
    }
}

fn figures((_, backend, proxy): Way, what: &str, services: usize) -> Figures {
    run(backend, what, services, proxy)
}

fn table(sizes: &[usize], loads: &[(Way, Vec<f64>)]) {
    print!("first load by netc  ");
    sizes.iter().for_each(|size| print!("{:>12}", format!("{size}×10")));
    println!();
    for ((name, ..), times) in loads {
        print!("    {name:<16}");
        times.iter().for_each(|time| print!("{time:>12.0}"));
        println!();
    }
}

/// A line for each way and size: twice as long a time is three marks more.
fn chart(sizes: &[usize], loads: &[(Way, Vec<f64>)]) {
    println!("\nfirst load, each ### twice the time");
    for (place, size) in sizes.iter().enumerate() {
        for ((name, ..), times) in loads {
            let time = times.get(place).copied().unwrap_or_default();
            let marks = "#".repeat((3.0 * time.max(1.0).log2()).round() as usize);
            println!("    {:>9}  {name:<16} {marks} {time:.0}", format!("{size}×10"));
        }
    }
}

fn bare(way: Way, services: usize) {
    let (own, bare) = (figures(way, "load", services), figures(way, "bare", services));
    assert!(own.of("hash").to_bits() == bare.of("hash").to_bits(), "the tables are not the same");
    let title = format!("{} first load {services}×10", way.0);
    println!("{title}: netc's own part {:.0} ms", own.of("own"));
    row(&title, own.of("ms"), "nft -f in one transaction", bare.of("ms"));
}

fn change(way: Way, services: usize) {
    let own = figures(way, "change", services);
    let title = format!("{} one endpoint of {services}×10", way.0);
    println!("{title}: diff {:.1} ms, {} bytes", own.of("diff"), own.of("bytes"));
    row(&title, own.of("ms"), "nft -f of the same", own.of("bare"));
}

fn unchanged(way: Way, services: usize) {
    let own = figures(way, "unchanged", services);
    let title = format!("{} nothing changed {services}×10", way.0);
    println!("{title}: diff {:.1} ms", own.of("diff"));
    row(&title, own.of("ms"), "nft -j list table", own.of("save"));
}
