//! Rulesets as input for iptables-restore.

use super::Pieces;
use crate::object::{Jump, Ruleset};

/// The length of the line of a chain, if its name is as long as most are.
const CHAIN: usize = ":KUBE-SEP-0123456789ABCDEF - [0:0]\n".len();

/// Complete input for `iptables-restore --noflush` on a node without these chains: for each
/// table the chains, the jumps from the built-in chains in their final order, and the rules.
/// Rulesets must be sorted by table, jumps by hook and place; all are of one family. Empty if
/// there is nothing to restore.
#[must_use]
pub fn restore<'o>(rulesets: &[&'o Ruleset], jumps: &[&Jump]) -> Pieces<'o> {
    let mut out = Pieces::default();
    for ruleset in rulesets {
        let mut head = format!("*{}\n", ruleset.table);
        head.reserve(ruleset.names().count() * CHAIN);
        for name in ruleset.names() {
            push(&mut head, &[":", name.as_str(), " - [0:0]\n"]);
        }
        for jump in jumps.iter().filter(|jump| jump.table == ruleset.table) {
            push(&mut head, &[&jump.line, "\n"]);
        }
        out.push(head);
        ruleset.text().for_each(|text| out.push(text));
        out.push("COMMIT\n");
    }
    out
}

fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
