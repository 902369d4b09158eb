//! `netc show docker`

use crate::cli::args::ShowDocker;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::show::{self, Card};
use netc_lang::{Diagnostic, code};

pub(super) fn card(args: &ShowDocker, ui: &mut Ui) -> Result<Card, u8> {
    let format = args.all.format;
    let ready = Ready::open(&args.all.source, format, ui)?;
    let named = args.node.as_slice();
    let chosen = ready.nodes(named, format, ui)?;
    let with = chosen.iter().filter_map(|(_, node)| Some((*node, node.docker.as_ref()?)));
    let with: Vec<_> = with.collect();
    let fault = match (with.as_slice(), named) {
        ([(node, docker)], _) => return Ok(show::docker(node, docker, &ready.sources)),
        ([], [name]) => {
            Diagnostic::new(code::NOT_IN_CLUSTER, format!("no Docker is stated on node `{name}`"))
                .help(format!("it is stated by `docker {name} {{ … }}`"))
        }
        ([], _) => Diagnostic::new(code::NOT_IN_CLUSTER, "no node has Docker")
            .help("it is stated by `docker NODE { … }`"),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|(node, _)| node.name.as_str()).collect();
            Diagnostic::new(code::NOT_IN_CLUSTER, "several nodes have Docker")
                .help(format!("name one of them with `--node`: {}", names.join(", ")))
        }
    };
    Err(ui.fail(fault, format))
}
