//! What older flannels left in built-in chains: rules that lead to no chain of flannel's, so that
//! no name tells whose they are (netspec 1.10).

use super::Live;
use crate::model::Family;
use crate::object::{Hook, Table};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::fmt;

/// The comments of flannel's rules, since 0.16.3.
const COMMENTS: [&str; 2] =
    ["-m comment --comment \"flanneld masq\" ", "-m comment --comment \"flanneld forward\" "];

/// Which flannels made such rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Generation {
    /// Up to 0.7: three rules in POSTROUTING.
    First,
    /// 0.8 to 0.19: four rules in POSTROUTING, two in FORWARD.
    Second,
    /// 0.20: chains of its own, with the four rules.
    Third,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Generation::First => "flannel 0.7 or older",
            Generation::Second => "flannel 0.8 to 0.19",
            Generation::Third => "flannel 0.20",
        })
    }
}

/// A rule of an older flannel in a built-in chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Leftover {
    /// The family.
    pub family: Family,
    /// The table.
    pub table: Table,
    /// The built-in chain.
    pub hook: Hook,
    /// Who made it.
    pub generation: Generation,
    /// The rule as iptables-save prints it.
    pub line: String,
}

/// The rules of older flannels on a node. Those without flannel's comment count only if they are
/// of one of these networks of pods.
#[must_use]
pub fn leftovers(live: &Live, pods: &[IpNet]) -> Vec<Leftover> {
    let mut all = Vec::new();
    for family in Family::ALL {
        let of = |table, hook: Hook| {
            let rules = live.chain(family, table, hook.name()).unwrap_or_default();
            rules.lines().filter_map(|line| Some((line, shape(line, pods)?)))
        };
        let nat: Vec<(&str, Shape)> = of(Table::Nat, Hook::Postrouting).collect();
        // A rule that accepts may be anybody's: without a comment it needs the company of others.
        let filter = of(Table::Filter, Hook::Forward)
            .filter(|(line, shape)| *shape == Shape::Accept && (!nat.is_empty() || told(line)));
        let filter: Vec<(&str, Shape)> = filter.collect();
        let second = !filter.is_empty() || nat.iter().any(|(_, shape)| *shape == Shape::Spare);
        let generation = if second { Generation::Second } else { Generation::First };
        let leftover = |table, hook| {
            move |(line, _): (&str, Shape)| Leftover {
                family,
                table,
                hook,
                generation,
                line: line.to_owned(),
            }
        };
        all.extend(filter.into_iter().map(leftover(Table::Filter, Hook::Forward)));
        all.extend(nat.into_iter().map(leftover(Table::Nat, Hook::Postrouting)));
    }
    all
}

/// Whether a rule says itself that it is flannel's.
fn told(line: &str) -> bool {
    COMMENTS.iter().any(|comment| line.contains(comment))
}

/// The kinds of such rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    /// Traffic within the network keeps its source, or what leaves or enters it does not.
    Masquerade,
    /// What comes from outside to pods of this node keeps its source: since 0.8.
    Spare,
    /// Traffic of the network is forwarded: since 0.8.
    Accept,
}

fn shape(line: &str, pods: &[IpNet]) -> Option<Shape> {
    let bare = COMMENTS.iter().fold(line.to_owned(), |line, comment| line.replacen(comment, "", 1));
    let words: Vec<&str> = bare.split(' ').filter(|word| *word != "--random-fully").collect();
    let (net, shape) = match words.as_slice() {
        ["-A", "POSTROUTING", "-s", net, "-d", to, "-j", "RETURN"] if net == to => {
            (net, Shape::Masquerade)
        }
        [
            "-A",
            "POSTROUTING",
            "-s",
            net,
            "!",
            "-d",
            "224.0.0.0/4" | "ff00::/8",
            "-j",
            "MASQUERADE",
        ] => (net, Shape::Masquerade),
        ["-A", "POSTROUTING", "!", "-s", net, "-d", to, "-j", "MASQUERADE"] if net == to => {
            (net, Shape::Masquerade)
        }
        ["-A", "POSTROUTING", "!", "-s", net, "-d", _, "-j", "RETURN"] => (net, Shape::Spare),
        ["-A", "FORWARD", "-s" | "-d", net, "-j", "ACCEPT"] => (net, Shape::Accept),
        _ => return None,
    };
    let ours = net.parse().is_ok_and(|net: IpNet| pods.contains(&net));
    (ours || told(line)).then_some(shape)
}

/// Which older flannel filled a chain with these rules, if one did: flannel 0.20 put its four
/// rules into chains of its own.
pub(super) fn of_chain(rules: &str) -> Option<Generation> {
    let within = rules.lines().any(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        matches!(words.as_slice(), ["-A", "FLANNEL-POSTRTG", "-s", net, "-d", to, ..] if net == to)
    });
    within.then_some(Generation::Third)
}

impl Live {
    /// Counts rules of older flannels as netc's own: they are removed, as nothing wants them.
    pub fn adopt(&mut self, leftovers: Vec<Leftover>) {
        self.adopted.extend(leftovers.into_iter().map(|rule| (rule.family, rule.table, rule.line)));
    }

