//! `netc why`

use super::args::{self, Format};
use super::exit;
use super::look::glance;
use super::project::Ready;
use super::site::Site;
use super::suited;
use super::ui::Ui;
use crate::plan;
use crate::why::{self, Looked, Meaning, Told};
use netc_lang::{Diagnostic, code};
use std::collections::BTreeSet;

/// So many candidates are listed.
const LISTED: usize = 4;

pub(super) fn run(args: &args::Why, ui: &mut Ui) -> u8 {
    tell(args, ui).unwrap_or_else(|code| code)
}

fn tell(args: &args::Why, ui: &mut Ui) -> Result<u8, u8> {
    let (word, format) = (args.word.trim(), args.format);
    let ready = Ready::open(&args.source, format, ui)?;
    let meanings = Meaning::of(word);
    let mut told = Told::of(&meanings, &ready.cluster);
    let mut names = BTreeSet::new();
    let looked = match args.live {
        true => Some(live(args, &ready, (&meanings, &mut told, &mut names), ui)?),
        false => {
            for (id, node) in ready.nodes(&args.nodes, format, ui)? {
                let ordered = ready.objects((id, node), format, ui)?;
                told.add(&meanings, (&ready.cluster, node), &ordered);
                if told.is_empty() {
                    why::names(&ordered, &mut names);
                }
            }
            None
        }
    };
    let strangers = looked.as_ref().is_some_and(|looked| !looked.strangers.is_empty());
    if told.is_empty() && !strangers {
        let message = format!("nothing is known of `{word}`");
        let help = why::near(word, &meanings, &ready.cluster, &names);
        return Err(ui.fail(Diagnostic::new(code::NOTHING_KNOWN, message).help(help), format));
    }
    if let Some(fault) = ambiguous(word, &told, &meanings) {
        return Err(ui.fail(fault, format));
    }
    match format {
        Format::Json => ui.json(&why::json(word, &told, &ready.sources, looked.as_ref())),
        Format::Text | Format::Short => {
            ui.out(&why::text(word, &told, &ready.sources, looked.as_ref()));
        }
    }
    let same = looked.is_none_or(|looked| looked.is_same());
    Ok(if same { exit::OK } else { exit::DIFFERS })
}

/// Asks the live node, and the sources of what it is to be. Nothing is changed.
fn live(
    args: &args::Why,
    ready: &Ready,
    (meanings, told, names): (&[Meaning], &mut Told, &mut BTreeSet<String>),
    ui: &mut Ui,
) -> Result<Looked, u8> {
    let format = args.format;
    let mut site = Site::open(args.netns.as_deref(), format, ui)?;
    let (id, node) = site.node(args.nodes.first(), ready, ui)?;
    let desired = suited::objects(ready, (id, node), format, ui)?;
    told.add(meanings, (&ready.cluster, node), &desired);
    why::names(&desired, names);
    let found = glance(&mut site, &desired, false, ready, format, ui)?;
    let changes = plan::diff(&desired, &found.live, &found.record);
    let findings = plan::drift(&changes, &found.live, &ready.pod_networks());
    let mut looked = Looked::new(told, &found.live, &findings, &ready.sources);
    looked.strangers = why::strangers(meanings, &found.live, &desired);
    Ok(looked)
}

/// A part of a line that several have.
fn ambiguous(word: &str, told: &Told, meanings: &[Meaning]) -> Option<Diagnostic> {
    let candidates = told.candidates(meanings);
    if candidates.is_empty() {
        return None;
    }
    let (more, _) = told.more();
    let count = candidates.len() + more;
    let listed: Vec<String> =
        candidates.iter().take(LISTED).map(|line| format!("`{line}`")).collect();
    let rest = match count.saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("`{word}` is in {count} lines");
    let fault = Diagnostic::new(code::AMBIGUOUS_PART, message);
    Some(fault.help(format!("give more of one of them: {}{rest}", listed.join(", "))))
}
