//! From the text of a rule to its parts.

use super::super::verdict::{Refusal, Translation};
use super::field::{Field, number, operations};
use super::pattern::Pattern;
use super::rule::{Action, Among, Gives, Key, Lookup, Step};
use super::words::Words;
use crate::model::Family;
use std::net::{IpAddr, SocketAddr};

/// Flags of translations: how ports are picked, which does not count here.
const FLAGS: [&str; 3] = ["random", "fully-random", "persistent"];

/// Reads a rule of a table of a family. What follows on a part that is not known is left out.
pub(super) fn rule(line: &str, family: Family) -> Vec<Step<'_>> {
    let mut reader = Reader { words: Words::new(line), family };
    let mut steps = Vec::new();
    while let Some(word) = reader.words.peek() {
        if word == "comment" {
            break;
        }
        match reader.part(word) {
            Some(None) => {}
            Some(Some(step)) => {
                let is_last = matches!(step, Step::Do(_) | Step::LookUp(_));
                steps.push(step);
                if is_last {
                    if !reader.is_at_end() {
                        steps.push(Step::Unknown);
                    }
                    break;
                }
            }
            None => {
                steps.push(Step::Unknown);
                break;
            }
        }
    }
    steps
}

struct Reader<'t> {
    words: Words<'t>,
    family: Family,
}

impl<'t> Reader<'t> {
    fn is_at_end(&self) -> bool {
        matches!(self.words.peek(), None | Some("comment"))
    }

    /// A part that begins with a word; `Some(None)` if it decides nothing.
    fn part(&mut self, word: &'t str) -> Option<Option<Step<'t>>> {
        let mut ahead = self.words;
        ahead.next();
        let step = match word {
            "counter" => {
                self.words = ahead;
                if self.words.has("name") {
                    self.words.next();
                }
                return Some(None);
            }
            "log" => {
                self.words = ahead;
                while matches!(self.words.peek(), Some("prefix" | "group" | "level")) {
                    self.words.nth(1)?;
                }
                return Some(None);
            }
            "limit" => {
                self.words = ahead;
                return self.limit();
            }
            // Who is remembered is nobody that the walk asks about.
            "update" | "add" => {
                self.words = ahead;
                self.words.next()?;
                self.words.list()?;
                return Some(None);
            }
            "notrack" => {
                self.words = ahead;
                Step::Untrack
            }
            "meta" if ahead.has("mark") && ahead.has("set") => {
                self.words = ahead;
                self.mark()?
            }
            "dnat" | "snat" => {
                self.words = ahead;
                let gives = if word == "dnat" { Gives::Destinations } else { Gives::Sources };
                self.translation(gives)?
            }
            _ => match self.action() {
                Some(action) => Step::Do(action),
                None => self.condition()?,
            },
        };
        Some(Some(step))
    }

    /// A single packet is within any limit.
    fn limit(&mut self) -> Option<Option<Step<'t>>> {
        self.words.has("rate").then_some(())?;
        let over = self.words.has("over");
        let rate = self.words.next()?;
        if !rate.contains('/') {
            self.words.next()?;
        }
        if self.words.has("burst") {
            self.words.nth(1)?;
        }
        Some(over.then_some(Step::Never))
    }

