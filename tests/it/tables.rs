//! Changes of tables of nf_tables, on a kernel that is only thought of.

use netc::model::Family;
use netc::object::{
    Base, Field, Lines, NftChain, NftSet, NftTable, Reference, State, element_key, references,
};
use netc::plan::{Change, Key, Kind, Origin, Thing, Transaction, transactions};
use netc_lang::Span;
use proptest::collection::vec;
use proptest::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A chain: where packets come into it, and its rules.
#[derive(Clone, PartialEq, Default, Debug)]
struct HeldChain {
    base: Option<String>,
    rules: Vec<String>,
}

/// A set: what it is, and its elements by key.
#[derive(Clone, PartialEq, Default, Debug)]
struct HeldSet {
    definition: String,
    elements: BTreeMap<String, String>,
}

/// A table. Its comments do not count.
#[derive(Clone, PartialEq, Default, Debug)]
struct HeldTable {
    chains: BTreeMap<String, HeldChain>,
    sets: BTreeMap<String, HeldSet>,
}

/// What a kernel holds, by table.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Kernel(BTreeMap<String, HeldTable>);

impl Kernel {
    /// A kernel that holds these tables.
    pub(crate) fn of<'t>(tables: impl Iterator<Item = &'t NftTable>) -> Kernel {
        Kernel(tables.map(|table| (table.place(), held(table))).collect())
    }

    /// Carries out a transaction as the kernel does: each line in the light of those before it.
    pub(crate) fn run(&mut self, Transaction { text, places }: &Transaction) {
        assert_eq!(text.lines().count(), places.len());
        let before = self.clone();
        for line in text.lines() {
            self.line(line).unwrap_or_else(|why| panic!("{line}: {why}\n{text}\n{before:#?}"));
        }
    }

    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        let words: Vec<&str> = line.splitn(6, ' ').collect();
        let place = words[2..4].join(" ");
        if let ["add", "table", ..] = words.as_slice() {
            let fresh = self.0.insert(place, HeldTable::default()).is_none();
            return fresh.then_some(()).ok_or("File exists");
        }
        if let ["delete", "table", ..] = words.as_slice() {
            return self.0.remove(&place).map(drop).ok_or("No such file or directory");
        }
        let table = self.0.get_mut(&place).ok_or("No such file or directory")?;
        let rest = words.get(5).copied().unwrap_or_default();
        let block = rest.strip_prefix("{ ").and_then(|rest| rest.strip_suffix(" }"));
        match (words[0], words[1], words[4]) {
            ("add", "chain", name) => table.add_chain(name, block.unwrap_or_default()),
            ("add", word @ ("set" | "map"), name) => {
                table.add_set(name, word, block.ok_or("syntax error")?)
            }
            ("add", "rule", name) => table.add_rule(name, rest),
            (verb, "element", name) => {
                let elements = block.ok_or("syntax error")?.split(", ");
                elements.into_iter().try_for_each(|element| table.element(verb, name, element))
            }
            ("flush", "chain", name) => {
                let chain = table.chains.get_mut(name).ok_or("No such file or directory")?;
                chain.rules.clear();
                Ok(())
            }
            ("delete", "chain", name) => {
                table.chains.remove(name).ok_or("No such file or directory")?;
                let used = table.uses(Reference::Chain(name));
                if used { Err("Device or resource busy") } else { Ok(()) }
            }
            ("delete", word @ ("set" | "map"), name) => {
                let set = table.sets.remove(name).ok_or("No such file or directory")?;
                let alike = set.definition.starts_with(word);
                let used = table.uses(Reference::Set(name));
                if used || !alike { Err("Device or resource busy") } else { Ok(()) }
            }
            _ => Err("syntax error"),
        }
    }
}

