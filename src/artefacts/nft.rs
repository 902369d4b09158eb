//! Reading `nft.rules`.

use crate::model::Family;
use crate::object::{
    Aside, Base, Lines, NftChain, NftSet, NftTable, State, Text, family_name, read_types,
};
use crate::plan::Live;
use netc_lang::Span;

/// What a line should have been; its number is in the reader.
type Expected = &'static str;

pub(super) fn read(live: &mut Live, text: &str) -> Result<(), String> {
    let mut reader = Reader { lines: text.lines(), number: 0 };
    let wrong = |reader: &Reader, what| format!("line {}: expected {what}", reader.number);
    loop {
        match reader.table() {
            Ok(Some(table)) => live.insert(State::NftTable(table), true),
            Ok(None) => return Ok(()),
            Err(what) => return Err(wrong(&reader, what)),
        }
    }
}

struct Reader<'t> {
    lines: std::str::Lines<'t>,
    /// Of the line that was read last, counted from 1.
    number: usize,
}

impl<'t> Reader<'t> {
    /// The next line; that the text ends is not expected.
    fn line(&mut self) -> Result<&'t str, Expected> {
        self.number += 1;
        self.lines.next().ok_or("more lines")
    }

    /// The next line of a block; `None` if the block ends.
    fn within(&mut self, indent: &str, end: &str) -> Result<Option<&'t str>, Expected> {
        match self.line()? {
            line if line == end => Ok(None),
            line => line.strip_prefix(indent).map(Some).ok_or("a line of the block, or its end"),
        }
    }

    /// A table with all its parts; `None` if the text ends.
    fn table(&mut self) -> Result<Option<NftTable>, Expected> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        self.number += 1;
        let place = line.strip_prefix("add table ").ok_or("`add table FAMILY NAME`")?;
        let (word, name) = place.split_once(' ').ok_or("`add table FAMILY NAME`")?;
        let family = Family::ALL.into_iter().find(|family| family_name(*family) == word);
        let mut table = NftTable::new(family.ok_or("`add table`, ip or ip6")?, name, None);
        if self.line()?.strip_prefix("delete table ") != Some(place) {
            return Err("`delete table` with the name of the line before");
        }
        let opened = self.line()?.strip_prefix("table ").and_then(|rest| rest.strip_suffix(" {"));
        if opened != Some(place) {
            return Err("`table … {` with the name of the line before");
        }
        while let Some(line) = self.within("\t", "}")? {
            match line.split_once(' ') {
                Some(("comment", text)) => table.comment = comment(text)?,
                Some((word @ ("set" | "map"), rest)) => {
                    table.sets.push(self.set(word, opening(rest)?)?);
                }
                Some(("chain", rest)) => table.chains.push(self.chain(opening(rest)?)?),
                _ => return Err("`comment`, `set`, `map` or `chain`"),
            }
        }
        Ok(Some(table))
    }

    fn set(&mut self, word: &str, name: &str) -> Result<NftSet, Expected> {
        let mut set = NftSet::new(name, &[], &[]);
        let mut timed = false;
        while let Some(line) = self.within("\t\t", "\t}")? {
            match line.split_once(' ').ok_or("a property of the set")? {
                ("type" | "typeof", _) => {
                    (set.key, set.value) = read_types(line).ok_or("the types of a set")?;
                }
                ("flags", flags) => {
                    let known = |flag: &str| matches!(flag, "interval" | "dynamic" | "timeout");
                    if !flags.split(',').all(known) {
                        return Err("the flags of a set: interval, dynamic or timeout");
                    }
                    set.interval = flags.split(',').any(|flag| flag == "interval");
                    timed = flags.split(',').any(|flag| flag == "timeout");
                }
                ("timeout", time) => set.timeout = Some(seconds(time)?),
                ("comment", text) => set.comment = comment(text)?,
                ("elements", "= {") => set.elements = self.elements()?,
                _ => return Err("a property of the set"),
            }
        }
        if (set.word(), set.timeout.is_some()) != (word, timed) {
            return Err("a set as netc makes it");
        }
        Ok(set)
    }

    fn elements(&mut self) -> Result<Lines, Expected> {
        let mut text = String::new();
        while let Some(line) = self.within("\t\t\t", "\t\t}")? {
            text.push_str(line.strip_suffix(',').ok_or("an element with a comma behind it")?);
            text.push('\n');
        }
        Ok(Lines::found(text).sorted())
    }

    fn chain(&mut self, name: &str) -> Result<NftChain, Expected> {
        let mut chain = NftChain::new(name, Span::default());
        let mut rules = String::new();
        while let Some(line) = self.within("\t\t", "\t}")? {
            match line.split_once(' ') {
                Some(("type", rest)) if rules.is_empty() => chain.base = Some(base(rest)?),
                Some(("comment", text)) if rules.is_empty() => chain.comment = comment(text)?,
                _ => {
                    rules.push_str(line);
                    rules.push('\n');
                }
            }
        }
        chain.rules = Lines::found(rules);
        Ok(chain)
    }
}

