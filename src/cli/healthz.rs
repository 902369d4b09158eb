//! `netc healthz`

use super::args::{self, Format};
use super::exit;
use super::project::Ready;
use super::site::{Site, cannot_read, runs_windows};
use super::ui::Ui;
use crate::kernel::{KernelError, Responder, Wish, health_status};
use crate::lower::{HealthCheck, health_addresses, health_checks};
use crate::model::{Cluster, Node, NodeId};
use netc_lang::{Diagnostic, code};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;

pub(super) fn run(args: &args::Healthz, ui: &mut Ui) -> u8 {
    answer(args, ui).err().unwrap_or(exit::OK)
}

fn answer(args: &args::Healthz, ui: &mut Ui) -> Result<(), u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let (id, node) = choose(args, &ready, ui)?;
    let name = node.name.clone();
    let mut checks = health_checks(&ready.cluster, id);
    if let Some(check) = checks.iter().find(|check| Some(check.port) == args.proxy_port) {
        return Err(ui.fail(port_of_a_service(check), args.format));
    }
    if args.once {
        show(args.format, &name, &checks, ui);
        return Ok(());
    }
    let failed = |error: &KernelError, ui: &mut Ui| ui.fail(cannot_read(error), args.format);
    let mut responder =
        Responder::new(args.this.netns.as_deref()).map_err(|error| failed(&error, ui))?;
    open(&mut responder, args, (&ready.cluster, node), &checks, ui)?;
    show(args.format, &name, &checks, ui);
    loop {
        match responder.wait().map_err(|error| failed(&error, ui))? {
            Wish::End => return Ok(()),
            Wish::Reload => {}
        }
        // Sources that are broken now leave what was.
        let Ok(new) = Ready::open(&args.source, args.format, ui) else {
            ui.note("note: the sources are broken: answering as before");
            continue;
        };
        let own = new.nodes(std::slice::from_ref(&name), args.format, ui);
        let Some((id, node)) = own.ok().and_then(|own| own.into_iter().next()) else {
            ui.note("note: the node is gone from the sources: answering as before");
            continue;
        };
        let now = health_checks(&new.cluster, id);
        // What cannot be opened is told; the rest is answered.
        let _ = open(&mut responder, args, (&new.cluster, node), &now, ui);
        told(args.format, (&name, &checks, &now), ui);
        checks = now;
    }
}

/// The node: by its name without a look at this machine.
fn choose<'r>(
    args: &args::Healthz,
    ready: &'r Ready,
    ui: &mut Ui,
) -> Result<(NodeId, &'r Node), u8> {
    let Some(name) = &args.this.node else {
        let mut site = Site::open(args.this.netns.as_deref(), args.format, ui)?;
        return site.node(None, ready, ui);
    };
    let chosen = ready.nodes(std::slice::from_ref(name), args.format, ui)?;
    let (id, node) = chosen.into_iter().next().ok_or(exit::ERROR)?;
    match node.kernelspace() {
        Some(own) => {
            ui.report(&ready.sources, &[runs_windows(node, own)], args.format);
            Err(exit::ERROR)
        }
        None => Ok((id, node)),
    }
}

/// Answers for these services; a port that somebody else has is an error.
fn open(
    responder: &mut Responder,
    args: &args::Healthz,
    (cluster, node): (&Cluster, &Node),
    checks: &[HealthCheck],
    ui: &mut Ui,
) -> Result<(), u8> {
    let at = |port: u16| health_addresses(cluster, node, port);
    let failed = responder.tell(checks, args.proxy_port, at);
    // Where a port is taken, it is in both families: told once.
    let mut ports = BTreeSet::new();
    let first = failed.iter().filter(|(address, _)| ports.insert(address.port()));
    let faults: Vec<Diagnostic> =
        first.map(|(address, error)| cannot_listen(*address, checks, error)).collect();
    for fault in &faults {
        let _ = ui.fail(fault.clone(), args.format);
    }
    if faults.is_empty() { Ok(()) } else { Err(exit::ERROR) }
}

