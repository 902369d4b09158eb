use super::{Backend, Line, Payload, payloads};
use crate::model::Family;
use crate::object::{ChainName, Hook, Place, Table, target};
use crate::plan::own::OwnChains;
use crate::plan::thing::{Jumps, Key, Rules, Thing};
use crate::plan::{Change, Kind, Live, LiveTable, Origin};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const PLACE: (Family, Table) = (Family::V4, Table::Nat);

fn chain(name: &str, from: Option<&str>, to: Option<&str>) -> Change<'static> {
    let thing = |text: &str| {
        let name = ChainName::new(&[name]);
        let text = Cow::Owned(text.to_owned());
        Thing::Chain(Rules { family: PLACE.0, table: PLACE.1, name, text })
    };
    change(Key::Chain(PLACE.0, PLACE.1, ChainName::new(&[name])), from.map(thing), to.map(thing))
}

fn change(key: Key, from: Option<Thing<'static>>, to: Option<Thing<'static>>) -> Change<'static> {
    let kind = match (&from, &to) {
        (None, _) => Kind::Make,
        (_, None) => Kind::Remove,
        _ => Kind::Update,
    };
    Change { key, from, to, kind, was: String::new(), with: None, origin: Origin::Nowhere }
}

fn jumps(rules: &[(Place, &str)]) -> Change<'static> {
    let rules = rules.iter().map(|(place, line)| (*place, (*line).to_owned())).collect();
    let hook = Hook::Output;
    let jumps = Jumps { family: PLACE.0, table: PLACE.1, hook, rules };
    change(Key::Jumps(PLACE.0, PLACE.1, hook), None, Some(Thing::Jumps(jumps)))
}

fn live(text: &str) -> Live {
    let rules = BTreeMap::from([(PLACE, LiveTable::parse(text.to_owned()))]);
    Live { rules, ..Live::default() }
}

fn payload(changes: &[Change], live: &Live, backend: Backend) -> Payload {
    let mut all = payloads(changes, live, backend);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Services of ten endpoints each, targets first; the rules of an endpoint say `what`.
fn services(count: usize, what: &str) -> Vec<(String, String)> {
    let mut all = vec![("KUBE-MARK-MASQ".to_owned(), "-A KUBE-MARK-MASQ -j MARK\n".to_owned())];
    let mut entry = String::new();
    for service in 0..count {
        let mut text = String::new();
        for endpoint in 0..10 {
            let name = format!("KUBE-SEP-{service}-{endpoint}");
            let rules = format!("-A {name} -s 10.0.0.1/32 -j KUBE-MARK-MASQ\n-A {name} {what}\n");
            text += &format!("-A KUBE-SVC-{service} -j {name}\n");
            all.push((name, rules));
        }
        all.push((format!("KUBE-SVC-{service}"), text));
        entry += &format!("-A KUBE-SERVICES -d 10.1.0.1/32 -j KUBE-SVC-{service}\n");
    }
    all.push(("KUBE-SERVICES".to_owned(), entry));
    all
}

fn table(chains: &[(String, String)]) -> String {
    let heads: String = chains.iter().map(|(name, _)| format!(":{name} - [0:0]\n")).collect();
    let rules: String = chains.iter().map(|(_, rules)| rules.as_str()).collect();
    format!(":OUTPUT ACCEPT [0:0]\n{heads}-A OUTPUT -j KUBE-SERVICES\n{rules}")
}

/// A table that takes payloads as the tools do.
struct Model {
    chains: BTreeMap<String, String>,
}

impl Model {
    fn new(live: &Live) -> Model {
        let mut chains = BTreeMap::from([("OUTPUT".to_owned(), String::new())]);
        for chain in live.rules.values().flat_map(LiveTable::chains) {
            chains.insert(chain.name.to_owned(), chain.rules.to_owned());
        }
        Model { chains }
    }

    /// Loads a payload; at each COMMIT all that is reachable must be as before or as it is to be.
    /// Returns how many transactions there are.
    fn load(&mut self, payload: &Payload) -> usize {
        let before = self.chains.clone();
        let (mut seen, mut gone) = (Vec::new(), Vec::new());
        for line in payload.text.lines() {
            let name = |rest: &str| rest.split(' ').next().unwrap().to_owned();
            if let Some(rest) = line.strip_prefix(':') {
                self.chains.insert(name(rest), String::new());
            } else if let Some(rest) = line.strip_prefix("-X ") {
                gone.push(rest);
                assert_eq!(self.chains.remove(rest).as_deref(), Some(""));
            } else if let Some(rest) = line.strip_prefix("-A ") {
                let to = target(line).filter(|to| to.contains('-'));
                assert!(to.is_none_or(|to| self.chains.contains_key(to)), "{line}");
                *self.chains.get_mut(&name(rest)).unwrap() += &format!("{line}\n");
            } else if line == "COMMIT" {
                seen.push(self.reachable());
                let targets = self.targets();
                assert!(gone.drain(..).all(|name| !targets.contains(name)), "one is in use");
            }
        }
        for state in &seen {
            for (name, rules) in state {
                let ends = [before.get(name), self.chains.get(name)];
                assert!(ends.contains(&Some(rules)), "{name} is seen half made");
            }
        }
        seen.len()
    }

    fn targets(&self) -> BTreeSet<String> {
        let lines = self.chains.values().flat_map(|rules| rules.lines());
        lines.filter_map(target).map(str::to_owned).collect()
    }

    fn reachable(&self) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        let mut next = vec!["OUTPUT".to_owned()];
        while let Some(name) = next.pop() {
            let Some(rules) = self.chains.get(&name) else { continue };
            if seen.insert(name, rules.clone()).is_none() {
                next.extend(rules.lines().filter_map(target).map(str::to_owned));
            }
        }
        seen
    }

    fn expect(&self, chains: &[(String, String)]) {
        let mut expected: BTreeMap<String, String> = chains.iter().cloned().collect();
        expected.insert("OUTPUT".to_owned(), "-A OUTPUT -j KUBE-SERVICES\n".to_owned());
        assert_eq!(self.chains, expected);
    }
}