    /// What is behind `meta mark set`.
    fn mark(&mut self) -> Option<Step<'t>> {
        let set = match self.words.next()? {
            "meta" => self.words.has("mark").then_some(None)?,
            word => Some(number(word)?),
        };
        Some(Step::Mark { set, then: operations(&mut self.words)? })
    }

    /// What is done, if it is said right here.
    fn action(&mut self) -> Option<Action<'t>> {
        let mut words = self.words;
        let first = words.next()?;
        let action = match first {
            "jump" | "goto" => {
                let chain = words.next().filter(|chain| *chain != "{")?;
                if first == "jump" { Action::Jump(chain) } else { Action::Goto(chain) }
            }
            "reject" => Action::Reject(refusal(&mut words)?),
            "masquerade" => {
                // The ports of its own that it may say are no matter.
                if words.has("to") {
                    words.next()?;
                }
                skip_flags(&mut words);
                Action::Translate(Translation::Masquerade)
            }
            "redirect" => {
                let port = match words.has("to") {
                    true => Some(words.next()?.strip_prefix(':')?.parse().ok()?),
                    false => None,
                };
                skip_flags(&mut words);
                Action::Translate(Translation::Redirect(port))
            }
            verdict => Action::verdict(verdict)?,
        };
        self.words = words;
        Some(action)
    }

    /// What is behind `dnat` or `snat`.
    fn translation(&mut self, gives: Gives) -> Option<Step<'t>> {
        if matches!(self.words.peek(), Some("ip" | "ip6")) {
            self.words.next();
            if self.words.has("addr") {
                (self.words.has(".") && self.words.has("port")).then_some(())?;
            }
        }
        self.words.has("to").then_some(())?;
        let mut words = self.words;
        let step = match words.next().and_then(|word| target(gives, word)) {
            Some(translation) => {
                self.words = words;
                Step::Do(Action::Translate(translation))
            }
            None => {
                let key = self.key()?;
                self.words.has("map").then_some(())?;
                Step::LookUp(Lookup { among: self.among(&key)?, key, gives })
            }
        };
        skip_flags(&mut self.words);
        Some(step)
    }

    fn key(&mut self) -> Option<Key> {
        if matches!(self.words.peek(), Some("numgen" | "symhash")) {
            if self.words.next() == Some("numgen") {
                matches!(self.words.next(), Some("random" | "inc")).then_some(())?;
            }
            self.words.has("mod").then_some(())?;
            let count = self.words.next()?.parse().ok().filter(|count| *count > 0)?;
            let first = match self.words.has("offset") {
                true => self.words.next()?.parse().ok()?,
                false => 0,
            };
            return Some(Key::Number { count, first });
        }
        let mut fields = Vec::new();
        loop {
            fields.push(Field::read(&mut self.words, self.family)?);
            if !self.words.has(".") {
                return Some(Key::Fields(fields));
            }
        }
    }

    /// What a key is looked up in: a name, or what stands between braces.
    fn among(&mut self, key: &Key) -> Option<Among<'t>> {
        let Some(list) = self.words.list() else {
            return self.words.next()?.strip_prefix('@').map(Among::Named);
        };
        let pairs = list.split(", ").map(|entry| entry.split_once(" : ").unwrap_or((entry, "")));
        match key {
            Key::Fields(fields) => {
                let pair = |(key, value)| Some((Pattern::read_all(fields, key)?, value));
                pairs.map(pair).collect::<Option<_>>().map(Among::Listed)
            }
            Key::Number { .. } => numbered(pairs).map(Among::Numbered),
        }
    }

    /// A condition, or what is done as a map says.
    fn condition(&mut self) -> Option<Step<'t>> {
        let key = self.key()?;
        if self.words.has("vmap") {
            let gives = Gives::Verdicts;
            return Some(Step::LookUp(Lookup { among: self.among(&key)?, key, gives }));
        }
        let not = self.words.has("!=");
        if !not {
            self.words.has("==");
        }
        let among = match self.words.peek()? {
            word if word == "{" || word.starts_with('@') => self.among(&key)?,
            word => {
                let Key::Fields(fields) = &key else { return None };
                self.words.next();
                Among::Listed(vec![(Pattern::read_all(fields, word)?, "")])
            }
        };
        let Key::Fields(key) = key else { return None };
        Some(Step::When { key, not, among })
    }
}

/// Numbers, each with what belongs to it.
pub(super) fn numbered<'t>(
    pairs: impl Iterator<Item = (&'t str, &'t str)>,
) -> Option<Vec<(u32, u32, &'t str)>> {
    let pair = |(key, value): (&'t str, &'t str)| {
        let (first, last) = key.split_once('-').unwrap_or((key, key));
        Some((first.parse().ok()?, last.parse().ok()?, value))
    };
    pairs.map(pair).collect()
}

/// What a sender is told: behind `reject`.
fn refusal(words: &mut Words) -> Option<Refusal> {
    if !words.has("with") {
        return Some(Refusal::PortUnreachable);
    }
    Some(match (words.next()?, words.next()?) {
        ("tcp", "reset") => Refusal::Reset,
        ("icmp" | "icmpv6" | "icmpx", "port-unreachable") => Refusal::PortUnreachable,
        ("icmp" | "icmpv6" | "icmpx", _) => Refusal::Prohibited,
        _ => return None,
    })
}

/// `10.0.0.1`, `10.0.0.1:80`, `[fd00::1]:80`, `:80`
fn target(gives: Gives, word: &str) -> Option<Translation> {
    let (address, port): (Option<IpAddr>, Option<u16>) = match word.parse::<SocketAddr>() {
        Ok(socket) => (Some(socket.ip()), Some(socket.port())),
        Err(_) => match word.strip_prefix(':') {
            Some(port) => (None, Some(port.parse().ok()?)),
            None => (Some(word.parse().ok()?), None),
        },
    };
    match gives {
        Gives::Sources => Some(Translation::Source { address: address?, port }),
        _ => Some(Translation::Destination { address, port }),
    }
}

fn skip_flags(words: &mut Words) {
    while words.peek().is_some_and(|word| word.split(',').all(|flag| FLAGS.contains(&flag))) {
        words.next();
    }
}
