//! `netc show node`

use crate::cli::args::ShowNode;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::show::{self, Card};
use netc_lang::suggest::{did_you_mean, one_of};
use netc_lang::{Diagnostic, code};

pub(super) fn card(args: &ShowNode, ui: &mut Ui) -> Result<Card, u8> {
    let (format, name) = (args.one.format, &args.one.name);
    let ready = Ready::open(&args.one.source, format, ui)?;
    let chosen = ready.nodes(std::slice::from_ref(name), format, ui)?;
    let [(id, node)] = chosen.as_slice() else { return Err(crate::cli::exit::ERROR) };
    let ordered = ready.objects((*id, node), format, ui)?;
    let Some(only) = &args.rules else {
        return Ok(show::node(&ready.cluster, node, &ordered, &ready.sources));
    };
    if let Some(table) = only {
        let tables = show::tables(&ordered);
        let own = |name: &String| {
            name == table || table.split_once(' ').is_some_and(|(_, own)| own == name)
        };
        if !tables.iter().any(own) {
            let message = format!("node {name} has no table `{table}`");
            let names = || tables.iter().map(String::as_str);
            let help = did_you_mean(table, names());
            let help = help.unwrap_or_else(|| format!("it has {}", one_of(names())));
            let fault = Diagnostic::new(code::NOT_IN_CLUSTER, message).help(help);
            return Err(ui.fail(fault, format));
        }
    }
    Ok(show::rules(node, &ordered, only.as_deref(), &ready.sources))
}
