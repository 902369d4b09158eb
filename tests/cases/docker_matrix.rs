//! Docker's rules for every combination of options: `tests/matrix/docker-LAYOUT.txt` has each rule
//! that any of them brings, in its place, and below it the options that bring it.
#![expect(clippy::indexing_slicing, reason = "tests may")]

use crate::{compare, netc, root, text};
use libtest_mimic::{Failed, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What is varied, with all values.
const OPTIONS: [(&str, &[&str]); 8] = [
    ("userland-proxy", &["on", "off"]),
    ("icc", &["on", "off"]),
    ("internal", &["off", "on"]),
    ("masquerade", &["on", "off"]),
    ("publish", &["off", "on"]),
    ("bind", &["off", "127.0.0.1", "192.0.2.10"]),
    ("gateway-mode", &["nat", "nat-unprotected", "routed"]),
    ("snat", &["off", "on"]),
];

/// One value of each option.
type Variant = [&'static str; OPTIONS.len()];

/// A rule: the file, its table and chain, and the rule.
type Line = [String; 3];

pub(crate) fn trials() -> Vec<Trial> {
    let layouts = [("28", "layout 28"), ("27", "layout 27"), ("nftables", "rules nftables")];
    let trials = layouts.into_iter().map(|(name, rules)| {
        Trial::test(format!("docker_matrix::{name}"), move || check(name, rules))
    });
    trials.collect()
}

fn check(name: &str, rules: &str) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let variants = variants(rules);
    let mut source = "cluster lab { proxy none }\n".to_owned();
    for (place, variant) in variants.iter().enumerate() {
        source.push_str(&docker(place, rules, variant));
    }
    fs::write(folder.path().join("cluster.netc"), source)?;
    let output = netc(folder.path(), &["build", "cluster.netc", "--out", "out"]);
    if !output.status.success() {
        return Err(text(&output.stderr).into());
    }
    let read = |place| lines(&folder.path().join(format!("out/node{place}")));
    let files: Vec<Vec<Line>> = (0..variants.len()).map(read).collect::<Result<_, _>>()?;
    let table = table(rules, &variants, &files)?;
    compare(&root().join(format!("tests/matrix/docker-{name}.txt")), &table)
}

/// All combinations that are not refused.
fn variants(rules: &str) -> Vec<Variant> {
    let mut all: Vec<Variant> = vec![[""; OPTIONS.len()]];
    for (place, (_, values)) in OPTIONS.iter().enumerate() {
        let with = |value: &&'static str, variant: &Variant| {
            let mut variant = *variant;
            variant[place] = value;
            variant
        };
        let next = all.iter().flat_map(|variant| values.iter().map(move |one| with(one, variant)));
        all = next.collect();
    }
    all.retain(|variant| {
        let [proxy, _, internal, masquerade, publish, bind, mode, snat] = *variant;
        let routed = mode == "routed";
        let outward = publish == "on" || bind != "off" || mode != "nat" || snat == "on";
        let unheeded = proxy == "on" && (routed || masquerade == "off");
        !(internal == "on" && outward
            || routed && bind != "off"
            || snat == "on" && unheeded
            || rules == "layout 27" && mode != "nat")
    });
    all
}

fn docker(place: usize, rules: &str, variant: &Variant) -> String {
    let [proxy, icc, internal, masquerade, publish, bind, mode, snat] = *variant;
    let when = |word: &str, text: &str| if word == "off" { String::new() } else { text.to_owned() };
    let internal = when(internal, "internal;");
    let mode = if internal.is_empty() { format!("gateway-mode {mode};") } else { String::new() };
    let snat = when(snat, "snat 192.0.2.10, fd00::10;");
    let (bind, publish) =
        (when(bind, &format!("bind {bind};")), when(publish, "publish 80 -> 8080"));
    format!(
        "node node{place}\ndocker node{place} {{ {rules}; userland-proxy {proxy}
         network net {{ name br0; address 172.18.0.1/16, fd00:18::1/64; icc {icc}; {internal}
           masquerade {masquerade}; {mode} {snat} {bind} }}
         container web {{ network net; {publish} }}\n}}\n"
    )
}

