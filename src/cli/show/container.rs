//! `netc show container`

use super::unknown;
use crate::cli::args::ShowOne;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::show::{self, Card};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, code};

pub(super) fn card(args: &ShowOne, ui: &mut Ui) -> Result<Card, u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let (node, name) = match args.name.rsplit_once('/') {
        Some((node, name)) => (Some(node), name),
        None => (None, args.name.as_str()),
    };
    let found: Vec<_> = show::find(&ready.cluster, node, name).collect();
    let fault = match found.as_slice() {
        [one] => {
            let ordered = ready.objects((one.id, one.node), args.format, ui)?;
            return Ok(show::container(one, &ordered));
        }
        [] => {
            let nodes =
                ready.cluster.nodes.iter().filter_map(|node| Some((node, node.docker.as_ref()?)));
            let all = nodes.flat_map(|(node, docker)| {
                docker.containers.iter().map(move |one| format!("{}/{}", node.name, one.name))
            });
            let all: Vec<String> = all.collect();
            let wanted = |known: &str| match node {
                Some(_) => known.to_owned(),
                None => known.rsplit('/').next().unwrap_or(known).to_owned(),
            };
            let known: Vec<String> = all.iter().map(|known| wanted(known)).collect();
            let help = did_you_mean(&args.name, known.iter().map(String::as_str));
            let message = format!("there is no container `{}`", args.name);
            let fault = Diagnostic::new(code::NOT_IN_CLUSTER, message);
            unknown(fault, help, "containers are stated in `docker NODE { … }`")
        }
        several => {
            let nodes: Vec<String> =
                several.iter().map(|one| format!("{}/{name}", one.node.name)).collect();
            let message = format!("several nodes have a container `{name}`");
            Diagnostic::new(code::NOT_IN_CLUSTER, message)
                .help(format!("name one of them: {}", nodes.join(", ")))
        }
    };
    Err(ui.fail(fault, args.format))
}
