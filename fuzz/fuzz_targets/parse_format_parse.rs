//! Whatever the text: the parser does not fall, the formatter keeps tree and comments, and
//! formatting twice changes nothing more.
//!
//! `cargo fuzz run parse_format_parse` (needs the cargo-fuzz tool and a nightly toolchain, or
//! RUSTC_BOOTSTRAP=1). A text that it finds becomes a case of `tests/it/format.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netc_lang::ast::outline;
use netc_lang::{Sources, format, parse};

fuzz_target!(|text: &str| {
    let Some((tree, comments, formatted)) = read(text) else { return };
    let again = read(&formatted).expect("a formatted source has no faults");
    assert_eq!((tree, comments, &formatted), (again.0, again.1, &again.2));
});

/// The tree and the comments without positions, and the formatted text.
fn read(text: &str) -> Option<(String, Vec<String>, String)> {
    let mut sources = Sources::default();
    let id = sources.add("fuzz".into(), "fuzz".into(), text.into());
    let (file, faults) = parse(&sources, id);
    if !faults.is_empty() {
        return None;
    }
    let comments = file.comments.iter().map(|span| sources.slice(*span).trim_end().to_owned());
    let tree = outline(&sources, &file.statements);
    Some((tree, comments.collect(), format(&sources, &file)))
}
