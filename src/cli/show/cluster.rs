//! `netc show cluster`

use crate::cli::args::ShowAll;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::show::{self, Card};

pub(super) fn card(args: &ShowAll, ui: &mut Ui) -> Result<Card, u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    Ok(show::cluster(&ready.cluster, &ready.sources))
}
