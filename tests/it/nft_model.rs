//! What the rules of a table of nf_tables do with the first packet of a connection. It knows the
//! words that netc writes, and stops at any other.

use ipnet::IpNet;
use netc::object::{Lines, NftChain, NftTable, element_key};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The first packet of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: &'static str,
    pub(crate) port: u16,
    /// The device it comes in from; the node itself sends it if there is none.
    pub(crate) device: &'static str,
    mark: u32,
    translated: bool,
    masqueraded: bool,
}

impl Packet {
    pub(crate) fn new(
        (source, device): (IpAddr, &'static str),
        destination: IpAddr,
        protocol: &'static str,
        port: u16,
    ) -> Packet {
        let (mark, translated, masqueraded) = (0, false, false);
        Packet { source, destination, protocol, port, device, mark, translated, masqueraded }
    }
}

/// What becomes of a connection, and with which probability.
pub(crate) type Fate = BTreeMap<Outcome, f64>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Outcome {
    Dropped,
    Refused,
    /// It goes to an address and port, which it was for if nothing translated it.
    Goes {
        to: (IpAddr, u16),
        translated: bool,
        masqueraded: bool,
    },
}

/// A table, and the addresses of the node that it is on.
pub(crate) struct Model<'t> {
    chains: BTreeMap<&'t str, &'t NftChain>,
    /// The elements of each set by key, with the value of each.
    sets: BTreeMap<&'t str, BTreeMap<&'t str, &'t str>>,
    own: Vec<IpAddr>,
}

/// One of several things that can happen, with its probability.
type Way = (f64, Packet, Verdict);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// The next rule has its turn; of a chain: whoever jumped to it goes on.
    On,
    /// No further rule of the chain has its turn.
    Back,
    Accepted,
    Dropped,
    Refused,
}

impl<'t> Model<'t> {
    pub(crate) fn new(table: &'t NftTable, own: Vec<IpAddr>) -> Model<'t> {
        let elements = |lines: &'t Lines| {
            let pair = |line: &'t str| {
                let value = line.rsplit_once(" : ").map_or("", |(_, value)| value);
                (element_key(line), value)
            };
            lines.iter().map(pair).collect()
        };
        let sets = table.sets.iter().map(|set| (set.name.as_str(), elements(&set.elements)));
        Model { chains: table.chains_by_name(), sets: sets.collect(), own }
    }

    /// What becomes of a connection.
    pub(crate) fn ask(&self, packet: Packet) -> Fate {
        let first = if packet.device.is_empty() { "output" } else { "prerouting" };
        let mut fate = Fate::new();
        for (share, packet, verdict) in self.hook(first, packet) {
            let second = match (self.own.contains(&packet.destination), packet.device) {
                (true, _) => "input",
                (false, "") => "nowhere",
                (false, _) => "forward",
            };
            for (more, packet, verdict) in self.past(verdict, second, packet) {
                for (last, packet, verdict) in self.past(verdict, "postrouting", packet) {
                    let outcome = match verdict {
                        Verdict::Dropped => Outcome::Dropped,
                        Verdict::Refused => Outcome::Refused,
                        _ => Outcome::Goes {
                            to: (packet.destination, packet.port),
                            translated: packet.translated,
                            masqueraded: packet.masqueraded,
                        },
                    };
                    *fate.entry(outcome).or_default() += share * more * last;
                }
            }
        }
        fate
    }

    /// Goes on with a hook, unless the packet's way has ended.
    fn past(&self, verdict: Verdict, hook: &str, packet: Packet) -> Vec<Way> {
        match verdict {
            Verdict::Dropped | Verdict::Refused => vec![(1.0, packet, verdict)],
            _ => self.hook(hook, packet),
        }
    }

    /// The base chains of a hook, the least priority first.
    fn hook(&self, hook: &str, packet: Packet) -> Vec<Way> {
        let here = |chain: &&&NftChain| chain.base.as_ref().is_some_and(|base| *base.hook == *hook);
        let mut bases: Vec<&&NftChain> = self.chains.values().filter(here).collect();
        bases.sort_by_key(|chain| chain.base.as_ref().unwrap().priority);
        let mut ways = vec![(1.0, packet, Verdict::On)];
        for base in bases {
            ways = spread(ways, |packet, verdict| match verdict {
                Verdict::Dropped | Verdict::Refused => vec![(1.0, packet, verdict)],
                _ => self.chain(&base.name, packet),
            });
        }
        ways
    }

    fn chain(&self, name: &str, packet: Packet) -> Vec<Way> {
        let chain = self.chains.get(name).unwrap_or_else(|| panic!("no chain {name}"));
        let mut ways = vec![(1.0, packet, Verdict::On)];
        for rule in chain.rules.iter() {
            ways = spread(ways, |packet, verdict| match verdict {
                Verdict::On => self.rule(rule, packet),
                _ => vec![(1.0, packet, verdict)],
            });
        }
        spread(ways, |packet, verdict| {
            vec![(1.0, packet, if verdict == Verdict::Back { Verdict::On } else { verdict })]
        })
    }

    fn rule(&self, rule: &str, packet: Packet) -> Vec<Way> {
        let text = rule.split(" comment \"").next().unwrap();
        let mut reader = Rule { model: self, words: text.split(' ').collect(), packet, rule };
        loop {
            if let Some(ways) = reader.step() {
                return ways;
            }
        }
    }

    fn verdict(&self, words: &[&str], packet: Packet) -> Vec<Way> {
        let only = |verdict| vec![(1.0, packet, verdict)];
        match words {
            ["goto", chain] => spread(self.chain(chain, packet), |packet, verdict| {
                vec![(1.0, packet, if verdict == Verdict::On { Verdict::Back } else { verdict })]
            }),
            ["jump", chain] => self.chain(chain, packet),
            ["accept"] => only(Verdict::Accepted),
            ["drop"] => only(Verdict::Dropped),
            ["reject"] => only(Verdict::Refused),
            ["return"] => only(Verdict::Back),
            _ => panic!("no verdict: {words:?}"),
        }
    }
}