#[test]
fn a_first_load_is_full_before_it_is_reached() {
    let wanted = services(300, "-j DNAT");
    let mut changes: Vec<Change> =
        wanted.iter().map(|(name, rules)| chain(name, None, Some(rules))).collect();
    changes.push(jumps(&[(Place::Top(0), "-A OUTPUT -j KUBE-SERVICES")]));
    let live = live("");
    for (backend, transactions) in [(Backend::Nft, 10..30), (Backend::Legacy, 1..2)] {
        let mut model = Model::new(&live);
        let payload = payload(&changes, &live, backend);
        assert!(transactions.contains(&model.load(&payload)));
        model.expect(&wanted);
        mapped(&payload, &changes);
    }
}

/// Every line of a payload is of the change that it says, and of that rule.
fn mapped(payload: &Payload, changes: &[Change]) {
    assert_eq!(payload.text.lines().count(), payload.lines.len());
    for (text, Line { change, rule }) in payload.text.lines().zip(&payload.lines) {
        let Some(change) = change.map(|place| &changes[place]) else {
            assert!(text == "COMMIT" || text.starts_with('*'));
            continue;
        };
        match (rule, &change.to) {
            (Some(rule), Some(Thing::Chain(chain))) => {
                assert_eq!(chain.text.lines().nth(*rule), Some(text));
            }
            (Some(_), Some(Thing::Jumps(_))) => assert!(text.contains(" OUTPUT ")),
            (None, _) => assert!(text.starts_with(':') || text.starts_with("-X ")),
            _ => panic!("{text}"),
        }
    }
}

