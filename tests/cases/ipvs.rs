//! netc's IPVS mode against kube-proxy's, without a kernel: what `tests/conformance` recorded of
//! `kube-proxy --proxy-mode ipvs` is compared with the artefacts as text, both sides brought into
//! one form. (What a real kernel makes of them is compared in `tests/conformance`.)

use crate::{entries, root};
use libtest_mimic::{Failed, Trial};
use netc::artefacts::files;
use netc::compile::{compile, objects};
use netc::model::NodeId;
use netc_lang::{Reader, Text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    let cases = entries(&root().join("tests/conformance/kube-proxy"));
    let cases = cases.into_iter().filter(|case| case.join("ipvs").is_dir());
    let trial = |case: std::path::PathBuf| {
        let name = case.file_name().map(|name| name.to_string_lossy().into_owned());
        Trial::test(format!("ipvs::{}", name.unwrap_or_default()), move || check(&case))
    };
    cases.map(trial).collect()
}

pub(crate) struct Disk<'p>(pub(crate) &'p Path);

impl Reader for Disk<'_> {
    fn read(&mut self, _: Option<&str>, path: &str) -> Result<Text, String> {
        let bytes = fs::read(self.0.join(path)).map_err(|error| error.to_string())?;
        Ok(Text { path: path.into(), name: path.into(), bytes })
    }
}

fn check(case: &Path) -> Result<(), Failed> {
    let own = build(case)?;
    let own = |name: &str| own.get(name).map_or("", String::as_str);
    let mut failures = String::new();
    for (family, v6, rules) in [("v4", false, "iptables.rules"), ("v6", true, "ip6tables.rules")] {
        let recorded = |what: &str| {
            fs::read_to_string(case.join(format!("ipvs/{family}.{what}"))).unwrap_or_default()
        };
        let pairs = [
            ("servers", recorded_servers(&recorded("ipvs")), servers(own("ipvs.rules"), v6)),
            ("sets", recorded_sets(&recorded("ipset")), sets(own("ipset.rules"), v6)),
            ("addresses", lines(&recorded("addrs")), addresses(own("netlink.json"), v6)),
            (
                "rules",
                recorded_chains(&recorded("restore"), &recorded("jumps")),
                chains(own(rules)),
            ),
        ];
        for (what, recorded, own) in pairs {
            let mark = |line: &String| if own.contains(line) { "netc      " } else { "kube-proxy" };
            for line in recorded.symmetric_difference(&own) {
                failures.push_str(&format!("{family} {what}, only {}: {line}\n", mark(line)));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
}

/// The artefacts of node-1.
fn build(case: &Path) -> Result<BTreeMap<&'static str, String>, Failed> {
    let sources = ["ipvs/cluster.netc", "objects.json"].map(str::to_owned);
    let compiled = compile(&sources, &mut Disk(case), None);
    let cluster = compiled.built.ok_or(format!("{:#?}", compiled.diagnostics))?.cluster;
    let all = cluster.nodes.iter().zip((0..).map(NodeId));
    let (node, id) = all.into_iter().find(|(node, _)| node.name == "node-1").ok_or("no node-1")?;
    let ordered = objects(&cluster, node, id).map_err(|faults| format!("{faults:#?}"))?;
    let files = files(node, &ordered, &compiled.sources);
    Ok(files.into_iter().map(|(name, text)| (name, text.to_string())).collect())
}

/// The kernel gives back a network of one address as the address.
fn recorded_sets(text: &str) -> BTreeSet<String> {
    let alone = |line: &str| line.trim_end_matches("/32").trim_end_matches("/128").to_owned();
    text.lines().map(alone).collect()
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

/// Each real server with its virtual one, and each virtual one alone.
fn recorded_servers<'t>(text: &'t str) -> BTreeSet<String> {
    let mut at = "";
    let line = |line: &'t str| match line.strip_prefix("  ") {
        Some(real) => format!("{at} {real}"),
        None => {
            at = line.split(' ').nth(1).unwrap_or_default();
            line.to_owned()
        }
    };
    text.lines().map(line).collect()
}

/// The same of `ipvs.rules`.
fn servers(text: &str, v6: bool) -> BTreeSet<String> {
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let value = |option: &str| {
            let place = words.iter().position(|word| *word == option)?;
            words.get(place + 1).copied()
        };
        let protocol = [("-t", "TCP"), ("-u", "UDP"), ("--sctp-service", "SCTP")];
        let at = protocol.iter().find_map(|(option, name)| Some((value(option)?, name)));
        let at = at.map_or(String::new(), |(socket, name)| format!("{socket}/{name}"));
        if let Some(real) = value("-r") {
            return format!("{at} real {real} weight={}", value("-w").unwrap_or_default());
        }
        let timeout = value("-p");
        let flags = u32::from(timeout.is_some()) + 0x10 * u32::from(line.contains("mh-port"));
        let (scheduler, timeout) = (value("-s").unwrap_or_default(), timeout.unwrap_or("0"));
        format!("virtual {at} scheduler={scheduler} flags=0x{flags:x} timeout={timeout}")
    };
    text.lines().filter(|line| line.contains(" [") == v6).map(line).collect()
}

