//! What the tools of netfilter complain about.

/// The line of the input, counted from one, and the reason, in what a tool said.
pub(super) fn read(said: &str) -> (Option<usize>, String) {
    (line(said), reason(said))
}

/// `Error occurred at line: 12`, `line 12 failed`, `line 12: RULE_APPEND failed`.
fn line(said: &str) -> Option<usize> {
    let mut words = said.split_whitespace();
    while words.any(|word| matches!(word, "line" | "line:")) {
        let number = words.clone().next()?.trim_end_matches(['.', ':', ',']).parse();
        if let Ok(number) = number {
            return Some(number);
        }
    }
    None
}

/// The tool's own words, without its name, its version and the advice to read the manual.
fn reason(said: &str) -> String {
    if said.contains("holding the xtables lock") {
        return format!("another program keeps the rules locked{}", lock(said));
    }
    let kept = said.lines().map(str::trim).filter(|line| {
        !line.is_empty() && !line.starts_with("Try `") && !line.starts_with("Error occurred at")
    });
    let kept: Vec<&str> = kept.map(unnamed).filter(|line| !line.is_empty()).collect();
    let text = kept.join("; ");
    if let Some((_, number)) = text.split_once("line ")
        && number.strip_suffix(" failed").is_some_and(|number| number.parse::<usize>().is_ok())
    {
        // All that iptables-legacy says when the kernel refuses something.
        return format!("{text}: the kernel refused it");
    }
    text.replace("':No such file", "': no such file")
}

/// A line without the name of the tool and its version.
fn unnamed(line: &str) -> &str {
    let named = ["iptables", "ip6tables", "ipset"].iter().any(|name| line.starts_with(name));
    match line.split_once(':') {
        Some((_, rest)) if named => unnamed(rest.trim_start()),
        _ => line,
    }
}

/// The file of the lock: `Can't lock /run/xtables.lock: Resource temporarily unavailable`.
fn lock(said: &str) -> String {
    let file = said.split_once("lock /").and_then(|(_, rest)| rest.split(':').next());
    file.map_or_else(String::new, |file| format!(": it holds /{file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each with what iptables 1.8.9 and ipset 7.17 really say.
    const SAID: [(&str, Option<usize>, &str); 16] = [
        (
            "iptables-restore v1.8.9 (nf_tables): Couldn't load match `nosuch':No such file or directory\n\nError occurred at line: 3\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
            Some(3),
            "Couldn't load match `nosuch': no such file or directory",
        ),
        (
            "iptables-restore v1.8.9 (legacy): Couldn't load target `NOSUCH':No such file or directory\n\nError occurred at line: 3\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
            Some(3),
            "Couldn't load target `NOSUCH': no such file or directory",
        ),
        (
            "iptables-nft-restore v1.8.9 (nf_tables): Chain 'NOSUCH' does not exist\nError occurred at line: 4\nTry `iptables-nft-restore -h' or 'iptables-nft-restore --help' for more information.\n",
            Some(4),
            "Chain 'NOSUCH' does not exist",
        ),
        (
            "iptables-nft-restore: line 3 failed: No chain/target/match by that name.\n",
            Some(3),
            "line 3 failed: No chain/target/match by that name.",
        ),
        ("iptables-restore: line 3 failed\n", Some(3), "line 3 failed: the kernel refused it"),
        (
            "iptables-restore v1.8.9 (legacy): unknown option \"--nosuch\"\nError occurred at line: 3\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
            Some(3),
            "unknown option \"--nosuch\"",
        ),
        (
            "iptables-nft-restore v1.8.9 (nf_tables): \nline 5: CHAIN_DEL failed (Device or resource busy): chain A\n",
            Some(5),
            "line 5: CHAIN_DEL failed (Device or resource busy): chain A",
        ),
        (
            "iptables-nft-restore v1.8.9 (nf_tables): \nline 6: RULE_APPEND failed (Too many links): rule in chain OUTPUT\n",
            Some(6),
            "line 6: RULE_APPEND failed (Too many links): rule in chain OUTPUT",
        ),
        (
            "ip6tables-restore v1.8.9 (legacy): ip6tables-restore: unable to initialize table 'nat'\nError occurred at line: 1\nTry `ip6tables-restore -h' or 'ip6tables-restore --help' for more information.\n",
            Some(1),
            "unable to initialize table 'nat'",
        ),
        ("iptables-nft-restore: COMMIT expected at line 3\n", Some(3), "COMMIT expected at line 3"),
        (
            "Can't lock /run/xtables.lock: Resource temporarily unavailable\nAnother app is currently holding the xtables lock. Stopped waiting after 30s.\n",
            None,
            "another program keeps the rules locked: it holds /run/xtables.lock",
        ),
        (
            "Another app is currently holding the xtables lock; still 9s 0us time ahead to have a chance to grab the lock...\nAnother app is currently holding the xtables lock. Stopped waiting after 30s.\n",
            None,
            "another program keeps the rules locked",
        ),
        (
            "iptables-nft-restore v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n",
            None,
            "Could not fetch rule set generation id: Permission denied (you must be root)",
        ),
        (
            "ipset v7.17: Error in line 3: The set with the given name does not exist\n",
            Some(3),
            "Error in line 3: The set with the given name does not exist",
        ),
        (
            "ipset v7.17: No command specified: unknown argument foo\nTry `ipset help' for more information.\n",
            None,
            "No command specified: unknown argument foo",
        ),
        ("something else in line with others", None, "something else in line with others"),
    ];

    #[test]
    fn what_the_tools_say_is_understood() {
        for (said, line, reason) in SAID {
            assert_eq!(read(said), (line, reason.to_owned()));
        }
    }
}
