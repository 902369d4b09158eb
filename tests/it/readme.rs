//! README.md is true: its sources compile, and its commands print what it shows.

use crate::support::{compiled, read, root};
use std::process::Command;

/// The code blocks of a page in one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn its_sources_compile() {
    let sources = blocks(&read("README.md"), "netc");
    assert!(!sources.is_empty());
    for source in sources {
        assert_eq!(compiled(&source).diagnostics, [], "{source}");
    }
}

#[test]
fn its_commands_print_what_it_shows() {
    let mut shown = 0;
    for block in blocks(&read("README.md"), "console") {
        let (command, expected) = block.split_once('\n').unwrap();
        let words: Vec<&str> = command.trim_start_matches("$ ").split_whitespace().collect();
        let arguments = match words.as_slice() {
            ["netc", arguments @ ..] | ["cargo", "run", "--", arguments @ ..] => arguments,
            other => panic!("README.md runs {other:?}"),
        };
        let mut netc = Command::new(env!("CARGO_BIN_EXE_netc"));
        let output = netc.args(arguments).current_dir(root()).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        if !expected.is_empty() {
            assert_parts(&printed, expected);
            shown += 1;
        }
    }
    assert!(shown >= 2);
}

/// The parts between lines of `…` must stand in the text in that order, the first at its
/// beginning and the last at its end.
fn assert_parts(printed: &str, expected: &str) {
    let mut rest = printed;
    let parts: Vec<&str> = expected.split("…\n").collect();
    assert!(printed.starts_with(parts[0]), "{printed}");
    assert!(printed.ends_with(parts[parts.len() - 1]), "{printed}");
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part}\nis not in\n{rest}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn every_page_that_it_leads_to_is_there() {
    let page = read("README.md");
    for link in page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(root().join(link).exists(), "{link}");
    }
}
