//! What the tools of netfilter complain about.

/// The line of the input, counted from one, and the reason, in what a tool said.
pub(super) fn read(said: &str) -> (Option<usize>, String) {
    first_error(said).unwrap_or_else(|| (line(said), reason(said)))
}

/// The first error of nft: `/dev/stdin:12:3-5: Error: No such file or directory`. The line that it
/// is of and a mark below it follow, then more errors, which may come of the first.
fn first_error(said: &str) -> Option<(Option<usize>, String)> {
    let mut lines = said.lines();
    let (place, reason) = lines.find_map(|line| match line.split_once(": Error: ") {
        // The place is one word.
        Some((place, reason)) => (!place.contains(' ')).then_some((place, reason)),
        None => line.strip_prefix("Error: ").map(|reason| ("", reason)),
    })?;
    let number = place.split(':').nth(1).and_then(|number| number.parse().ok());
    Some((number.filter(|number| *number > 0), reason.to_owned()))
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

    /// Each with what iptables 1.8.9, ipset 7.17 and nft 1.0.6 really say.
    const SAID: [(&str, Option<usize>, &str); 22] = [
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
        (
            "/dev/stdin:3:26-27: Error: No such file or directory; did you mean map ‘fl’ in table ip ‘t’?\nadd rule ip t n ip daddr @x drop\n                         ^^\n",
            Some(3),
            "No such file or directory; did you mean map ‘fl’ in table ip ‘t’?",
        ),
        (
            "/dev/stdin:2:1-50: Error: Could not process rule: File exists\nadd element ip t s { tcp . 80 : drop }\n^^^^^^^^\n/dev/stdin:4:1-3: Error: Could not process rule: File exists\nx\n^\n",
            Some(2),
            "Could not process rule: File exists",
        ),
        (
            "internal:0:0-0: Error: conflicting protocols specified: tcp vs. th\n\n",
            None,
            "conflicting protocols specified: tcp vs. th",
        ),
        (
            "Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n",
            None,
            "cache initialization failed: Operation not permitted",
        ),
        (
            "Error: No such file or directory\nlist table ip x\n              ^\n",
            None,
            "No such file or directory",
        ),
        (
            "/dev/stdin:1:36-41: Error: syntax error, unexpected accept\nadd rule ip t x log prefix \"a: Error: b\" accept\n                                   ^^^^^^\n",
            Some(1),
            "syntax error, unexpected accept",
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
