//! What iptables-restore makes of its input, as its man page says it: one transaction up to each
//! COMMIT, with chains that are made or emptied, and rules that come and go.

use netc::model::Family;
use netc::object::{Hook, Table, target};
use netc::plan::{Live, LiveTable, Payload};
use std::collections::BTreeMap;

/// The rules of a node: the chains of each table, each with its rules.
#[derive(Default)]
pub(crate) struct Tables {
    all: BTreeMap<(Family, Table), Chains>,
}

type Chains = BTreeMap<String, Vec<String>>;

impl Tables {
    /// Loads a payload. How many transactions it has.
    pub(crate) fn load(&mut self, payload: &Payload) -> usize {
        assert_eq!(payload.text.lines().count(), payload.lines.len());
        let mut count = 0;
        let mut open: Option<(Table, Chains)> = None;
        for line in payload.text.lines() {
            if let Some(name) = line.strip_prefix('*') {
                assert!(open.is_none(), "{line} within a transaction");
                let table = Table::ALL.into_iter().find(|table| table.name() == name).unwrap();
                let there = self.all.get(&(payload.family, table));
                open = Some((table, there.cloned().unwrap_or_else(built_in)));
            } else if line == "COMMIT" {
                let (table, chains) = open.take().unwrap();
                sound(&chains);
                self.all.insert((payload.family, table), chains);
                count += 1;
            } else {
                step(&mut open.as_mut().expect("a line of a table").1, line);
            }
        }
        assert!(open.is_none(), "the last transaction has no end");
        count
    }

    /// The rules as a node holds them.
    pub(crate) fn show(&self, live: &mut Live) {
        live.rules.clear();
        for (place, chains) in &self.all {
            let heads = chains.keys().map(|name| {
                let policy = if is_built_in(name) { "ACCEPT" } else { "-" };
                format!(":{name} {policy} [0:0]\n")
            });
            let mut text: String = heads.collect();
            for rule in chains.values().flatten() {
                text.push_str(rule);
                text.push('\n');
            }
            live.rules.insert(*place, LiveTable::parse(text));
        }
    }
}

fn is_built_in(name: &str) -> bool {
    Hook::ALL.iter().any(|hook| hook.name() == name)
}

fn built_in() -> Chains {
    Hook::ALL.map(|hook| (hook.name().to_owned(), Vec::new())).into()
}

/// One line, by its first words.
fn step(chains: &mut Chains, line: &str) {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    let rules = |chains: &mut Chains, name: &str| -> Vec<String> {
        chains.remove(name).unwrap_or_else(|| panic!("{line}: there is no such chain"))
    };
    let (name, rules) = match words[..] {
        [head, "-", "[0:0]"] => (&head[1..], Vec::new()),
        ["-X", name] => {
            assert_eq!(rules(chains, name), [""; 0], "{line}: it has rules");
            return;
        }
        ["-I", name, place, rest] => {
            let mut all = rules(chains, name);
            all.insert(place.parse::<usize>().unwrap() - 1, format!("-A {name} {rest}"));
            (name, all)
        }
        ["-D", name, ..] => {
            let mut all = rules(chains, name);
            let gone = line.replacen("-D ", "-A ", 1);
            let place = all.iter().position(|rule| *rule == gone);
            all.remove(place.unwrap_or_else(|| panic!("{line}: there is no such rule")));
            (name, all)
        }
        ["-A", name, ..] => {
            let mut all = rules(chains, name);
            all.push(line.to_owned());
            (name, all)
        }
        _ => panic!("{line}"),
    };
    chains.insert(name.to_owned(), rules);
}

/// The kernel takes no rule that leads to a chain which is not there.
fn sound(chains: &Chains) {
    for rule in chains.values().flatten() {
        let to = target(rule).unwrap_or_default();
        let known = !to.contains('-') || chains.contains_key(to);
        assert!(known, "{rule}: there is no chain {to}");
    }
}
