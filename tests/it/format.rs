//! The formatter keeps the tree and the comments, and has nothing to do the second time.

use crate::support::files;
use netc_lang::ast::outline;
use netc_lang::{Sources, format, parse};
use proptest::prelude::*;
use std::fs;

#[test]
fn every_source_of_the_project_keeps_its_tree() {
    let mut count = 0;
    for path in ["examples", "tests/bad"].into_iter().flat_map(|folder| files(folder, ".netc")) {
        if let Ok(text) = fs::read_to_string(&path) {
            count += usize::from(check(&text));
        }
    }
    assert!(count > 50, "only {count} sources were formatted");
}

proptest! {
    #[test]
    fn sources_made_at_random_keep_their_tree(text in source()) {
        prop_assert!(check(&text), "{text:?} has a fault");
    }

    #[test]
    fn no_text_makes_the_parser_fall(text in "\\PC*") {
        check(&text);
    }
}

/// Formats a text and compares; false if it has faults of syntax.
fn check(text: &str) -> bool {
    let Some((tree, comments, formatted)) = read(text) else { return false };
    let again = read(&formatted).unwrap_or_else(|| panic!("{text:?} became {formatted:?}"));
    assert_eq!(tree, again.0, "{text:?} became {formatted:?}");
    assert_eq!(comments, again.1, "{text:?} became {formatted:?}");
    assert_eq!(formatted, again.2, "{text:?}");
    true
}

/// The tree and the comments without positions, and the formatted text.
fn read(text: &str) -> Option<(String, Vec<String>, String)> {
    let mut sources = Sources::default();
    let id = sources.add("test".into(), "test".into(), text.into());
    let (file, faults) = parse(&sources, id);
    if !faults.is_empty() {
        return None;
    }
    let comments = file.comments.iter().map(|span| sources.slice(*span).trim_end().to_owned());
    Some((outline(&sources, &file.statements), comments.collect(), format(&sources, &file)))
}

/// Sources without faults of syntax, written as untidily as can be.
fn source() -> impl Strategy<Value = String> {
    statements(3)
}

fn statements(depth: u32) -> BoxedStrategy<String> {
    let gap = prop::sample::select(vec![
        "\n",
        "\n\n\n",
        ";",
        " ;; ",
        "\r\n",
        " # note\n",
        "\n#a\n  # b\n",
    ]);
    let one = (statement_text(depth), gap).prop_map(|(statement, gap)| statement + gap);
    prop::collection::vec(one, 0..5).prop_map(|all| all.concat()).boxed()
}

fn statement_text(depth: u32) -> BoxedStrategy<String> {
    let keyword = prop::sample::select(vec!["node", "pods", "x-y", "let", "for", "service"]);
    let argument = prop::sample::select(vec![
        "web",
        "10.0.0.0/8",
        "a=b",
        "n${i}",
        "${ 1+ 2*(i-3) }",
        "\"a # b\"",
        "->",
        "0..3",
        "80/tcp",
    ]);
    let between = prop::sample::select(vec![" ", "  \t", ", ", " ,\n   ", ", # why\n"]);
    let more = prop::collection::vec((between, argument.clone()), 0..4);
    let arguments = (argument, more).prop_map(|(first, more)| {
        let more = more.into_iter().map(|(between, argument)| format!("{between}{argument}"));
        format!(" {first}{}", more.collect::<String>())
    });
    let arguments = prop_oneof![Just(String::new()), arguments];
    let head =
        (keyword, arguments).prop_map(|(keyword, arguments)| keyword.to_owned() + &arguments);
    if depth == 0 {
        return head.boxed();
    }
    let block = prop_oneof![
        statements(depth - 1).prop_map(|inner| format!(" {{{inner}}}")),
        statements(depth - 1).prop_map(|inner| format!("{{ # in\n{inner}}}")),
    ];
    (head, prop_oneof![3 => Just(String::new()), 1 => block])
        .prop_map(|(head, block)| head + &block)
        .boxed()
}