/// The port of the proxy itself is one at which a service's health is asked for.
fn port_of_a_service(check: &HealthCheck) -> Diagnostic {
    let HealthCheck { service, port, .. } = check;
    let message = format!(
        "port {port} cannot be the proxy's own: service {service} has its health check there"
    );
    Diagnostic::new(code::CANNOT_LISTEN, message)
        .help("choose another one for `--proxy-port`; kube-proxy has 10256")
}

fn cannot_listen(
    address: SocketAddr,
    checks: &[HealthCheck],
    error: &std::io::Error,
) -> Diagnostic {
    let whose = checks.iter().find(|check| check.port == address.port());
    let whose = whose.map_or_else(
        || "the proxy itself".to_owned(),
        |check| format!("service {}", check.service),
    );
    let port = address.port();
    let (why, help) = match error.kind() {
        ErrorKind::AddrInUse => (
            "somebody else listens there".to_owned(),
            format!(
                "`ss -ltnp sport = :{port}` tells who: end a kube-proxy or another `netc healthz` first"
            ),
        ),
        ErrorKind::AddrNotAvailable => (
            "the node does not have the address".to_owned(),
            "run it on the node, or in its namespace with `--netns`".to_owned(),
        ),
        _ => (error.to_string(), "see that the port may be listened at".to_owned()),
    };
    let message = format!("cannot answer for {whose} at {address}: {why}");
    Diagnostic::new(code::CANNOT_LISTEN, message).help(help)
}

/// What is answered.
fn show(format: Format, node: &str, checks: &[HealthCheck], ui: &mut Ui) {
    if format == Format::Json {
        let all: Vec<Value> = checks.iter().map(check).collect();
        return ui.json(&json!({ "node": node, "health-checks": all }));
    }
    if checks.is_empty() {
        ui.note(&format!(
            "note: no service has a health check on {node}: those of type load-balancer with `external-traffic local` have"
        ));
        return;
    }
    let wide = checks.iter().map(|one| one.service.to_string().len()).max().unwrap_or(0).max(7);
    let mut out = format!("port   {:wide$}  endpoints on {node}  answer\n", "service");
    let width = "endpoints on ".len() + node.len();
    for one in checks {
        let (port, service, status) = (one.port, one.service.to_string(), health_status(one));
        out.push_str(&format!("{port:<5}  {service:wide$}  {:<width$}  {status}\n", one.endpoints));
    }
    ui.out(&out);
}

/// What has changed.
fn told(format: Format, (node, old, new): (&str, &[HealthCheck], &[HealthCheck]), ui: &mut Ui) {
    if format == Format::Json {
        return show(format, node, new, ui);
    }
    let at = |all: &[HealthCheck], one: &HealthCheck| {
        all.iter().find(|other| (&other.service, other.port) == (&one.service, one.port)).cloned()
    };
    let mut lines = Vec::new();
    for one in old.iter().filter(|one| at(new, one).is_none()) {
        lines.push(format!("{} at {}: no longer answered", one.service, one.port));
    }
    for one in new {
        let (was, status) = (at(old, one), health_status(one));
        match was.map(|was| was.endpoints) {
            None => lines.push(format!(
                "{} at {}: new, {}, answer {status}",
                one.service,
                one.port,
                endpoints(one.endpoints)
            )),
            Some(was) if was != one.endpoints => lines.push(format!(
                "{} at {}: {}, was {was}, answer {status}",
                one.service,
                one.port,
                endpoints(one.endpoints)
            )),
            Some(_) => {}
        }
    }
    if lines.is_empty() {
        lines.push("nothing has changed".to_owned());
    }
    ui.out(&format!("read again: {}\n", lines.join("\n            ")));
}

fn endpoints(count: usize) -> String {
    format!("{count} endpoint{}", if count == 1 { "" } else { "s" })
}

fn check(one: &HealthCheck) -> Value {
    json!({
        "service": one.service.to_string(), "port": one.port,
        "local-endpoints": one.endpoints, "status": health_status(one),
    })
}