#[test]
fn every_chain_changes_whole_and_goes_last() {
    let (old, new) = (services(700, "-j DNAT"), services(500, "-p tcp -j DNAT"));
    let live = live(&table(&old));
    let kept: BTreeMap<&str, &str> =
        new.iter().map(|(name, rules)| (name.as_str(), rules.as_str())).collect();
    let olds: BTreeMap<&str, &str> =
        old.iter().map(|(name, rules)| (name.as_str(), rules.as_str())).collect();
    let updates = new.iter().map(|(name, rules)| (name, olds[name.as_str()], rules));
    let updates = updates.filter(|(_, old, new)| old != new);
    let mut changes: Vec<Change> =
        updates.map(|(name, old, new)| chain(name, Some(old), Some(new))).collect();
    let gone = old.iter().rev().filter(|(name, _)| !kept.contains_key(name.as_str()));
    changes.extend(gone.map(|(name, rules)| chain(name, Some(rules), None)));
    for (backend, transactions) in [(Backend::Nft, 2..20), (Backend::Legacy, 1..2)] {
        let mut model = Model::new(&live);
        let payload = payload(&changes, &live, backend);
        assert!(transactions.contains(&model.load(&payload)), "{backend:?}");
        model.expect(&new);
        mapped(&payload, &changes);
    }
}

#[test]
fn what_packets_see_changes_at_once_if_it_is_not_much() {
    let (old, new) = (services(50, "-j DNAT"), services(50, "-p tcp -j DNAT"));
    let live = live(&table(&old));
    let pairs = old.iter().zip(&new).filter(|(old, new)| old != new);
    let changes: Vec<Change> =
        pairs.map(|((name, old), (_, new))| chain(name, Some(old), Some(new))).collect();
    let payload = payload(&changes, &live, Backend::Nft);
    assert_eq!(Model::new(&live).load(&payload), 1);
}

#[test]
fn jumps_are_put_among_the_rules_of_others() {
    let own = OwnChains::new(std::iter::empty());
    assert!(own.has("KUBE-SERVICES"));
    let live = live(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -j DROP\n-A OUTPUT -j ACCEPT\n");
    let rule = "-A OUTPUT -j KUBE-SERVICES";
    let line = |place| {
        let changes = [jumps(&[(place, rule)])];
        payload(&changes, &live, Backend::Nft).text.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(line(Place::Top(0)), "-I OUTPUT 1 -j KUBE-SERVICES");
    assert_eq!(line(Place::Behind(1)), "-I OUTPUT 2 -j KUBE-SERVICES");
    assert_eq!(line(Place::Bottom(0)), rule);
}

#[test]
fn legacy_heads_come_last_name_first() {
    let changes = [
        chain("A", None, Some("-A A -j B\n")),
        chain("C", Some("-A C -j D\n"), None),
        chain("B", None, Some("")),
    ];
    let payload = payload(&changes, &live(""), Backend::Legacy);
    let expected = "*nat\n:C - [0:0]\n:B - [0:0]\n:A - [0:0]\n-A A -j B\n-X C\nCOMMIT\n";
    assert_eq!(payload.text, expected);
}

#[test]
fn a_sample_has_one_rule_of_each_form() {
    let wanted = services(
        400,
        "-m comment --comment \"a -j B\" -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80",
    );
    let mut changes: Vec<Change> =
        wanted.iter().map(|(name, rules)| chain(name, None, Some(rules))).collect();
    changes.push(jumps(&[(Place::Top(0), "-A OUTPUT -j KUBE-SERVICES")]));
    let payload = payload(&changes, &live(""), Backend::Nft);
    let sample = payload.sample();
    let expected = "*nat\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-SEP-0-0 - [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-0 - [0:0]\n-A KUBE-MARK-MASQ -j MARK\n-A KUBE-SEP-0-0 -s 10.0.0.1/32 -j KUBE-MARK-MASQ\n-A KUBE-SEP-0-0 -m comment --comment \"a -j B\" -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80\n-A KUBE-SVC-0 -j KUBE-SEP-0-0\n-A KUBE-SERVICES -d 10.1.0.1/32 -j KUBE-SVC-0\n-A OUTPUT -j KUBE-SERVICES\nCOMMIT\n";
    assert_eq!(sample.text, expected);
    mapped(&sample, &changes);
    let short = &payloads(&changes[..20], &live(""), Backend::Nft)[0];
    assert_eq!(*short.sample(), *short);
}
