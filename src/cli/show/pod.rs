//! `netc show pod`

use super::{fitting, unknown};
use crate::cli::args::ShowOne;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::show::{self, Card};
use netc_lang::{Diagnostic, code};

pub(super) fn card(args: &ShowOne, ui: &mut Ui) -> Result<Card, u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let pods = &ready.cluster.pods;
    let pod = match fitting(pods, |pod| &pod.name, &args.name) {
        Ok(pod) => pod,
        Err(help) => {
            let message = format!("there is no pod `{}`", args.name);
            let fault = Diagnostic::new(code::NOT_IN_CLUSTER, message);
            return Err(ui.fail(unknown(fault, help, "`netc graph` shows all pods"), args.format));
        }
    };
    let node = pod.node.and_then(|id| Some((id, ready.cluster.nodes.get(id.0 as usize)?)));
    let Some((id, node)) = node else { return Ok(show::pod(pod, None)) };
    let ordered = ready.objects((id, node), args.format, ui)?;
    Ok(show::pod(pod, Some((node, &ordered))))
}