    /// The adopted rules of one table.
    pub(super) fn adopted(&self, place: (Family, Table)) -> BTreeSet<String> {
        let those = self.adopted.iter().filter(|(family, table, _)| (*family, *table) == place);
        those.map(|(.., line)| line.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: &str = "10.244.0.0/16";

    fn live(nat: &[&str], filter: &[&str]) -> Live {
        let mut live = Live::default();
        let text = |table: &str, rules: &[&str]| {
            let rules: String = rules.iter().map(|rule| format!("-A {rule}\n")).collect();
            format!("*{table}\n{rules}COMMIT\n")
        };
        live.restore(Family::V4, &format!("{}{}", text("nat", nat), text("filter", filter)));
        live
    }

    fn found(nat: &[&str], filter: &[&str]) -> Vec<(String, Generation)> {
        let all = leftovers(&live(nat, filter), &[N.parse().unwrap()]);
        all.into_iter().map(|rule| (rule.line.replacen("-A ", "", 1), rule.generation)).collect()
    }

    fn all_of(rules: &[&str], generation: Generation) -> Vec<(String, Generation)> {
        rules.iter().map(|rule| ((*rule).to_owned(), generation)).collect()
    }

    const FIRST: [&str; 3] = [
        "POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN",
        "POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE",
        "POSTROUTING ! -s 10.244.0.0/16 -d 10.244.0.0/16 -j MASQUERADE",
    ];

    #[test]
    fn the_first_generation_is_known_by_its_network() {
        let docker = "POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE";
        let nat = [docker, FIRST[0], FIRST[1], FIRST[2]];
        assert_eq!(found(&nat, &["FORWARD -i eth0 -j ACCEPT"]), all_of(&FIRST, Generation::First));
        // Another network's are anybody's.
        let others = FIRST.map(|rule| rule.replace("10.244", "10.9"));
        assert_eq!(found(&others.each_ref().map(String::as_str), &[]), []);
    }

    #[test]
    fn the_second_generation_has_rules_in_forward_too() {
        let nat = [
            FIRST[0],
            "POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully",
            "POSTROUTING ! -s 10.244.0.0/16 -d 10.244.1.0/24 -j RETURN",
            "POSTROUTING ! -s 10.244.0.0/16 -d 10.244.0.0/16 -j MASQUERADE --random-fully",
        ];
        let filter = ["FORWARD -s 10.244.0.0/16 -j ACCEPT", "FORWARD -d 10.244.0.0/16 -j ACCEPT"];
        let expected = [filter.as_slice(), nat.as_slice()].concat();
        assert_eq!(found(&nat, &filter), all_of(&expected, Generation::Second));
        // Rules that accept, alone, are anybody's.
        assert_eq!(found(&[], &filter), []);
    }

    #[test]
    fn a_comment_tells_whatever_the_network_is() {
        let nat = [
            "POSTROUTING -s 10.9.0.0/16 -d 10.9.0.0/16 -m comment --comment \"flanneld masq\" -j RETURN",
        ];
        let filter = ["FORWARD -s 10.9.0.0/16 -m comment --comment \"flanneld forward\" -j ACCEPT"];
        assert_eq!(found(&nat, &[]), all_of(&nat, Generation::First));
        assert_eq!(found(&[], &filter), all_of(&filter, Generation::Second));
        // The jump of today leads to a chain, which tells.
        let jump = "POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG";
        assert_eq!(found(&[jump], &[]), []);
    }

    #[test]
    fn the_third_generation_has_its_rules_in_a_chain() {
        let rules = "-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment \"flanneld masq\" -j RETURN\n";
        assert_eq!(of_chain(rules), Some(Generation::Third));
        let today = rules.replacen("-s 10.244.0.0/16", "-s 10.244.1.0/24", 1);
        assert_eq!(of_chain(&today), None);
    }

    #[test]
    fn adopted_rules_are_removed_and_can_be_put_back() {
        use crate::graph::Ordered;
        use crate::plan::{Backend, Record, Target, Thing, converge, diff, steps};
        let docker = "POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE";
        let mut live = live(&[FIRST[0], docker, FIRST[1]], &[]);
        let record = Record { managed: true, ..Record::default() };
        let nothing = Ordered::default();
        assert!(diff(&nothing, &live, &record).is_empty());
        let leftovers = leftovers(&live, &[N.parse().unwrap()]);
        live.adopt(leftovers);
        let changes = diff(&nothing, &live, &record);
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        let Some(Thing::Jumps(jumps)) = &change.from else { panic!("{change:?}") };
        assert_eq!(jumps.rules.len(), 2);
        let text = format!("{:?}", steps(&changes, &live, Backend::Nft, &[]));
        assert!(text.contains("-D POSTROUTING -s 10.244.0.0/16 -d"), "{text}");
        let target = Target::before(&changes);
        // Nothing is gone yet …
        assert_eq!(converge(&target, &live).len(), 0);
        // … and this is when all is.
        let after = self::live(&[docker], &[]);
        let back = converge(&target, &after);
        let text = format!("{:?}", steps(&back, &after, Backend::Nft, &[]));
        assert!(text.contains("-I POSTROUTING 1 -s 10.244.0.0/16 -d 10.244.0.0/16"), "{text}");
        assert!(text.contains("-A POSTROUTING -s 10.244.0.0/16 ! -d"), "{text}");
    }
}
