//! `netc why`

use super::args::{self, Format};
use super::exit;
use super::project::Ready;
use super::ui::Ui;
use crate::why::{self, Meaning, Told};
use netc_lang::{Diagnostic, code};
use std::collections::BTreeSet;

pub(super) fn run(args: &args::Why, ui: &mut Ui) -> u8 {
    tell(args, ui).err().unwrap_or(exit::OK)
}

fn tell(args: &args::Why, ui: &mut Ui) -> Result<(), u8> {
    let (word, format) = (args.word.trim(), args.format);
    let ready = Ready::open(&args.source, format, ui)?;
    let meanings = Meaning::of(word);
    let mut told = Told::of(&meanings, &ready.cluster);
    let mut names = BTreeSet::new();
    for (id, node) in ready.nodes(&args.nodes, format, ui)? {
        let ordered = ready.objects((id, node), format, ui)?;
        told.add(&meanings, (&ready.cluster, node), &ordered);
        if told.is_empty() {
            why::names(&ordered, &mut names);
        }
    }
    if told.is_empty() {
        let message = format!("nothing is known of `{word}`");
        let help = why::near(word, &meanings, &ready.cluster, &names);
        return Err(ui.fail(Diagnostic::new(code::NOTHING_KNOWN, message).help(help), format));
    }
    match format {
        Format::Json => ui.json(&why::json(word, &told, &ready.sources)),
        Format::Text | Format::Short => ui.out(&why::text(word, &told, &ready.sources)),
    }
    Ok(())
}
