//! `netc show node`

use crate::cli::args::ShowOne;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::show::{self, Card};

pub(super) fn card(args: &ShowOne, ui: &mut Ui) -> Result<Card, u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let chosen = ready.nodes(std::slice::from_ref(&args.name), args.format, ui)?;
    let [(id, node)] = chosen.as_slice() else { return Err(crate::cli::exit::ERROR) };
    let ordered = ready.objects((*id, node), args.format, ui)?;
    Ok(show::node(&ready.cluster, node, &ordered, &ready.sources))
}
