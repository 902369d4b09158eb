//! `netc show service`

use super::{fitting, unknown};
use crate::cli::args::ShowOnNode;
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::model::{Node, NodeId, Service};
use crate::show::{self, Card};
use netc_lang::{Diagnostic, code};

pub(super) fn card(args: &ShowOnNode, ui: &mut Ui) -> Result<Card, u8> {
    let (format, name) = (args.one.format, &args.one.name);
    let ready = Ready::open(&args.one.source, format, ui)?;
    let services = &ready.cluster.services;
    let found = match fitting(services, |service| &service.name, name) {
        Ok(found) => found,
        Err(help) => {
            let message = format!("there is no service `{name}`");
            let fault = Diagnostic::new(code::NOT_IN_CLUSTER, message);
            let fallback =
                "services are stated by `service NAME { … }`; `netc show cluster` lists them";
            return Err(ui.fail(unknown(fault, help, fallback), format));
        }
    };
    let Some((id, node)) = node(&ready, args, found, ui)? else {
        return Ok(show::service(found, &ready.cluster, None, &ready.sources));
    };
    let ordered = ready.objects((id, node), format, ui)?;
    Ok(show::service(found, &ready.cluster, Some((node, &ordered)), &ready.sources))
}

/// The node that was asked for, or else one that has an endpoint, or the first one.
fn node<'r>(
    ready: &'r Ready,
    args: &ShowOnNode,
    service: &Service,
    ui: &mut Ui,
) -> Result<Option<(NodeId, &'r Node)>, u8> {
    if let Some(name) = &args.node {
        let chosen = ready.nodes(std::slice::from_ref(name), args.one.format, ui)?;
        return Ok(chosen.first().copied());
    }
    if !service.is_programmed() || ready.cluster.proxy.is_none() {
        return Ok(None);
    }
    let mut endpoints = service.ports.iter().flat_map(|port| &port.endpoints);
    let id = endpoints.find_map(|one| one.node).unwrap_or(NodeId(0));
    Ok(ready.cluster.nodes.get(id.0 as usize).map(|node| (id, node)))
}
