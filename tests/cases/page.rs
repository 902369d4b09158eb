//! The pages of the diagnostic codes. A page shows a faulty source in its first code block and
//! a mended one in its second; pages of codes that need a kernel or a file have none.

use crate::root;
use libtest_mimic::{Failed, Trial};
use netc::compile::{compile, network};
use netc::verify::asserts;
use netc::verify::checks::checks;
use netc_lang::code::{ALL, Code};
use netc_lang::{Reader, Text};
use std::fs;

/// Codes that no source text alone can give: of the live node, of files, and of netc's own faults.
const WITHOUT_EXAMPLE: &[&str] = &[
    "E0101", "E0102", "E0103", "E0501", "E0502", "E0503", "E0504", "E0601", "E0602", "E0603",
    "E0604", "E0605", "E0606", "E0607", "E0608", "E0609", "E0610", "E0611", "E0612", "E0613",
    "E0614", "E0615", "E0616", "E0617", "W0601", "E0701", "E0702", "E0703", "E0704", "E0705",
    "E0367", "E0845", "E0204", "E0355", "W0701", "E0215", "E0314", "E0381", "E0383", "E0820",
    "E0830", "E0831", "E0850", "E0851", "E0852", "E0853", "E0854", "E0855", "E0856", "E0857",
    "E0858", "E0860", "E0861", "E0862", "E0618", "E0619", "E0620",
];

/// Codes that come of asking what reaches what.
const VERIFIED: &[&str] =
    &["E0342", "E0343", "W0340", "W0341", "W0342", "W0343", "W0344", "W0345", "W0383"];

pub(crate) fn trials() -> Vec<Trial> {
    let codes =
        ALL.iter().map(|code| Trial::test(format!("page::{}", code.id), move || check(*code)));
    codes.collect()
}

fn check(code: Code) -> Result<(), Failed> {
    let page = fs::read_to_string(root().join(format!("lang/errors/{}.md", code.id)))?;
    if !page.starts_with(&format!("# {}: {}\n", code.id, code.title)) {
        return Err("the page must begin with the code and its title".into());
    }
    let blocks: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    if WITHOUT_EXAMPLE.contains(&code.id) {
        return if page.lines().count() > 2 { Ok(()) } else { Err("the page says nothing".into()) };
    }
    let [faulty, mended] = blocks.as_slice() else {
        return Err("the page must have a faulty and a mended example".into());
    };
    if !codes(code, faulty).contains(&code.id) {
        return Err(format!("the faulty example gives {:?}", codes(code, faulty)).into());
    }
    if !codes(code, mended).is_empty() {
        return Err(format!("the mended example gives {:?}", codes(code, mended)).into());
    }
    Ok(())
}

/// The cluster for examples that are Kubernetes objects.
const LAB: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16 }
node node0 { pods 10.244.0.0/24 }
pod ready on node0 { labels app=web version=2; ip 10.244.0.9 }
";

struct Memory<'p>(Vec<(&'p str, &'p str)>);

impl Reader for Memory<'_> {
    fn read(&mut self, _: Option<&str>, path: &str) -> Result<Text, String> {
        let found = self.0.iter().find(|(name, _)| *name == path).ok_or("no such file")?;
        Ok(Text { path: path.into(), name: path.into(), bytes: found.1.into() })
    }
}

/// The codes that a code block of a page gives.
fn codes(wanted: Code, block: &str) -> Vec<&'static str> {
    let (language, source) = block.split_once('\n').unwrap_or_default();
    let files = match language {
        "yaml" => vec![("lab.netc", LAB), ("page.yaml", source)],
        _ => vec![("page.netc", source)],
    };
    let roots: Vec<String> = files.iter().map(|(name, _)| (*name).into()).collect();
    let compiled = compile(&roots, &mut Memory(files), None);
    let mut all = compiled.diagnostics;
    if let Some(built) = compiled.built.filter(|_| VERIFIED.contains(&wanted.id)) {
        let network = network(&built.cluster);
        all.extend(asserts(&network).into_iter().flatten().filter_map(|verdict| verdict.fault));
        let off = &built.cluster.checks_off;
        let checked = checks(&network, off, None, &mut |_| ());
        all.extend(checked.into_iter().flatten().flat_map(|checked| checked.findings));
    }
    all.iter().map(|diagnostic| diagnostic.code.id).collect()
}