impl HeldTable {
    fn add_chain(&mut self, name: &str, block: &str) -> Result<(), &'static str> {
        let base = block.strip_prefix("type ").and_then(|base| base.split_once(" ; policy "));
        let policy = |rest: &str| rest.split(" ;").next().unwrap().to_owned();
        let base = base.map(|(base, rest)| format!("type {base}; policy {}", policy(rest)));
        let chain = HeldChain { base, rules: Vec::new() };
        let fresh = self.chains.insert(name.to_owned(), chain).is_none();
        fresh.then_some(()).ok_or("File exists")
    }

    fn add_set(&mut self, name: &str, word: &str, block: &str) -> Result<(), &'static str> {
        let set = HeldSet { definition: definition(word, block), elements: BTreeMap::new() };
        let fresh = self.sets.insert(name.to_owned(), set).is_none();
        fresh.then_some(()).ok_or("File exists")
    }

    fn add_rule(&mut self, chain: &str, rule: &str) -> Result<(), &'static str> {
        self.has_all(rule)?;
        let chain = self.chains.get_mut(chain).ok_or("No such file or directory")?;
        chain.rules.push(rule.to_owned());
        Ok(())
    }

    fn element(&mut self, verb: &str, set: &str, element: &str) -> Result<(), &'static str> {
        self.has_all(element)?;
        let set = self.sets.get_mut(set).ok_or("No such file or directory")?;
        match verb {
            "add" => {
                let old = set.elements.insert(element_key(element).into(), element.into());
                if old.is_none() { Ok(()) } else { Err("File exists") }
            }
            "delete" => set.elements.remove(element).map(drop).ok_or("No such file or directory"),
            _ => Err("syntax error"),
        }
    }

    /// Everything that a line names must be there, and no line leads to a base chain.
    fn has_all(&self, line: &str) -> Result<(), &'static str> {
        references(line).try_for_each(|name| match name {
            Reference::Set(name) if self.sets.contains_key(name) => Ok(()),
            Reference::Chain(name) => match self.chains.get(name) {
                Some(HeldChain { base: None, .. }) => Ok(()),
                Some(_) => Err("Operation not supported"),
                None => Err("No such file or directory"),
            },
            Reference::Set(_) => Err("No such file or directory"),
        })
    }

    /// Whether a rule or an element names something.
    fn uses(&self, name: Reference) -> bool {
        let rules = self.chains.values().flat_map(|chain| &chain.rules);
        let elements = self.sets.values().flat_map(|set| set.elements.values());
        rules.chain(elements).any(|line| references(line).any(|one| one == name))
    }
}

/// What a set is, without its comment.
fn definition(word: &str, block: &str) -> String {
    let properties = block.split(" ;").map(str::trim);
    let kept: Vec<&str> =
        properties.filter(|one| !one.is_empty() && !one.starts_with("comment ")).collect();
    format!("{word} {}", kept.join("; "))
}

fn held(table: &NftTable) -> HeldTable {
    let chain = |chain: &NftChain| HeldChain {
        base: chain.base.as_ref().map(|base| format!("{base}; policy {}", base.policy())),
        rules: chain.rules.iter().map(str::to_owned).collect(),
    };
    let set = |set: &NftSet| HeldSet {
        definition: definition(set.word(), &set.properties().collect::<Vec<_>>().join(" ;")),
        elements: set.elements.iter().map(|one| (element_key(one).into(), one.into())).collect(),
    };
    HeldTable {
        chains: table.chains.iter().map(|one| (one.name.clone(), chain(one))).collect(),
        sets: table.sets.iter().map(|one| (one.name.clone(), set(one))).collect(),
    }
}

fn change(from: Option<&NftTable>, to: Option<&NftTable>) -> Change<'static> {
    let thing = |table: Option<&NftTable>| {
        table.map(|table| Thing::Object(Cow::Owned(State::NftTable(table.clone()))))
    };
    let kind = match (from, to) {
        (None, _) => Kind::Make,
        (_, None) => Kind::Remove,
        _ => Kind::Update,
    };
    let key = Key::Object(State::NftTable(to.or(from).unwrap().clone()).id());
    let (was, with, origin) = (String::new(), None, Origin::Nowhere);
    Change { key, from: thing(from), to: thing(to), kind, was, with, origin }
}

/// The transactions of one change.
fn told(from: Option<&NftTable>, to: Option<&NftTable>) -> Vec<Transaction> {
    transactions(&[change(from, to)], &[0])
}

fn leads_there(from: Option<&NftTable>, to: Option<&NftTable>) {
    let mut kernel = Kernel::of(from.into_iter());
    let all = told(from, to);
    all.iter().for_each(|one| kernel.run(one));
    assert_eq!(kernel, Kernel::of(to.into_iter()), "{all:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_table_becomes_any_other(one in table(), other in table()) {
        for (from, to) in [(&one, &other), (&other, &one)] {
            leads_there(Some(from), Some(to));
            prop_assert_eq!(told(Some(from), Some(to)).is_empty(), from == to);
        }
        leads_there(None, Some(&one));
        leads_there(Some(&one), None);
    }
}

/// Bytes that decide what a table is.
struct Choices(std::vec::IntoIter<u8>);

