//! `netc diff`

use super::args::{self, ReviewFormat};
use super::side::{Side, compare};
use super::ui::Ui;
use super::{drift, exit, live};
use crate::review::{self, NodeChanges};
use netc_lang::Sources;

pub(super) fn run(args: &args::Diff, ui: &mut Ui) -> u8 {
    show(args, ui).unwrap_or_else(|code| code)
}

fn show(args: &args::Diff, ui: &mut Ui) -> Result<u8, u8> {
    if args.drift {
        return drift::show(args, ui);
    }
    let format = args.format.diagnostics();
    let open =
        |operand: &String, ui: &mut Ui| Side::open(operand, args.lock.as_deref(), format, ui);
    let (new, all) = match args.operands.as_slice() {
        [old, new] => {
            let (old, new) = (open(old, ui)?, open(new, ui)?);
            let all = compare((&old, &new), &args.nodes, format, ui)?;
            (new, all)
        }
        operands => {
            let operand = operands.first().map_or(".", String::as_str);
            let new = Side::open(operand, args.lock.as_deref(), format, ui)?;
            let (live, _) = live::changes(&new, &args.nodes, &args.live, format, ui)?;
            (new, vec![live])
        }
    };
    let none = Sources::default();
    let sources = new.sources().unwrap_or(&none);
    Ok(show_changes(&all, sources, args.format, ui))
}

/// Shows what changes; the exit code says whether anything does.
pub(super) fn show_changes(
    all: &[NodeChanges],
    sources: &Sources,
    format: ReviewFormat,
    ui: &mut Ui,
) -> u8 {
    match format {
        ReviewFormat::Text | ReviewFormat::Short => ui.out(&review::text(all, sources)),
        ReviewFormat::Json => ui.json(&review::json(all, sources)),
        ReviewFormat::Markdown => ui.out(&review::markdown(all, sources)),
    }
    if all.iter().all(NodeChanges::is_empty) { exit::OK } else { exit::DIFFERS }
}
