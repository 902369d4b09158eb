//! `netc show pod`

use super::unknown;
use crate::cli::args::ShowOne;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::model::Pod;
use crate::show::{self, Card};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, code};

pub(super) fn card(args: &ShowOne, ui: &mut Ui) -> Result<Card, u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let pods = &ready.cluster.pods;
    let Some(pod) = find(pods, &args.name) else {
        let names: Vec<String> = pods.iter().map(|pod| pod.name.to_string()).collect();
        let fault =
            Diagnostic::new(code::NOT_IN_CLUSTER, format!("there is no pod `{}`", args.name));
        let own = same_name(pods, &args.name).map(|pod| pod.name.to_string());
        let own: Vec<String> = own.collect();
        let help = match own.as_slice() {
            [] => did_you_mean(&args.name, names.iter().map(String::as_str)),
            several => Some(format!("name one of them: {}", several.join(", "))),
        };
        return Err(ui.fail(unknown(fault, help, "`netc graph` shows all pods"), args.format));
    };
    let node = pod.node.and_then(|id| Some((id, ready.cluster.nodes.get(id.0 as usize)?)));
    let Some((id, node)) = node else { return Ok(show::pod(pod, None)) };
    let ordered = ready.objects((id, node), args.format, ui)?;
    Ok(show::pod(pod, Some((node, &ordered))))
}

/// The pod of a name. Without a namespace it is that of `default`, or the only one of the name.
fn find<'p>(pods: &'p [Pod], name: &str) -> Option<&'p Pod> {
    if name.contains('/') {
        return pods.iter().find(|pod| pod.name.to_string() == name);
    }
    let of_default = same_name(pods, name).find(|pod| pod.name.namespace == "default");
    let mut all = same_name(pods, name);
    of_default.or_else(|| all.next().filter(|_| all.next().is_none()))
}

/// The pods of a name in all namespaces.
fn same_name<'p>(pods: &'p [Pod], name: &str) -> impl Iterator<Item = &'p Pod> {
    pods.iter().filter(move |pod| pod.name.name == name)
}