impl Choices {
    fn below(&mut self, count: u8) -> u8 {
        self.0.next().unwrap_or_default() % count
    }

    fn pick<'t>(&mut self, of: &'t [String]) -> Option<&'t String> {
        let count = u8::try_from(of.len()).unwrap();
        (count > 0).then(|| &of[usize::from(self.below(count))])
    }
}

fn table() -> impl Strategy<Value = NftTable> {
    vec(any::<u8>(), 160).prop_map(|bytes| built(&mut Choices(bytes.into_iter())))
}

/// A table that a kernel would take: only the first chains look into maps of verdicts, which lead
/// to later ones, so that no way leads in a circle.
fn built(choices: &mut Choices) -> NftTable {
    let mut table = NftTable::new(Family::V4, "t", None);
    let there = |choices: &mut Choices, begin: &str, count| -> Vec<String> {
        let all = (0..count).map(|number| format!("{begin}{number}"));
        all.filter(|_| choices.below(4) > 0).collect()
    };
    let names = there(choices, "c", 7);
    for name in &names {
        let origin = Span::default();
        let chain = match choices.below(7) {
            0 => NftChain::base(name, Base::new("filter", "input", 0), origin),
            1 => NftChain::base(name, Base::new("nat", "output", -100), origin),
            2 => {
                let base = Base { drops: true, ..Base::new("filter", "input", 0) };
                NftChain::base(name, base, origin)
            }
            _ => NftChain::new(name.as_str(), origin),
        };
        table.chains.push(chain);
    }
    let inner = table.chains.iter().filter(|chain| chain.base.is_none());
    let inner: Vec<String> = inner.map(|chain| chain.name.clone()).collect();
    let late: Vec<String> =
        inner.iter().filter(|name| *name >= &"c2".to_owned()).cloned().collect();
    for name in there(choices, "s", 4) {
        table.sets.push(set(choices, name, &late));
    }
    for chain in &mut table.chains {
        for _ in 0..choices.below(3) {
            if let Some(rule) = rule(choices, &chain.name, &table.sets, &inner) {
                chain.rules.push(Span::default(), |out| out.push_str(&rule));
            }
        }
    }
    table
}

fn set(choices: &mut Choices, name: String, chains: &[String]) -> NftSet {
    let address = [Field::Address(Family::V4)];
    let leads = [Field::Verdict];
    let mut set = match choices.below(5) {
        0 => NftSet::new(name, &address, &[]),
        1 => NftSet { interval: true, ..NftSet::new(name, &address, &[]) },
        2 => return NftSet { timeout: Some(60), ..NftSet::new(name, &address, &[]) },
        3 => NftSet::new(name, &[Field::Protocol, Field::Port], &leads),
        _ => NftSet::new(name, &address, &leads),
    };
    let mut all = BTreeMap::new();
    for _ in 0..choices.below(5) {
        let number = choices.below(4);
        let key = match (set.key.len(), set.interval) {
            (2, _) => format!("tcp . {}", 80 + number),
            (_, true) => format!("10.{number}.0.0/{}", 16 + number % 2),
            _ => format!("10.0.0.{number}"),
        };
        let comment = if choices.below(4) == 0 { " comment \"x\"" } else { "" };
        let value = match (set.is_map(), choices.pick(chains)) {
            (false, _) => String::new(),
            (true, Some(chain)) if choices.below(3) > 0 => format!(" : goto {chain}"),
            (true, _) => " : drop".to_owned(),
        };
        all.insert(key.clone(), format!("{key}{comment}{value}\n"));
    }
    set.elements = Lines::found(all.into_values().collect()).sorted();
    set
}

/// A rule that names what a chain may lead to.
fn rule(choices: &mut Choices, chain: &str, sets: &[NftSet], inner: &[String]) -> Option<String> {
    let later: Vec<String> = inner.iter().filter(|name| name.as_str() > chain).cloned().collect();
    let may_look = chain < "c2";
    let set = match sets.len() {
        0 => None,
        count => sets.get(usize::from(choices.below(u8::try_from(count).unwrap()))),
    };
    match (choices.below(4), set) {
        (0, _) => Some("accept".into()),
        (1, _) => choices.pick(&later).map(|name| format!("tcp dport 80 jump {name}")),
        (2, _) => {
            let (one, other) = (choices.pick(&later)?, choices.pick(&later)?);
            Some(format!("numgen random mod 2 vmap {{ 0 : goto {one}, 1 : goto {other} }}"))
        }
        (_, Some(set)) if set.is_map() && may_look => Some(match set.key.len() {
            2 => format!("meta l4proto . th dport vmap @{}", set.name),
            _ => format!("ip daddr vmap @{}", set.name),
        }),
        (_, Some(set)) if set.timeout.is_some() => {
            Some(format!("update @{} {{ ip saddr }}", set.name))
        }
        (_, Some(set)) if !set.is_map() => Some(format!("ip saddr @{} return", set.name)),
        _ => None,
    }
}

