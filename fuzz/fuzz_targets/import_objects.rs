//! Whatever the text: Kubernetes objects are read without falling, as YAML and as JSON, and what
//! they are imported to is a source without faults of form.
//!
//! `cargo fuzz run import_objects` (needs the cargo-fuzz tool and a nightly toolchain, or
//! RUSTC_BOOTSTRAP=1). A text that it finds becomes a case of `tests/objects`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netc::import::to_netc;
use netc_lang::{OneText, Program, Sources, has_errors, parse};

fuzz_target!(|text: &str| {
    for path in ["objects.yaml", "objects.json"] {
        let (program, faults) = Program::load(&[path.into()], &mut OneText(text));
        if has_errors(&faults) {
            continue;
        }
        let (imported, _) = to_netc(&program);
        let mut sources = Sources::default();
        let file = sources.add("imported.netc".into(), "imported.netc".into(), imported);
        let (_, faults) = parse(&sources, file);
        assert!(faults.is_empty(), "{faults:?}\n{}", sources.text(file));
    }
});
