//! What nftables mode needs of the machine (kube-proxy: pkg/proxy/nftables/proxier.go,
//! `getNFTablesInterface`): nft from 1.0.1 on, and a kernel from 5.13 on.

use super::facts::Facts;
use super::{Needs, ipvs};
use crate::model::Family;
use crate::object::NftTable;
use memchr::memmem;
use netc_lang::{Diagnostic, code};
use std::process::{Command, Stdio};

/// The tool.
const TOOL: &str = "nft";

/// The oldest version of the tool that reads what netc writes.
const OLDEST_TOOL: (u16, u16, u16) = (1, 0, 1);

/// The oldest kernel that has everything.
const OLDEST_KERNEL: (u16, u16) = (5, 13);

/// What rules say that a module has, and the module for each family.
const MODULES: [(&str, [&str; 2]); 7] = [
    ("dnat ", ["nft_nat"; 2]),
    ("snat ", ["nft_nat"; 2]),
    ("masquerade", ["nft_masq"; 2]),
    ("numgen ", ["nft_numgen"; 2]),
    ("ct ", ["nft_ct"; 2]),
    ("fib ", ["nft_fib_ipv4", "nft_fib_ipv6"]),
    ("reject", ["nft_reject_ipv4", "nft_reject_ipv6"]),
];

/// Adds what a table needs.
pub(super) fn needs(table: &NftTable, needs: &mut Needs) {
    needs.tools.insert(TOOL.to_owned());
    let mut part = |name: &str| {
        if !needs.parts.contains(name) {
            needs.parts.insert(name.to_owned());
        }
    };
    part("nf_tables");
    let translates = |kind: &str| kind == "nat";
    if table
        .chains
        .iter()
        .filter_map(|chain| chain.base.as_ref())
        .any(|base| translates(&base.kind))
    {
        part("nft_chain_nat");
    }
    for (text, modules) in MODULES {
        let finder = memmem::Finder::new(text);
        let says = |rules: &str| finder.find(rules.as_bytes()).is_some();
        if table.chains.iter().any(|chain| says(chain.rules.text())) {
            let [v4, v6] = modules;
            part(match table.family {
                Family::V4 => v4,
                Family::V6 => v6,
            });
        }
    }
}

/// What the tool says of itself: `nftables v1.0.6 (Lester Gooch #5)`. To ask that touches no table.
pub(super) fn version() -> Option<String> {
    let output = Command::new(TOOL).arg("--version").stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let word = said.split_whitespace().nth(1)?;
    Some(word.trim_start_matches('v').to_owned())
}

/// That the tool or the kernel is too old.
pub(super) fn too_old(needs: &Needs, facts: &Facts) -> Vec<Diagnostic> {
    if !needs.tools.contains(TOOL) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    if let Some(version) = &facts.nft
        && numbers(version).is_some_and(|found| found < OLDEST_TOOL)
    {
        let (major, minor, patch) = OLDEST_TOOL;
        let message = format!(
            "nft is {version}: tables of nftables mode need {major}.{minor}.{patch} or newer"
        );
        let help = "install a newer nftables, or choose `proxy iptables`";
        faults.push(Diagnostic::new(code::NODE_NOT_READY, message).help(help));
    }
    if ipvs::numbers(&facts.release).is_some_and(|found| found < OLDEST_KERNEL) {
        let (major, minor) = OLDEST_KERNEL;
        let release = &facts.release;
        let message = format!(
            "the kernel is {release}: tables of nftables mode need {major}.{minor} or newer"
        );
        let help = "take a newer kernel, or choose `proxy iptables`";
        faults.push(Diagnostic::new(code::NODE_NOT_READY, message).help(help));
    }
    faults
}

/// `1.0.6`, `1.0.6.1`, `1.1`
fn numbers(version: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = version.split(|character: char| !character.is_ascii_digit());
    let first = numbers.next()?.parse().ok()?;
    let mut more = || numbers.next().and_then(|number| number.parse().ok()).unwrap_or_default();
    Some((first, more(), more()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Base, Condition, NftChain, Statement};
    use netc_lang::Span;

    #[test]
    fn what_rules_use_is_needed() {
        let mut table = NftTable::new(Family::V6, "t", None);
        let base = Base::new("nat", "postrouting", 100);
        let mut chain = NftChain::base("c", base, Span::default());
        let statements = [Statement::Masquerade { random_fully: true }];
        chain.rule(table.family, &[Condition::DestinationLocal], &statements, &[], Span::default());
        table.chains.push(chain);
        let mut found = Needs::default();
        needs(&table, &mut found);
        let parts: Vec<&str> = found.parts.iter().map(String::as_str).collect();
        assert_eq!(parts, ["nf_tables", "nft_chain_nat", "nft_fib_ipv6", "nft_masq"]);
        assert!(found.tools.contains("nft"));
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        assert_eq!(numbers("1.0.6"), Some((1, 0, 6)));
        assert_eq!(numbers("0.9.8"), Some((0, 9, 8)));
        assert_eq!(numbers("1.1"), Some((1, 1, 0)));
        assert_eq!(numbers("1.10.0-rc1"), Some((1, 10, 0)));
        assert_eq!(numbers("git"), None);
    }
}
