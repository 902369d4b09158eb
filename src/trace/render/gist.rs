//! The steps that matter: without chains that were looked into and left again for nothing.

use super::super::{Event, Step};
use super::brief;

/// The steps that matter.
pub(super) fn gist<'s>(steps: &[&'s Step]) -> Vec<&'s Step> {
    let mut kept: Vec<&Step> = Vec::with_capacity(steps.len());
    // From the end on: whether a jump matters is told by what follows.
    for step in steps.iter().rev() {
        if matters(step, kept.last().copied()) {
            kept.push(step);
        }
    }
    kept.reverse();
    kept
}

fn matters(step: &Step, next: Option<&Step>) -> bool {
    let Event::Rule { mark, .. } = &step.event else { return true };
    let line = step.decided.as_ref().map_or("", |decided| &decided.line);
    match target(line) {
        _ if mark.is_some() => true,
        // It does nothing but bear a comment.
        _ if brief(line).is_empty() => false,
        Target::Back => false,
        Target::Chain(wanted) => match next.map(|next| &next.event) {
            Some(Event::Rule { chain, .. } | Event::Unjudged { chain, .. }) => **chain == *wanted,
            // The chain looks up an element, or ends where something else decides.
            Some(Event::Element { .. }) => true,
            _ => false,
        },
        Target::Other => true,
    }
}

/// Where a rule leads.
enum Target<'l> {
    /// Back to where its chain was looked into.
    Back,
    /// To a chain of somebody's own.
    Chain(&'l str),
    /// Somewhere else.
    Other,
}

fn target(line: &str) -> Target<'_> {
    let mut words = line.split_whitespace();
    while let Some(word) = words.next() {
        let named = matches!(word, "-j" | "-g" | "jump" | "goto").then(|| words.next()).flatten();
        match named {
            Some("RETURN") => return Target::Back,
            // Those of the kernel have options of their own, or stand for themselves.
            Some(chain) if BUILT_IN.contains(&chain) => return Target::Other,
            Some(chain) => return Target::Chain(chain),
            None if word == "return" => return Target::Back,
            None => {}
        }
    }
    Target::Other
}

/// The targets that rules of netc and others lead to, and that are no chains.
const BUILT_IN: &[&str] = &[
    "ACCEPT",
    "DROP",
    "REJECT",
    "DNAT",
    "SNAT",
    "MASQUERADE",
    "REDIRECT",
    "MARK",
    "CONNMARK",
    "CT",
    "NOTRACK",
    "LOG",
    "NFLOG",
    "TCPMSS",
    "CHECKSUM",
    "SET",
    "TPROXY",
    "NETMAP",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart() {
        assert!(matches!(target("-A A -j KUBE-SERVICES"), Target::Chain("KUBE-SERVICES")));
        assert!(matches!(target("-A A -m mark ! --mark 0x4000/0x4000 -j RETURN"), Target::Back));
        assert!(matches!(
            target("-A A -p tcp -j DNAT --to-destination 10.0.0.1:80"),
            Target::Other
        ));
        assert!(matches!(target("ct state new jump services"), Target::Chain("services")));
        assert!(matches!(target("meta mark & 0x4000 == 0 return"), Target::Back));
        assert!(matches!(target("ip daddr 10.0.0.1 drop"), Target::Other));
    }
}
