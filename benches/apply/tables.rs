//! What is measured of nftables mode, each in a process and a namespace of its own.

use crate::node::{apply, compiled, diff, loaded, observed, opened};
use crate::runs::{middle, millis, say};
use netc::emit;
use netc::graph::Ordered;
use netc::object::State;
use netc::plan::{Record, Step, steps, transactions};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{Seek, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) fn inside(what: &str, services: usize, proxy: &str) {
    match what {
        "load" => load(services, proxy),
        "bare" => bare(services, proxy),
        "change" => change(services, proxy),
        _ => unchanged(services, proxy),
    }
}

/// Feeds a text to nft.
fn fed(text: &str) -> Duration {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text.as_bytes()).and_then(|()| file.rewind()).expect("a text in it");
    let start = Instant::now();
    let status = Command::new("nft").args(["-f", "-"]).stdin(Stdio::from(file)).status();
    assert!(status.expect("it runs").success(), "nft failed");
    start.elapsed()
}

/// Says what all tables come to, in whatever order their chains and elements are listed.
fn say_tables() {
    let output = Command::new("nft").args(["list", "ruleset"]).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    // Where lines end and what has a comma behind it goes by the order of the elements.
    let words = text.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty());
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    let mut hash = DefaultHasher::new();
    words.hash(&mut hash);
    say("hash", hash.finish() >> 12);
}

fn tables(ordered: &Ordered) -> impl Iterator<Item = &State> {
    ordered.nodes.iter().map(|node| &node.object.state)
}

fn load(services: usize, proxy: &str) {
    let desired = compiled(services, false, proxy);
    let (mut machine, backend) = opened();
    let (live, record) = (observed(&mut machine, &desired), Record::default());
    let changes = diff(&desired, &live, &record);
    let (time, own, _) = apply(&mut machine, &changes, &live, backend);
    say("ms", millis(time));
    say("own", millis(own));
    say_tables();
}

fn bare(services: usize, proxy: &str) {
    let desired = compiled(services, false, proxy);
    say("ms", millis(fed(&emit::tables(tables(&desired)))));
    say_tables();
}

/// There and back again: what netc needs, and what the tool needs for the same transaction.
fn change(services: usize, proxy: &str) {
    let (before, after) = (compiled(services, false, proxy), compiled(services, true, proxy));
    let (mut machine, backend) = loaded(&before);
    let record = Record::default();
    let mut runs = Vec::new();
    for _ in 0..3 {
        let live = observed(&mut machine, &after);
        let start = Instant::now();
        let changes = diff(&after, &live, &record);
        let compared = start.elapsed();
        let (time, ..) = apply(&mut machine, &changes, &live, backend);
        let live = observed(&mut machine, &before);
        let back = diff(&before, &live, &record);
        let places: Vec<usize> = steps(&back, &live, backend, &[])
            .into_iter()
            .flat_map(|step| match step {
                Step::Tables(places) => places,
                _ => Vec::new(),
            })
            .collect();
        let all = transactions(&back, &places);
        let text: String = all.into_iter().map(|one| one.text).collect();
        runs.push([millis(time), millis(fed(&text)), millis(compared), text.len() as f64]);
        let live = observed(&mut machine, &before);
        assert!(diff(&before, &live, &record).is_empty(), "it is not back");
    }
    let column = |place: usize| middle(runs.iter().filter_map(|run| run.get(place)).copied());
    for (place, name) in ["ms", "bare", "diff", "bytes"].into_iter().enumerate() {
        say(name, column(place));
    }
}

fn unchanged(services: usize, proxy: &str) {
    let desired = compiled(services, false, proxy);
    let (mut machine, _) = loaded(&desired);
    let record = Record::default();
    let mut runs = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        for family in ["ip", "ip6"] {
            let mut nft = Command::new("nft");
            let status = nft.args(["-j", "list", "table", family, "kube-proxy"]);
            let status = status.stdout(Stdio::null()).status();
            assert!(status.expect("it runs").success());
        }
        let list = start.elapsed();
        let start = Instant::now();
        let live = observed(&mut machine, &desired);
        let read = start.elapsed();
        let changes = diff(&desired, &live, &record);
        let whole = start.elapsed();
        assert!(changes.is_empty(), "something has changed");
        runs.push([whole, list, whole - read].map(millis));
    }
    let column = |place: usize| middle(runs.iter().filter_map(|run| run.get(place)).copied());
    for (place, name) in ["ms", "save", "diff"].into_iter().enumerate() {
        say(name, column(place));
    }
}
