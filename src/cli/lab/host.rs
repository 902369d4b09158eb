//! A machine of a lab: the hidden `netc lab host`, which the hub starts.

use crate::cli::args::{Apply, Format, SourceArgs, ThisNode};
use crate::cli::project::Project;
use crate::cli::ui::Ui;
use crate::cli::{apply, exit};
use crate::kernel::lab::{Order, begin, serve, settle, stay};
use crate::lab::Role;
use crate::lab::serving::{self, Served};
use crate::lower::health_checks;
use crate::model::{Cluster, NodeId};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

pub(super) fn run(ui: &mut Ui) -> u8 {
    let Ok(order) = begin() else { return exit::ERROR };
    let done = programmed(&order, ui);
    let servers = done.is_ok().then(|| {
        let cluster = Project::quietly(&source(&order));
        let (served, checked) = cluster.as_ref().map(|own| served(own, &order)).unwrap_or_default();
        let (servers, failed) = serve(&served);
        failed.iter().for_each(|failed| ui.note(&format!("nobody serves at {failed}")));
        if checked {
            answer_checks(&order, ui);
        }
        settle(&order);
        servers
    });
    stay(done);
    drop(servers);
    exit::OK
}

/// A node is programmed as `netc apply SOURCES --node NAME` on it would do it.
fn programmed(order: &Order, ui: &mut Ui) -> Result<(), String> {
    if order.host.role != Role::Node {
        return Ok(());
    }
    let apply = Apply {
        source: source(order),
        this: ThisNode { node: Some(order.host.name.clone()), netns: None },
        dry_run: false,
        adopt: false,
        confirm_within: None,
        probes: Vec::new(),
        format: Format::Text,
    };
    match apply::run(&apply, ui) {
        exit::OK => Ok(()),
        _ => Err("it could not be programmed".to_owned()),
    }
}

/// Who serves on the host, and whether load balancers ask it for its health.
fn served(cluster: &Cluster, order: &Order) -> (Vec<Served>, bool) {
    let mut nodes = (0..).map(NodeId).zip(&cluster.nodes);
    match order.host.role {
        Role::Node => match nodes.find(|(_, node)| node.name == order.host.name) {
            Some((id, _)) => {
                (serving::on_node(cluster, id), !health_checks(cluster, id).is_empty())
            }
            None => (Vec::new(), false),
        },
        Role::Outside => (serving::outside(cluster), false),
        Role::Router => (Vec::new(), false),
    }
}

/// `netc healthz` of the node. It ends with the host.
fn answer_checks(order: &Order, ui: &mut Ui) {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("netc").arg("healthz").args(&order.sources).args(["--node", &order.host.name]);
    if let Some(lock) = &order.lock {
        command.args(["--lock", lock]);
    }
    // What standard output is here is heard by the hub.
    if let Err(error) = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn() {
        ui.note(&format!("nobody answers health checks: {error}"));
    }
}

fn source(order: &Order) -> SourceArgs {
    SourceArgs { sources: order.sources.clone(), lock: order.lock.clone().map(Into::into) }
}
