//! netc's nftables mode against kube-proxy's, without a kernel: what `tests/conformance` recorded
//! of kube-proxy 1.36 and 1.35 is read as chains and sets and compared with the tables of netc,
//! both sides brought into one form. (What a real kernel makes of them is compared in
//! `tests/conformance`.)

use crate::ipvs::Disk;
use crate::{entries, root};
use ipnet::IpNet;
use libtest_mimic::{Failed, Trial};
use netc::compile::{compile, objects};
use netc::model::{Family, NodeId};
use netc::object::{NftTable, State};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// kube-proxy 1.36 and 1.35.
const MODES: [&str; 2] = ["nftables", "nftables-1.35"];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for case in entries(&root().join("tests/conformance/kube-proxy")) {
        for mode in MODES.into_iter().filter(|mode| case.join(mode).is_dir()) {
            let (case, name) = (case.clone(), case.file_name().map(|name| name.to_string_lossy()));
            let name = format!("{mode}::{}", name.unwrap_or_default());
            trials.push(Trial::test(name, move || check(&case, mode)));
        }
    }
    trials
}

/// What is said of each chain and each set in its name, with its rules or elements: those of a
/// chain have numbers, as their order counts.
type Parts = BTreeMap<String, Vec<String>>;

fn check(case: &Path, mode: &str) -> Result<(), Failed> {
    let mut failures = String::new();
    for (family, file) in [(Family::V4, "v4.tx"), (Family::V6, "v6.tx")] {
        let text = fs::read_to_string(case.join(mode).join(file))?;
        let recorded = recorded(&text)?;
        let own = own(&table(case, mode, family)?);
        let names = recorded.keys().chain(own.keys().filter(|name| !recorded.contains_key(*name)));
        for name in names {
            let [theirs, ours] = [recorded.get(name), own.get(name)];
            if theirs != ours {
                failures.push_str(&format!(
                    "{file} {name}\n kube-proxy {theirs:#?}\n netc {ours:#?}\n"
                ));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
}

/// netc's table of node-1.
fn table(case: &Path, mode: &str, family: Family) -> Result<NftTable, Failed> {
    let sources = [format!("{mode}/cluster.netc"), "objects.json".to_owned()];
    let compiled = compile(&sources, &mut Disk(case), None);
    let cluster = compiled.built.ok_or(format!("{:#?}", compiled.diagnostics))?.cluster;
    let all = cluster.nodes.iter().zip((0..).map(NodeId));
    let (node, id) = all.into_iter().find(|(node, _)| node.name == "node-1").ok_or("no node-1")?;
    let ordered = objects(&cluster, node, id).map_err(|faults| format!("{faults:#?}"))?;
    let tables = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::NftTable(table) if table.family == family => Some(table.clone()),
        _ => None,
    });
    tables.into_iter().next().ok_or_else(|| "no table".into())
}

fn own(table: &NftTable) -> Parts {
    let mut parts = Parts::new();
    let said = |comment: &Option<netc::object::Text>| {
        comment.as_ref().map_or(String::new(), |text| format!(" comment \"{text}\""))
    };
    parts.insert(format!("table{}", said(&table.comment.0)), Vec::new());
    for chain in &table.chains {
        let base = chain.base.as_ref().map_or(String::new(), |base| format!(" {base}"));
        let name = format!("chain {}{base}{}", chain.name, said(&chain.comment.0));
        parts.insert(name, chain.rules.iter().map(ranges).collect());
    }
    for set in &table.sets {
        let properties: Vec<String> = set.properties().collect();
        let name = format!("{} {} {}", set.word(), set.name, properties.join(" "));
        parts.insert(name, set.elements.iter().map(str::to_owned).collect());
    }
    parts
}

/// Reads the commands of a transaction. What is deleted has been made by a command before, or by
/// nothing: kube-proxy makes things so that deleting them cannot fail.
fn recorded(text: &str) -> Result<Parts, Failed> {
    // The full names of chains and sets by the names that commands use.
    let mut names: BTreeMap<(bool, &str), String> = BTreeMap::new();
    let mut parts = Parts::new();
    for line in text.lines() {
        let mut words = line.splitn(6, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (verb, kind) = (word(), word());
        let (_family, _table, name, rest) = (word(), word(), word(), word());
        let is_chain = matches!(kind, "chain" | "rule");
        let body = rest.trim_start_matches("{ ").trim_end_matches([' ', ';', '}']);
        match (verb, kind) {
            ("add", "table") => {
                let comment = line.split_once("{ ").map_or("", |(_, rest)| rest);
                let comment = comment.trim_end_matches([' ', ';', '}']);
                parts.insert(format!("table {comment}"), Vec::new());
            }
            ("add", "chain" | "set" | "map") => {
                let said = body.replace(" ; ", " ");
                let full = format!("{kind} {name} {said}").trim_end().to_owned();
                names.insert((is_chain, name), full.clone());
                parts.entry(full).or_default();
            }
            ("delete", "chain" | "set" | "map") => {
                if let Some(full) = names.remove(&(is_chain, name)) {
                    parts.remove(&full);
                }
            }
            ("flush", "chain" | "set" | "map") => {
                let full = names.get(&(is_chain, name)).ok_or(format!("no {name}"))?;
                parts.insert(full.clone(), Vec::new());
            }
            ("add", "rule") => {
                let full = names.get(&(true, name)).ok_or(format!("no {name}"))?;
                parts.entry(full.clone()).or_default().push(canonical(rest));
            }
            ("add", "element") => {
                let full = names.get(&(false, name)).ok_or(format!("no {name}"))?;
                let elements = parts.entry(full.clone()).or_default();
                let element = rest.trim_start_matches("{ ").trim_end_matches(" }").to_owned();
                if let Err(place) = elements.binary_search(&element) {
                    elements.insert(place, element);
                }
            }
            _ => return Err(format!("what does `{line}` say?").into()),
        }
    }
    Ok(parts)
}

/// A recorded rule in netc's words.
fn canonical(rule: &str) -> String {
    let rule = rule.replace(" , ", ", ");
    let words: Vec<&str> = rule.split(' ').collect();
    let mut out: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    loop {
        rest = match rest {
            [] => break,
            ["mark", "and", mark, sign, "0", rest @ ..] => {
                out.push(format!("meta mark & {mark} {sign} 0x00000000"));
                rest
            }
            ["mark", "set", "mark", operation, mark, rest @ ..] => {
                let sign = if *operation == "or" { "|" } else { "^" };
                out.push(format!("meta mark set meta mark {sign} {mark}"));
                rest
            }
            [word, rest @ ..] => {
                out.push((*word).to_owned());
                rest
            }
        };
    }
    ranges(&out.join(" "))
}

/// A rule in which the networks of an end are ranges of addresses, sorted and joined where they
/// touch, however they were written.
fn ranges(rule: &str) -> String {
    for end in [" saddr != ", " saddr ", " daddr != ", " daddr "] {
        let Some((before, after)) = rule.split_once(end) else { continue };
        let (nets, rest) = match after.strip_prefix("{ ").and_then(|list| list.split_once(" }")) {
            Some(split) => split,
            None => after.split_at(after.find(' ').unwrap_or(after.len())),
        };
        let Some(mut all) = nets.split(", ").map(range).collect::<Option<Vec<_>>>() else {
            continue;
        };
        all.sort_unstable();
        all.dedup_by(|next, before| {
            let touches = next.0 <= before.1.saturating_add(1);
            if touches {
                before.1 = before.1.max(next.1);
            }
            touches
        });
        return format!("{before}{end}{all:x?}{}", ranges(rest));
    }
    rule.to_owned()
}

fn range(text: &str) -> Option<(u128, u128)> {
    let bits = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => address.to_bits().into(),
        std::net::IpAddr::V6(address) => address.to_bits(),
    };
    if let Some((first, last)) = text.split_once('-') {
        return Some((bits(first.parse().ok()?), bits(last.parse().ok()?)));
    }
    let net: IpNet =
        text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?)))?;
    Some((bits(net.network()), bits(net.broadcast())))
}