fn sets(text: &str, v6: bool) -> BTreeSet<String> {
    let own = |line: &&str| line.contains(" KUBE-6-") == v6;
    text.lines().filter(own).map(str::to_owned).collect()
}

fn addresses(netlink: &str, v6: bool) -> BTreeSet<String> {
    let value: Value = serde_json::from_str(netlink).unwrap_or_default();
    let operations = value.get("operations").and_then(Value::as_array);
    let address = |operation: &Value| {
        let text = |field| operation.get(field).and_then(Value::as_str);
        let bound = text("kind") == Some("address") && text("link") == Some("kube-ipvs0");
        let net = text("address").filter(|net| bound && net.contains(':') == v6)?;
        let whole = if v6 { "/128" } else { "/32" };
        Some(format!("{} dev kube-ipvs0", net.strip_suffix(whole)?))
    };
    operations.into_iter().flatten().filter_map(address).collect()
}

/// The rules of each chain with their numbers, and the chains, of what kube-proxy restored and of
/// the jumps that it made before.
fn recorded_chains(restore: &str, jumps: &str) -> BTreeSet<String> {
    let mut text = restore.to_owned();
    for table in ["nat", "filter"] {
        let insert = format!("-t {table} -I ");
        let jumps: Vec<&str> =
            jumps.lines().filter_map(|line| line.strip_prefix(&insert)).collect();
        // Each was put before the others.
        let jumps: String = jumps.iter().rev().map(|jump| format!("-A {jump}\n")).collect();
        text.push_str(&format!("*{table}\n{jumps}COMMIT\n"));
    }
    chains(&text)
}

fn chains(text: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut count: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut table = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name;
        } else if let Some(chain) = line.strip_prefix(':') {
            all.insert(format!("{table} chain {}", chain.split(' ').next().unwrap_or_default()));
        } else if let Some(rest) = line.strip_prefix("-A ") {
            let (chain, rule) = rest.split_once(' ').unwrap_or((rest, ""));
            let number = count.entry((table, chain)).or_default();
            *number += 1;
            // kube-proxy goes through the services in any order.
            let number = if chain == "KUBE-IPVS-OUT-FILTER" { 0 } else { *number };
            all.insert(format!("{table} {chain} {number}: {}", canonical(rule)));
        }
    }
    all
}

/// A rule as iptables-save prints it, without quotes.
fn canonical(rule: &str) -> String {
    let mut first: Vec<String> = Vec::new();
    let mut rest: Vec<String> = Vec::new();
    let mut words = words(rule).into_iter().peekable();
    let mut last_not = false;
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_default();
        match word.as_str() {
            "!" => {
                last_not = true;
                continue;
            }
            "-s" => {
                let net = whole(&next());
                let not = if last_not { "! " } else { "" };
                first.insert(0, format!("{not}-s {net}"));
            }
            "-p" => first.push(format!("-p {}", next())),
            "--vaddr" => rest.push(format!("--vaddr {}", next())),
            "--vproto" => {
                let number = match next().as_str() {
                    "tcp" => "6".to_owned(),
                    "udp" => "17".to_owned(),
                    "sctp" => "132".to_owned(),
                    number => number.to_owned(),
                };
                let place = rest.iter().position(|word| word.starts_with("--vaddr"));
                rest.insert(place.unwrap_or(rest.len()), format!("--vproto {number}"));
            }
            "--mark" => {
                let not = if last_not { "! " } else { "" };
                rest.push(format!("{not}--mark {}", next().replace("0x0000", "0x")));
            }
            "--xor-mark" => rest.push(format!("--set-xmark {}/0x0", short(&next()))),
            "--or-mark" => {
                let mark = short(&next());
                rest.push(format!("--set-xmark {mark}/{mark}"));
            }
            _ if last_not => rest.push(format!("! {word}")),
            _ => rest.push(word),
        }
        last_not = false;
    }
    let rule = [first, rest].concat().join(" ");
    rule.split(" --reject-with").next().unwrap_or_default().to_owned()
}

fn short(mark: &str) -> String {
    mark.replace("0x0000", "0x")
}

/// A network with its length.
fn whole(net: &str) -> String {
    match (net.contains('/'), net.contains(':')) {
        (true, _) => net.to_owned(),
        (false, false) => format!("{net}/32"),
        (false, true) => format!("{net}/128"),
    }
}

/// The words of a line; what is in quotes is one word.
fn words(line: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let mut push = |letter| {
            if let Some(last) = all.last_mut() {
                last.push(letter);
            }
        };
        match letter {
            '"' => quoted = !quoted,
            '\\' => letters.next().into_iter().for_each(push),
            ' ' if !quoted => all.push(String::new()),
            letter => push(letter),
        }
    }
    all
}