/// `NAME {`
fn opening(rest: &str) -> Result<&str, Expected> {
    rest.strip_suffix(" {").filter(|name| !name.contains(' ')).ok_or("a name and `{`")
}

/// `"…"`
fn comment(text: &str) -> Result<Aside<Option<Text>>, Expected> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let inner = inner.filter(|text| !text.contains('"'));
    inner.map(|text| Aside(Some(text.into()))).ok_or("a comment in quotes")
}

/// `60s`
fn seconds(time: &str) -> Result<u32, Expected> {
    time.strip_suffix('s').and_then(|time| time.parse().ok()).ok_or("a time such as `60s`")
}

/// `filter hook input priority 0; policy accept;`
fn base(rest: &str) -> Result<Base, Expected> {
    const WHAT: Expected = "`type … hook … priority …; policy accept;`";
    let rest = rest.strip_suffix("; policy accept;").ok_or(WHAT)?;
    match rest.split(' ').collect::<Vec<_>>().as_slice() {
        [kind, "hook", hook, "priority", priority] => {
            Ok(Base::new(kind, hook, priority.parse().map_err(|_| WHAT)?))
        }
        _ => Err(WHAT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit;

    const TEXT: &str = "\
add table ip kube-proxy
delete table ip kube-proxy
table ip kube-proxy {
\tcomment \"rules for kube-proxy\"
\tset nets {
\t\ttype ipv4_addr
\t\tflags interval
\t\telements = {
\t\t\t10.0.0.0/8,
\t\t\t192.168.0.0/16,
\t\t}
\t}
\tset affinity-X {
\t\ttype ipv4_addr
\t\tflags dynamic,timeout
\t\ttimeout 10800s
\t}
\tmap endpoints {
\t\ttypeof ip daddr . meta l4proto . numgen random mod 65536 : ip daddr . th dport
\t\tcomment \"a : b\"
\t}
\tmap services {
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = {
\t\t\t10.96.0.1 . tcp . 443 comment \"a, b\" : goto service-X,
\t\t}
\t}
\tchain service-X {
\t\tcomment \"x\"
\t\tip saddr @nets accept comment \"y\"
\t\treject
\t}
\tchain nat-prerouting {
\t\ttype nat hook prerouting priority -100; policy accept;
\t\tip daddr . meta l4proto . th dport vmap @services
\t}
}
add table ip6 empty
delete table ip6 empty
table ip6 empty {
}
";

    #[test]
    fn tables_are_read_as_they_are_written() {
        let mut live = Live::default();
        read(&mut live, TEXT).unwrap();
        assert_eq!(live.states.len(), 2);
        assert_eq!(emit::tables(live.states.values().map(|found| &found.state)), TEXT);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let said = |old: &str, new: &str| {
            let text = TEXT.replacen(old, new, 1);
            read(&mut Live::default(), &text).unwrap_err()
        };
        assert_eq!(
            said("add table ip ", "add table inet "),
            "line 1: expected `add table`, ip or ip6"
        );
        let expected = "line 2: expected `delete table` with the name of the line before";
        assert_eq!(said("delete table ip ", "delete table ip6 "), expected);
        assert_eq!(
            said("\tset nets", "\tflowtable nets"),
            "line 5: expected `comment`, `set`, `map` or `chain`"
        );
        let expected = "line 7: expected the flags of a set: interval, dynamic or timeout";
        assert_eq!(said("flags interval", "flags constant"), expected);
        let expected = "line 9: expected an element with a comma behind it";
        assert_eq!(said("10.0.0.0/8,", "10.0.0.0/8"), expected);
        assert_eq!(said("10800s", "3h"), "line 16: expected a time such as `60s`");
        assert_eq!(
            said("set affinity", "map affinity"),
            "line 17: expected a set as netc makes it"
        );
        let expected = "line 34: expected `type … hook … priority …; policy accept;`";
        assert_eq!(said("policy accept", "policy drop"), expected);
        let expected = "line 41: expected more lines";
        assert_eq!(said("table ip6 empty {\n}\n", "table ip6 empty {\n"), expected);
    }
}