/// A table of so many services, each with a chain that a map leads to.
fn services(count: usize, port: u16) -> NftTable {
    let mut table = NftTable::new(Family::V4, "t", Some("services"));
    let mut base = NftChain::base("nat-output", Base::new("nat", "output", -100), Span::default());
    base.rules.push(Span::default(), |out| out.push_str("ip daddr vmap @ips"));
    table.chains.push(base);
    let mut map = NftSet::new("ips", &[Field::Address(Family::V4)], &[Field::Verdict]);
    let mut elements = String::new();
    for number in 0..count {
        let name = format!("service-{port}-{number:05}");
        elements.push_str(&format!("10.96.{}.{} : goto {name}\n", number / 256, number % 256));
        let mut chain = NftChain::new(name, Span::default());
        chain.rules.push(Span::default(), |out| {
            out.push_str(&format!("meta l4proto tcp dnat to 10.0.0.1:{port}"));
        });
        table.chains.push(chain);
    }
    map.elements = Lines::found(elements).sorted();
    table.sets.push(map);
    table
}

/// What packets meet stays as it was until the last transaction, and then it is as it is to be.
fn comes_at_once(from: Option<&NftTable>, to: &NftTable, transactions: usize) {
    let all = told(from, Some(to));
    assert_eq!(all.len(), transactions);
    let mut kernel = Kernel::of(from.into_iter());
    let (last, early) = all.split_last().unwrap();
    for one in early {
        kernel.run(one);
        let base = |chain: &HeldChain| chain.base.is_some();
        let now = &kernel.0[&to.place()];
        match from.map(held) {
            None => assert!(!now.chains.values().any(base)),
            Some(was) => {
                assert!(was.chains.iter().all(|(name, chain)| now.chains.get(name) == Some(chain)));
                assert!(was.sets.iter().all(|(name, set)| now.sets.get(name) == Some(set)));
            }
        }
    }
    kernel.run(last);
    assert_eq!(kernel, Kernel::of(std::iter::once(to)));
}

#[test]
fn a_large_table_is_hooked_in_at_last() {
    let (few, many) = (services(50, 80), services(1700, 80));
    comes_at_once(None, &few, 1);
    comes_at_once(Some(&few), &services(400, 80), 1);
    // Names, rules in two parts, elements, and what leads to them. A set that is there gets its
    // elements with the last.
    comes_at_once(None, &many, 5);
    comes_at_once(Some(&few), &many, 4);
    comes_at_once(Some(&services(1700, 81)), &many, 4);
    comes_at_once(Some(&many), &few, 1);
}

#[test]
fn where_packets_are_led_from_now_on_is_there_before() {
    comes_at_once(Some(&services(3, 81)), &services(3, 80), 2);
    comes_at_once(Some(&services(3, 80)), &services(4, 80), 1);
}

#[test]
fn a_set_of_another_type_is_made_anew_even_if_much_is_new() {
    let (few, many) = (services(50, 80), services(1700, 80));
    let mut other = few.clone();
    other.sets[0].interval = true;
    comes_at_once(Some(&other), &many, 1);
}

#[test]
fn what_changes_is_sent_and_nothing_else() {
    let old = services(50, 80);
    let mut new = services(51, 80);
    new.chains[2].rules = Lines::found("drop\n".into());
    let all = told(Some(&old), Some(&new));
    let expected = "\
add chain ip t service-80-00050
flush chain ip t service-80-00001
add rule ip t service-80-00050 meta l4proto tcp dnat to 10.0.0.1:80
add rule ip t service-80-00001 drop
add element ip t ips { 10.96.0.50 : goto service-80-00050 }
";
    assert_eq!(all[0].text, expected);
    let both = [change(Some(&old), None), change(None, Some(&old)), change(Some(&old), Some(&new))];
    let all = transactions(&both, &[0, 2]);
    assert_eq!(all[0].places, [0, 2, 2, 2, 2, 2]);
    assert!(all[0].text.starts_with("delete table ip t\n"));
}
