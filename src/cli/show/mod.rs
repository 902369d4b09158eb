//! `netc show`: one file for each kind of thing.

mod container;
mod pod;

use super::args::{self, Format, ShowWhat};
use super::exit;
use super::ui::Ui;
use crate::show::Card;
use netc_lang::Diagnostic;

pub(super) fn run(args: &args::Show, ui: &mut Ui) -> u8 {
    let (card, format) = match &args.what {
        ShowWhat::Pod(args) => (pod::card(args, ui), args.format),
        ShowWhat::Container(args) => (container::card(args, ui), args.format),
    };
    match card {
        Ok(card) => {
            show(&card, format, ui);
            exit::OK
        }
        Err(code) => code,
    }
}

fn show(card: &Card, format: Format, ui: &mut Ui) {
    match format {
        Format::Json => ui.json(&card.json()),
        Format::Text | Format::Short => ui.out(&card.text()),
    }
}

/// Something that the cluster does not have.
fn unknown(fault: Diagnostic, help: Option<String>, fallback: &str) -> Diagnostic {
    fault.help(help.unwrap_or_else(|| fallback.to_owned()))
}
