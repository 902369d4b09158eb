//! `netc show ingress`

use super::{fitting, unknown};
use crate::cli::args::ShowOne;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::show::{self, Card};
use netc_lang::{Diagnostic, code};

pub(super) fn card(args: &ShowOne, ui: &mut Ui) -> Result<Card, u8> {
    let (format, name) = (args.format, &args.name);
    let ready = Ready::open(&args.source, format, ui)?;
    match fitting(&ready.cluster.ingresses, |ingress| &ingress.name, name) {
        Ok(found) => Ok(show::ingress(found, &ready.cluster, &ready.sources)),
        Err(help) => {
            let message = format!("there is no ingress `{name}`");
            let fault = Diagnostic::new(code::NOT_IN_CLUSTER, message);
            let fallback =
                "ingresses are stated by `ingress NAME { … }`; `netc show cluster` lists them";
            Err(ui.fail(unknown(fault, help, fallback), format))
        }
    }
}
