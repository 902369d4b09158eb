//! Commands of nft(8), a line each.

use crate::object::{NftChain, NftSet, NftTable};

/// Lines for `nft -f`: one transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Commands {
    /// The text.
    pub(crate) text: String,
    /// How many lines it has.
    pub(crate) lines: usize,
    /// So many elements are in one line at most.
    together: usize,
}

impl Commands {
    /// None yet. Each line that adds or deletes elements has so many of them at most.
    pub(super) fn new(together: usize) -> Commands {
        Commands { text: String::new(), lines: 0, together }
    }

    fn line(&mut self, push: impl FnOnce(&mut String)) {
        push(&mut self.text);
        self.text.push('\n');
        self.lines += 1;
    }

    pub(super) fn add_table(&mut self, table: &NftTable) {
        self.line(|out| push_table(out, table));
    }

    pub(super) fn add_set(&mut self, at: &str, set: &NftSet) {
        self.line(|out| push_set(out, at, set));
    }

    pub(super) fn add_chain(&mut self, at: &str, chain: &NftChain) {
        self.line(|out| push_chain(out, at, chain));
    }

    pub(super) fn add_rules(&mut self, at: &str, chain: &NftChain) {
        for rule in chain.rules.iter() {
            self.line(|out| push_rule(out, at, &chain.name, rule));
        }
    }

    /// Commands about elements: `add` with all of each, `delete` with its key.
    pub(super) fn elements<'e>(
        &mut self,
        verb: &str,
        (at, set): (&str, &NftSet),
        elements: impl Iterator<Item = &'e str>,
    ) {
        let mut elements = elements.peekable();
        while elements.peek().is_some() {
            let together = elements.by_ref().take(self.together);
            self.line(|out| push_elements(out, verb, (at, &set.name), together));
        }
    }

    /// A command about something that has a name: `flush chain`, `delete map`.
    pub(super) fn about(&mut self, what: &[&str], at: &str, name: &str) {
        self.line(|out| {
            for word in what {
                push_all(out, &[word, " "]);
            }
            push_all(out, &[at, " ", name]);
        });
    }
}

fn push_table(out: &mut String, table: &NftTable) {
    push_all(out, &["add table ", &table.place()]);
    if let Some(comment) = &table.comment.0 {
        push_all(out, &[" { comment \"", comment, "\" ; }"]);
    }
}

fn push_set(out: &mut String, at: &str, set: &NftSet) {
    push_all(out, &["add ", set.word(), " ", at, " ", &set.name, " { "]);
    for property in set.properties() {
        push_all(out, &[&property, " ; "]);
    }
    out.push('}');
}

fn push_chain(out: &mut String, at: &str, chain: &NftChain) {
    push_all(out, &["add chain ", at, " ", &chain.name]);
    let base = chain.base.as_ref().map(|base| format!("{base} ; policy {} ; ", base.policy()));
    let comment = chain.comment.0.as_ref().map(|text| format!("comment \"{text}\" ; "));
    if base.is_some() || comment.is_some() {
        push_all(out, &[" { ", &base.unwrap_or_default(), &comment.unwrap_or_default(), "}"]);
    }
}

fn push_rule(out: &mut String, at: &str, chain: &str, rule: &str) {
    push_all(out, &["add rule ", at, " ", chain, " ", rule]);
}

fn push_elements<'e>(
    out: &mut String,
    verb: &str,
    (at, set): (&str, &str),
    elements: impl Iterator<Item = &'e str>,
) {
    push_all(out, &[verb, " element ", at, " ", set, " { "]);
    for (place, element) in elements.enumerate() {
        push_all(out, &[if place > 0 { ", " } else { "" }, element]);
    }
    out.push_str(" }");
}

pub(super) fn push_all(out: &mut String, pieces: &[&str]) {
    pieces.iter().for_each(|piece| out.push_str(piece));
}

/// The command that makes a table, as a person types it.
pub(crate) fn table_command(table: &NftTable) -> String {
    typed(|out| push_table(out, table))
}

/// The command that makes a set of a table.
pub(crate) fn set_command(table: &NftTable, set: &NftSet) -> String {
    typed(|out| push_set(out, &table.place(), set))
}

/// The command that makes a chain of a table.
pub(crate) fn nft_chain_command(table: &NftTable, chain: &NftChain) -> String {
    typed(|out| push_chain(out, &table.place(), chain))
}

/// The command that adds a rule to a chain.
pub(crate) fn nft_rule_command(table: &NftTable, chain: &NftChain, rule: &str) -> String {
    typed(|out| push_rule(out, &table.place(), &chain.name, rule))
}

/// The command that adds an element to a set.
pub(crate) fn element_command(table: &NftTable, set: &NftSet, element: &str) -> String {
    let one = std::iter::once(element);
    typed(|out| push_elements(out, "add", (&table.place(), &set.name), one))
}

fn typed(push: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    push(&mut out);
    shell(&out)
}

/// A line of `nft -f` as a command for a shell: what that would take for its own is quoted.
pub(in crate::emit) fn shell(line: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " -_./:@,+=".contains(letter);
    if line.chars().all(plain) {
        format!("nft {line}")
    } else {
        format!("nft '{}'", line.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_for_its_own_is_quoted() {
        let rule = "add rule ip t c ip daddr . th dport vmap @m";
        assert_eq!(shell(rule), format!("nft {rule}"));
        let rule = "add rule ip t c meta mark & 0x00004000 != 0x00000000 accept";
        assert_eq!(shell(rule), format!("nft '{rule}'"));
        let rule = "add rule ip t c accept comment \"it's\"";
        assert_eq!(shell(rule), "nft 'add rule ip t c accept comment \"it'\\''s\"'");
    }
}