fn spread(ways: Vec<Way>, next: impl Fn(Packet, Verdict) -> Vec<Way>) -> Vec<Way> {
    let next = |(share, packet, verdict)| {
        let ways = next(packet, verdict).into_iter();
        ways.map(move |(more, packet, verdict)| (share * more, packet, verdict))
    };
    ways.into_iter().flat_map(next).collect()
}

/// A rule while it is read.
struct Rule<'m, 't> {
    model: &'m Model<'t>,
    /// Those that are left.
    words: Vec<&'m str>,
    packet: Packet,
    rule: &'m str,
}

impl<'m> Rule<'m, '_> {
    /// Carries out a condition or a statement; what comes of the rule, if it ends here.
    fn step(&mut self) -> Option<Vec<Way>> {
        let on = vec![(1.0, self.packet, Verdict::On)];
        let Some(first) = self.words.first().copied() else { return Some(on) };
        let packet = self.packet;
        let holds = match (first, self.words.get(1).copied().unwrap_or_default()) {
            ("ct", "state") => self.take(3)[2] == "new",
            ("ct", "status") => self.take(3)[2] == "dnat" && packet.translated,
            ("fib", end) => {
                self.take(4);
                self.model.own.contains(&self.end(end))
            }
            ("iifname", _) => self.device(),
            ("meta", "mark") => self.mark(),
            ("meta" | "ip" | "ip6", _) => match self.field() {
                Ok(holds) => holds,
                Err(ways) => return Some(ways.unwrap_or(on)),
            },
            ("numgen", _) => {
                let model = self.model;
                return Some(self.among(|words, packet| model.verdict(words, packet)));
            }
            ("dnat", _) => return Some(self.translate().unwrap_or(on)),
            ("masquerade", _) => {
                let masqueraded = Packet { masqueraded: true, ..packet };
                return Some(vec![(1.0, masqueraded, Verdict::Accepted)]);
            }
            ("update", _) => {
                self.take(6);
                true
            }
            _ => return Some(self.model.verdict(&self.words, packet)),
        };
        if holds { None } else { Some(on) }
    }

    fn take(&mut self, count: usize) -> Vec<&'m str> {
        assert!(self.words.len() >= count, "too short: {}", self.rule);
        self.words.drain(..count).collect()
    }

    /// Takes a word, if it comes next.
    fn has(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.take(1);
        }
        found
    }

    fn end(&self, end: &str) -> IpAddr {
        match end {
            "saddr" => self.packet.source,
            "daddr" => self.packet.destination,
            _ => panic!("{end}: {}", self.rule),
        }
    }

    fn device(&mut self) -> bool {
        self.take(1);
        let not = self.has("!=");
        let name = self.take(1)[0].trim_matches('"');
        let same = match name.strip_suffix('*') {
            Some(prefix) => self.packet.device.starts_with(prefix),
            None => self.packet.device == name,
        };
        same != not
    }

    fn mark(&mut self) -> bool {
        self.take(2);
        let bits = |word: &str| u32::from_str_radix(word.strip_prefix("0x").unwrap(), 16).unwrap();
        match self.take(1)[0] {
            "&" => {
                let words = self.take(3);
                assert_eq!(words[2], "0x00000000");
                (self.packet.mark & bits(words[0]) == 0) == (words[1] == "==")
            }
            "set" => {
                let words = self.take(4);
                match words[2] {
                    "|" => self.packet.mark |= bits(words[3]),
                    "^" => self.packet.mark ^= bits(words[3]),
                    _ => panic!("{}", self.rule),
                }
                true
            }
            exact => self.packet.mark == bits(exact),
        }
    }

    /// A field or several, and what they are compared with or looked up in. A lookup that finds
    /// nothing ends the rule.
    fn field(&mut self) -> Result<bool, Option<Vec<Way>>> {
        let key = self.key();
        let not = self.has("!=");
        let word = self.take(1)[0];
        if let Some(set) = word.strip_prefix('@') {
            // Clients are remembered by the kernel: here there are none.
            let set = self.model.sets.get(set).unwrap_or_else(|| panic!("no set {set}"));
            return Ok(set.contains_key(key.as_str()) != not);
        }
        if word == "vmap" {
            let value = self.value(&key);
            let packet = self.packet;
            return Err(value
                .map(|value| self.model.verdict(&value.split(' ').collect::<Vec<_>>(), packet)));
        }
        let mut all = vec![word];
        if word == "{" {
            let end = self.words.iter().position(|word| *word == "}").unwrap();
            all = self.take(end + 1);
            all.pop();
        }
        Ok(all.iter().any(|one| fits(&key, one.trim_end_matches(','))) != not)
    }

    /// What a map says of a key.
    fn value(&mut self, key: &str) -> Option<&'m str> {
        let map = self.take(1)[0].strip_prefix('@').unwrap();
        let map = self.model.sets.get(map).unwrap_or_else(|| panic!("no map {map}"));
        map.get(key).copied()
    }

    fn key(&mut self) -> String {
        let mut key = Vec::new();
        loop {
            let words = self.take(2);
            key.push(match (words[0], words[1]) {
                ("ip" | "ip6", end) => self.end(end).to_string(),
                ("meta", "l4proto") => self.packet.protocol.to_owned(),
                ("th", "dport") => self.packet.port.to_string(),
                _ => panic!("{words:?}: {}", self.rule),
            });
            if !self.has(".") {
                return key.join(" . ");
            }
        }
    }

    /// One of several, each as likely.
    fn among(&mut self, then: impl Fn(&[&str], Packet) -> Vec<Way>) -> Vec<Way> {
        let count: usize = self.take(4)[3].parse().unwrap();
        self.take(2);
        let text = self.words.join(" ");
        let all: Vec<&str> = text.strip_suffix(" }").unwrap().split(", ").collect();
        assert_eq!(all.len(), count, "{}", self.rule);
        let one = |(place, entry): (usize, &&str)| {
            let (key, value) = entry.split_once(" : ").unwrap();
            assert_eq!(key, place.to_string(), "{}", self.rule);
            let ways = then(&value.split(' ').collect::<Vec<_>>(), self.packet);
            ways.into_iter()
                .map(move |(share, packet, verdict)| (share / count as f64, packet, verdict))
        };
        all.iter().enumerate().flat_map(one).collect()
    }

    fn translate(&mut self) -> Option<Vec<Way>> {
        let to = |words: &[&str], packet: Packet| {
            let (destination, port) = (words[0].parse().unwrap(), words[2].parse().unwrap());
            let translated = Packet { destination, port, translated: true, ..packet };
            vec![(1.0, translated, Verdict::Accepted)]
        };
        self.take(1);
        if self.has("to") {
            let socket: std::net::SocketAddr = self.take(1)[0].parse().unwrap();
            let words = [socket.ip().to_string(), ".".to_owned(), socket.port().to_string()];
            return Some(to(&words.each_ref().map(String::as_str), self.packet));
        }
        assert_eq!(self.take(5)[1..], ["addr", ".", "port", "to"]);
        if self.words[0] == "numgen" {
            return Some(self.among(to));
        }
        let key = self.key();
        assert!(self.has("map"));
        let value = self.value(&key)?;
        Some(to(&value.split(' ').collect::<Vec<_>>(), self.packet))
    }
}

/// Whether a value is one, or an address in a network or a range.
fn fits(value: &str, one: &str) -> bool {
    let Ok(address) = value.parse::<IpAddr>() else { return value == one };
    match one.split_once('-') {
        Some((first, last)) => {
            (first.parse::<IpAddr>().unwrap()..=last.parse().unwrap()).contains(&address)
        }
        None => match one.parse::<IpNet>() {
            Ok(net) => net.contains(&address),
            Err(_) => one.parse() == Ok(address),
        },
    }
}
