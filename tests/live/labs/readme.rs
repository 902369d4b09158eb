//! README's first screen is true: its session goes as it is shown.

use super::Labs;
use crate::lab::{root, text};
use std::fs;

#[test]
fn its_session_goes_as_it_is_shown() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let session = page.split("```shell-session\n").nth(1).expect("README.md shows a session");
    let session = session.split("```").next().unwrap();
    let labs = Labs::new();
    let mut commands = 0;
    for step in session.split("$ ").filter(|step| !step.is_empty()) {
        let (command, expected) = step.split_once('\n').unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        let ["netc", "lab", arguments @ ..] = words.as_slice() else { panic!("{command}") };
        let output = labs.netc(arguments).current_dir(root()).output().unwrap();
        let printed = text(&[output.stderr, output.stdout].concat());
        assert!(fits(&printed, expected), "{command}\n{printed}\nis not\n{expected}");
        commands += 1;
    }
    assert!(commands >= 6);
}

/// Whether lines are as they are expected: `…` stands for any number of them, and numbers are those of
/// the run.
fn fits(printed: &str, expected: &str) -> bool {
    let printed: Vec<Vec<String>> = printed.lines().map(words).collect();
    let expected: Vec<Vec<String>> = expected.lines().map(words).collect();
    follows(&printed, &expected)
}

fn follows(printed: &[Vec<String>], expected: &[Vec<String>]) -> bool {
    match expected {
        [] => printed.is_empty(),
        [any, rest @ ..] if any == &["…"] => {
            (0..=printed.len()).any(|skipped| follows(&printed[skipped..], rest))
        }
        [first, rest @ ..] => printed.first() == Some(first) && follows(&printed[1..], rest),
    }
}

/// The words of a line, plain numbers all the same.
fn words(line: &str) -> Vec<String> {
    let plain = |word: &str| word.trim_end_matches('%').parse::<f64>().is_ok();
    line.split_whitespace().map(|word| if plain(word) { "#" } else { word }.to_owned()).collect()
}
