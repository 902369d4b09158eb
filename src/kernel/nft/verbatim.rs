//! What `nft -a list table` prints: rules by their handles, elements by their sets, as they stand
//! there. For what cannot be expressed otherwise.

use std::collections::BTreeMap;

/// The text of rules and elements.
#[derive(Default)]
pub(super) struct Verbatim {
    /// Rules, by handle.
    pub(super) rules: BTreeMap<u64, String>,
    /// The elements of each set that has some, by its name.
    pub(super) elements: BTreeMap<String, Vec<String>>,
    /// Whether the table has the flag that keeps packets out of all its chains.
    pub(super) sleeps: bool,
}

/// How the handle of a rule is told.
const HANDLE: &str = " # handle ";

/// Reads a table.
pub(super) fn read(said: &str) -> Verbatim {
    let mut found = Verbatim::default();
    let mut lines = said.lines().map(str::trim);
    // The table itself.
    lines.next();
    // Flags stand before everything else.
    let flags = said.lines().nth(1).and_then(|line| line.trim().strip_prefix("flags "));
    found.sleeps = flags.is_some_and(|flags| flags.contains("dormant"));
    while let Some(line) = lines.next() {
        let mut words = line.split(' ');
        let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let block = lines.by_ref().take_while({
            let mut depth = 1_usize;
            move |line| {
                let (text, _) = unhandled(line);
                depth = depth + usize::from(opens(text)) - usize::from(closes(text));
                depth > 0
            }
        });
        match kind {
            "chain" => rules(block, &mut found.rules),
            "set" | "map" => {
                let elements = elements(block);
                found.elements.insert(name.to_owned(), elements);
            }
            "" | "}" | "comment" | "flags" => continue,
            _ => block.for_each(drop),
        }
    }
    found
}

/// The comments of the chains of a table, by their names, in what `nft list chains` prints; the table
/// begins with a line.
pub(super) fn comments(said: &str, table: &str) -> BTreeMap<String, String> {
    let own = said.lines().skip_while(|line| *line != table).skip(1);
    let own = own.take_while(|line| *line != "}");
    let mut found = BTreeMap::new();
    let mut chain = "";
    for line in own.map(str::trim) {
        if let Some(name) = line.strip_prefix("chain ").and_then(|rest| rest.strip_suffix(" {")) {
            chain = name;
        }
        let comment = line.strip_prefix("comment \"").and_then(|rest| rest.strip_suffix('"'));
        if let Some(comment) = comment {
            found.insert(chain.to_owned(), comment.to_owned());
        }
    }
    found
}

/// A line without the handle behind it, and the handle.
fn unhandled(line: &str) -> (&str, Option<u64>) {
    let split = line.rsplit_once(HANDLE);
    let found = split.and_then(|(text, handle)| Some((text, handle.parse().ok()?)));
    found.map_or((line, None), |(text, handle)| (text, Some(handle)))
}

/// Whether a line opens a block: an anonymous chain, or what stands between braces in a table.
fn opens(text: &str) -> bool {
    text.ends_with(" {")
}

fn closes(text: &str) -> bool {
    text == "}"
}

/// The rules of a chain. One that jumps to an anonymous chain takes several lines.
fn rules<'l>(block: impl Iterator<Item = &'l str>, found: &mut BTreeMap<u64, String>) {
    let (mut rule, mut depth) = (String::new(), 0_usize);
    for line in block {
        let (text, handle) = unhandled(line);
        depth -= usize::from(closes(text) && depth > 0);
        rule.push_str(text);
        depth += usize::from(opens(text));
        match handle {
            Some(handle) if depth == 0 => {
                found.insert(handle, std::mem::take(&mut rule));
            }
            _ if depth == 0 => rule.clear(),
            _ if opens(text) => rule.push(' '),
            _ => rule.push_str("; "),
        }
    }
}

/// The elements of a set: `elements = { a, b,` and more lines of them, up to ` }`.
fn elements<'l>(block: impl Iterator<Item = &'l str>) -> Vec<String> {
    const BEGIN: &str = "elements = { ";
    let lines = block.skip_while(|line| !line.starts_with(BEGIN));
    let text: Vec<&str> = lines.collect();
    let text = text.join(" ");
    let text = text.strip_prefix(BEGIN).and_then(|text| text.strip_suffix(" }"));
    let mut quoted = false;
    let parts = text.unwrap_or_default().split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What nft 1.0.6 prints.
    const LISTED: &str = "\
table ip t { # handle 1
	comment \"mine\"
	set c { # handle 7
		type ipv4_addr
		counter
		elements = { 1.2.3.4 counter, 1.2.3.5 counter comment \"a, b\",
			     1.2.3.6 counter }
	}

	map none { # handle 8
		type inet_service : verdict
	}

	chain x { # handle 2
		comment \"no rule\"
		type filter hook forward priority filter; policy accept;
		ip saddr 10.0.0.1 jump {
			accept comment \"inner\" # handle 5
			drop # handle 6
		} # handle 9
		accept comment \"just # handle 5\" # handle 11
	}

	chain empty { # handle 3
	}
	chain z { # handle 4
		quota over 10 mbytes drop # handle 12
	}
}
";

    #[test]
    fn comments_of_chains_are_found() {
        let said = "\
table ip other {
	chain a {
		comment \"not this one\"
	}
}
table ip t {
	chain a {
		type filter hook input priority filter; policy accept;
	}
	chain b/c {
		comment \"helper for @x\"
	}
}
table ip u {
}
";
        let found = comments(said, "table ip t {");
        let expected = [("b/c".to_owned(), "helper for @x".to_owned())];
        assert_eq!(found, BTreeMap::from(expected));
    }

    #[test]
    fn a_table_that_sleeps_is_known() {
        assert!(read("table ip d { # handle 1\n\tflags dormant\n}\n").sleeps);
        assert!(!read(LISTED).sleeps);
    }

    #[test]
    fn rules_and_elements_are_found_as_they_stand() {
        let found = read(LISTED);
        let rules: Vec<(u64, &str)> =
            found.rules.iter().map(|(handle, rule)| (*handle, rule.as_str())).collect();
        assert_eq!(
            rules,
            [
                (9, "ip saddr 10.0.0.1 jump { accept comment \"inner\"; drop; }"),
                (11, "accept comment \"just # handle 5\""),
                (12, "quota over 10 mbytes drop"),
            ]
        );
        let elements = ["1.2.3.4 counter", "1.2.3.5 counter comment \"a, b\"", "1.2.3.6 counter"];
        assert_eq!(found.elements["c"], elements);
        assert!(found.elements["none"].is_empty());
    }
}