/// The rules of a node.
fn lines(folder: &Path) -> Result<Vec<Line>, Failed> {
    let mut all = Vec::new();
    for file in ["iptables.rules", "ip6tables.rules", "nft.rules"] {
        let path = folder.join(file);
        if !path.exists() {
            continue;
        }
        let (mut table, mut part) = (String::new(), String::new());
        for line in fs::read_to_string(path)?.lines().map(str::trim) {
            match line.split_once(' ') {
                None if line.starts_with('*') => table = line.to_owned(),
                Some(("table", name)) => table = name.trim_end_matches(" {").to_owned(),
                Some(("chain", name)) => {
                    let name = name.trim_end_matches(" {");
                    part = format!("{table} {name}");
                }
                // Of nf_tables only chains are looked at; which maps there are stands elsewhere.
                Some(("map", _)) => part.clear(),
                Some(("-A", rule)) => {
                    let chain = rule.split(' ').next().unwrap_or_default();
                    all.push([file.to_owned(), format!("{table} {chain}"), line.to_owned()]);
                }
                Some(("add" | "delete", _)) | None => {}
                _ if line.starts_with(':') || part.is_empty() => {}
                _ => all.push([file.to_owned(), part.clone(), line.to_owned()]),
            }
        }
    }
    Ok(all)
}

/// Each rule in its place, and the options that bring it.
fn table(rules: &str, variants: &[Variant], files: &[Vec<Line>]) -> Result<String, Failed> {
    let mut out = format!(
        "Docker's rules with `{rules}` for each of {} combinations of options.\n\
         Below a rule stands what brings it; what no option decides has nothing below it.\n\n",
        variants.len()
    );
    for (name, values) in OPTIONS {
        out.push_str(&format!("    {name}: {}\n", values.join(", ")));
    }
    let (mut file, mut part) = ("", "");
    for line in &in_order(files)? {
        let [own, within, rule] = line;
        if (own.as_str(), within.as_str()) != (file, part) {
            out.push_str(&format!("\n{own} {within}\n"));
            (file, part) = (own, within);
        }
        let has: Vec<bool> = files.iter().map(|file| file.contains(line)).collect();
        out.push_str(&format!("    {rule}\n"));
        let when = condition(variants, &has).map_err(|()| format!("no condition for {rule}"))?;
        if !when.is_empty() {
            out.push_str(&format!("            {when}\n"));
        }
    }
    Ok(out)
}

/// All rules in one order that each file keeps to.
fn in_order(files: &[Vec<Line>]) -> Result<Vec<Line>, Failed> {
    let mut before: BTreeMap<&Line, BTreeSet<&Line>> = BTreeMap::new();
    let mut seen = Vec::new();
    for file in files {
        for (place, line) in file.iter().enumerate() {
            if !before.contains_key(line) {
                seen.push(line);
            }
            before.entry(line).or_default().extend(&file[..place]);
        }
    }
    let mut order: Vec<Line> = Vec::new();
    while !seen.is_empty() {
        let free = seen.iter().position(|line| before[line].iter().all(|one| order.contains(*one)));
        let free = free.ok_or("rules stand in two orders")?;
        order.push(seen.remove(free).clone());
    }
    // Chain by chain, as they come first.
    let chains: Vec<[String; 2]> =
        order.iter().map(|[file, part, _]| [file, part].map(String::clone)).collect();
    order.sort_by_key(|[file, part, _]| chains.iter().position(|[f, p]| (f, p) == (file, part)));
    Ok(order)
}

/// The values that the variants with a rule have, of as few options as tell them from the others.
fn condition(variants: &[Variant], has: &[bool]) -> Result<String, ()> {
    let with = variants.iter().zip(has).filter(|(_, has)| **has).map(|(variant, _)| variant);
    let with: Vec<&Variant> = with.collect();
    let values = |place: usize| -> BTreeSet<&str> { with.iter().map(|one| one[place]).collect() };
    let meets = |variant: &Variant, options: &BTreeSet<usize>| {
        options.iter().all(|place| values(*place).contains(variant[*place]))
    };
    let tells = |options: &BTreeSet<usize>| {
        variants.iter().zip(has).all(|(variant, has)| meets(variant, options) == *has)
    };
    let mut options: BTreeSet<usize> = (0..OPTIONS.len()).collect();
    if !tells(&options) {
        return Err(());
    }
    // What says the most stays: options with all values go first.
    for place in (0..OPTIONS.len()).rev() {
        let less: BTreeSet<usize> = options.iter().copied().filter(|one| *one != place).collect();
        if tells(&less) {
            options = less;
        }
    }
    let said = options.iter().map(|place| {
        let (name, all) = OPTIONS[*place];
        let own = values(*place);
        let own: Vec<&str> = all.iter().copied().filter(|one| own.contains(one)).collect();
        format!("{name} {}", own.join(" or "))
    });
    Ok(said.collect::<Vec<_>>().join(", "))
}
