//! A machine of a lab: the hidden `netc lab host`, which the hub starts.

use crate::cli::args::{Apply, Format, SourceArgs, ThisNode};
use crate::cli::project::{Project, Ready};
use crate::cli::ui::Ui;
use crate::cli::{apply, exit};
use crate::kernel::lab::{Desk, Order, Servers, begin, report, settle, tell_pods};
use crate::lab::serving::{self, Served};
use crate::lab::{Pod, Role, pods};
use crate::lower::health_checks;
use crate::model::{Cluster, NodeId};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

pub(super) fn run(ui: &mut Ui) -> u8 {
    let Ok(order) = begin() else { return exit::ERROR };
    match made(order, ui) {
        Ok(mut host) => {
            report(Ok(()));
            host.stay(ui);
        }
        Err(why) => {
            report(Err(why));
            // The hub ends it.
            std::thread::park();
        }
    }
    exit::OK
}

/// A host that is as the sources say.
struct Machine {
    order: Order,
    desk: Desk,
    servers: Servers,
}

/// Who is on a host by the sources.
#[derive(Default)]
struct Crowd {
    served: Vec<Served>,
    pods: Vec<Pod>,
    /// Load balancers ask the host for its health.
    checked: bool,
}

/// Programs a host, and lets all serve who are to serve on it: the sources are compiled once.
fn made(order: Order, ui: &mut Ui) -> Result<Machine, String> {
    let crowd = match order.host.role {
        Role::Router => Crowd::default(),
        Role::Outside => crowd(&cluster(&order).ok_or("its sources are broken")?, &order),
        Role::Node => crowd(&programmed(&order, ui)?.cluster, &order),
    };
    let desk = Desk::open(order.host.role)?;
    let mut host = Machine { order, desk, servers: Servers::start() };
    for failed in host.keep(&crowd, ui) {
        ui.note(&format!("nobody serves at {failed}"));
    }
    Ok(host)
}

/// A node is programmed as `netc apply SOURCES --node NAME` on it would do it.
fn programmed(order: &Order, ui: &mut Ui) -> Result<Ready, String> {
    let apply = Apply {
        source: source(order),
        this: ThisNode { node: Some(order.host.name.clone()), netns: None },
        dry_run: false,
        adopt: false,
        confirm_within: None,
        probes: Vec::new(),
        format: Format::Text,
    };
    let done = Ready::open(&apply.source, apply.format, ui).and_then(|ready| {
        apply::of_ready(&apply, &ready, ui)?;
        Ok(ready)
    });
    done.map_err(|_| "it could not be programmed".to_owned())
}

impl Machine {
    /// Keeps those who serve in step with the node until the hub ends.
    fn stay(&mut self, ui: &mut Ui) {
        while let Some(call) = self.desk.wait() {
            let failed = if call.due { self.follow(ui) } else { Vec::new() };
            call.answer(&failed);
        }
    }

    /// Lets serve whom the sources name now, in what namespaces there are. Where nobody can.
    fn follow(&mut self, ui: &mut Ui) -> Vec<String> {
        match cluster(&self.order) {
            Some(cluster) => {
                let crowd = crowd(&cluster, &self.order);
                self.keep(&crowd, ui)
            }
            None => vec!["the sources are broken: those serve who did before".to_owned()],
        }
    }

    fn keep(&mut self, crowd: &Crowd, ui: &mut Ui) -> Vec<String> {
        let failed = self.servers.keep(&crowd.served);
        if let Err(error) = tell_pods(&crowd.pods) {
            ui.note(&format!("nobody is told of the pods: {error}"));
        }
        // Who has no more checks to answer must know that too.
        if (crowd.checked || self.desk.has_help())
            && let Err(error) = self.desk.help(&mut healthz(&self.order))
        {
            ui.note(&format!("nobody answers health checks: {error}"));
        }
        settle(&self.order, &crowd.pods);
        failed
    }
}

/// Who is on the host.
fn crowd(cluster: &Cluster, order: &Order) -> Crowd {
    let mut nodes = (0..).map(NodeId).zip(&cluster.nodes);
    let node = nodes.find(|(_, node)| node.name == order.host.name);
    match (order.host.role, node) {
        (Role::Node, Some((id, _))) => Crowd {
            served: serving::on_node(cluster, id),
            pods: pods(cluster, id),
            checked: !health_checks(cluster, id).is_empty(),
        },
        (Role::Outside, _) => Crowd { served: serving::outside(cluster), ..Crowd::default() },
        (Role::Node | Role::Router, _) => Crowd::default(),
    }
}

/// `netc healthz` of the node. It ends with the host.
fn healthz(order: &Order) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("netc").arg("healthz").args(&order.sources).args(["--node", &order.host.name]);
    if let Some(lock) = &order.lock {
        command.args(["--lock", lock]);
    }
    // What standard output is here is heard by the hub.
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// The cluster of sources of which all has been said already.
fn cluster(order: &Order) -> Option<Cluster> {
    Project::quietly(&source(order))
}

fn source(order: &Order) -> SourceArgs {
    SourceArgs { sources: order.sources.clone(), lock: order.lock.clone().map(Into::into) }
}
