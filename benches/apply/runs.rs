//! What is measured, each in a process and a namespace of its own.

use crate::node::{apply, compiled, diff, loaded, observed, opened};
use crate::{tables, text};
use netc::model::Family;
use netc::plan::{Change, Key, Kind, LiveTable, Record};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{Seek, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The proxy whose rules these are.
const IPTABLES: &str = "iptables";

/// Rules of somebody else, in place before everything.
const FOREIGN: &str = "*filter\n:MINE - [0:0]\n-A FORWARD -j MINE\n-A MINE -s 192.0.2.1/32 -j DROP\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n*nat\n:MINE - [0:0]\n-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE\n-A MINE -d 192.0.2.9/32 -j RETURN\nCOMMIT\n";

/// Measures in a fresh namespace with an empty /run, where iptables has its lock.
pub(crate) fn inside(what: &str, services: usize, proxy: &str) {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET).expect("it needs root");
    let flags = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>).expect("mounts of our own");
    mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>).expect("a /run");
    if proxy.starts_with("nftables") {
        return tables::inside(what, services, proxy);
    }
    fed(Family::V4, FOREIGN);
    match what {
        "load" => load(services),
        "bare" => bare(services),
        "change" => change(services),
        _ => unchanged(services),
    }
}

pub(crate) fn say(name: &str, value: impl std::fmt::Display) {
    println!("{name} {value}");
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Feeds a text to iptables-restore.
fn fed(family: Family, text: &str) -> Duration {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text.as_bytes()).and_then(|()| file.rewind()).expect("a text in it");
    let tool = if family == Family::V4 { "iptables-restore" } else { "ip6tables-restore" };
    let start = Instant::now();
    let status = Command::new(tool).arg("--noflush").stdin(Stdio::from(file)).status();
    assert!(status.expect("it runs").success(), "{tool} failed");
    start.elapsed()
}

fn saved(tool: &str) -> String {
    let output = Command::new(tool).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text")
}

/// Says what all rules come to; those of others must be as they were.
fn say_rules() {
    let all = ["iptables-save", "ip6tables-save"].map(saved).concat();
    let lines: Vec<&str> = all.lines().filter(|line| !line.starts_with('#')).collect();
    let rules = FOREIGN.lines().filter(|line| line.starts_with("-A "));
    rules.for_each(|rule| assert!(lines.contains(&rule), "{rule} is gone"));
    // Counters are of no account, and legacy tables come in the order of their first use.
    let mut tables: Vec<Vec<&str>> = lines
        .split(|line| line.starts_with('*'))
        .map(|table| table.iter().map(|line| line.split(" [").next().unwrap_or(line)).collect())
        .collect();
    tables.sort();
    let mut hash = DefaultHasher::new();
    tables.hash(&mut hash);
    say("hash", hash.finish() >> 12);
}

fn load(services: usize) {
    let desired = compiled(services, false, IPTABLES);
    let (mut machine, backend) = opened();
    let (live, record) = (observed(&mut machine, &desired), Record::default());
    let changes = diff(&desired, &live, &record);
    let (time, own, payloads) = apply(&mut machine, &changes, &live, backend);
    say("ms", millis(time));
    say("own", millis(own));
    let commits = payloads.iter().flat_map(|payload| payload.text.lines());
    say("transactions", commits.filter(|line| *line == "COMMIT").count());
    say_rules();
}

fn bare(services: usize) {
    let desired = compiled(services, false, IPTABLES);
    let time = Family::ALL.map(|family| fed(family, &text::whole(&desired, family)));
    say("ms", millis(time.into_iter().sum()));
    say_rules();
}

fn change(services: usize) {
    let (before, after) = (compiled(services, false, IPTABLES), compiled(services, true, IPTABLES));
    let (mut machine, backend) = loaded(&before);
    let record = Record::default();
    let mut runs = Vec::new();
    for _ in 0..3 {
        let live = observed(&mut machine, &before);
        let start = Instant::now();
        let changes = diff(&after, &live, &record);
        let compared = start.elapsed();
        let (time, _, payloads) = apply(&mut machine, &changes, &live, backend);
        let lines: usize = payloads.iter().map(|payload| payload.lines.len()).sum();
        let live = observed(&mut machine, &before);
        let back = diff(&before, &live, &record);
        let (changed, gone) = (names(&back, false), names(&back, true));
        let partial = text::partial(&before, &changed, &gone);
        runs.push((millis(time), millis(fed(Family::V4, &partial)), millis(compared)));
        assert!(
            diff(&before, &observed(&mut machine, &before), &record).is_empty(),
            "it is not back"
        );
        if runs.len() == 1 {
            say("lines", lines);
            say("partial-lines", partial.lines().count());
        }
    }
    say("ms", middle(runs.iter().map(|run| run.0)));
    say("partial", middle(runs.iter().map(|run| run.1)));
    say("diff", middle(runs.iter().map(|run| run.2)));
}

fn names(changes: &[Change], gone: bool) -> BTreeSet<String> {
    let those = changes.iter().filter(|change| (change.kind == Kind::Remove) == gone);
    let names = those.filter_map(|change| match &change.key {
        Key::Chain(_, _, name) => Some(name.to_string()),
        _ => None,
    });
    names.collect()
}

fn unchanged(services: usize) {
    let desired = compiled(services, false, IPTABLES);
    let (mut machine, _) = loaded(&desired);
    let record = Record::default();
    let mut runs = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        for tool in ["iptables-save", "ip6tables-save"] {
            let status = Command::new(tool).stdout(Stdio::null()).status();
            assert!(status.expect("it runs").success());
        }
        let save = start.elapsed();
        let start = Instant::now();
        let live = observed(&mut machine, &desired);
        let read = start.elapsed();
        let changes = diff(&desired, &live, &record);
        let whole = start.elapsed();
        assert!(changes.is_empty(), "something has changed");
        let dump = saved("iptables-save");
        let start = Instant::now();
        drop(std::hint::black_box(LiveTable::parse(dump)));
        let index = start.elapsed();
        runs.push([whole, save, whole - read, index].map(millis));
    }
    let column = |place: usize| middle(runs.iter().filter_map(|run| run.get(place)).copied());
    say("ms", column(0));
    say("save", column(1));
    say("diff", column(2));
    say("index", column(3));
}

pub(crate) fn middle(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
