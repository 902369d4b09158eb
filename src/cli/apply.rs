//! `netc apply`

use super::args::{self, Format};
use super::exit;
use super::project::{Project, Ready};
use super::ui::Ui;
use crate::emit::command;
use crate::graph::Ordered;
use crate::kernel::{self, Failure, KernelError, Machine};
use crate::model::{Node, NodeId};
use crate::object::State;
use crate::plan::{self, Action, Change, Live};
use netc_lang::{Diagnostic, code};
use serde_json::{Value, json};

pub(super) fn run(args: &args::Apply, ui: &mut Ui) -> u8 {
    make(args, ui).err().unwrap_or(exit::OK)
}

fn make(args: &args::Apply, ui: &mut Ui) -> Result<(), u8> {
    let project = Project::open_or_report(&args.source, args.format, ui)?;
    let ready = Ready::compile(project, args.format, ui)?;
    ready.note_lock(true, ui);
    let mut machine = Machine::open(args.netns.as_deref())
        .map_err(|error| ui.fail(cannot_read(&error), args.format))?;
    let (id, node) = choose(args, &ready, &mut machine, ui)?;
    let desired = ready.objects((id, node), args.format, ui)?;
    let live = observe(&mut machine, &desired, args, ui)?;
    let mut faults = missing(&desired, &live);
    faults.extend(plan::foreign(&desired, &live));
    ui.report(&ready.sources, &faults, args.format);
    if !faults.is_empty() {
        return Err(exit::ERROR);
    }
    let changes = plan::diff(&desired, &live);
    if args.dry_run || changes.is_empty() {
        show(args, &ready, node, &desired, &changes, ui);
        return Ok(());
    }
    let steps = plan::steps(&desired, &live, &changes);
    let applied = kernel::apply(&mut machine, &desired, &steps, &mut |done| {
        ui.progress(done, steps.len(), &node.name);
    });
    if let Err(failure) = applied {
        let fault = refused(&desired, &failure);
        ui.report(&ready.sources, &[fault], args.format);
        return Err(exit::FAILED);
    }
    ui.clear_progress();
    let live = observe(&mut machine, &desired, args, ui)?;
    let mut left = plan::diff(&desired, &live);
    left.retain(|change| !change.recurs(&desired));
    if !left.is_empty() {
        ui.report(&ready.sources, &not_as_planned(&desired, &left), args.format);
        return Err(exit::FAILED);
    }
    show(args, &ready, node, &desired, &changes, ui);
    Ok(())
}

fn observe(
    machine: &mut Machine,
    desired: &Ordered,
    args: &args::Apply,
    ui: &mut Ui,
) -> Result<Live, u8> {
    kernel::observe(machine, desired).map_err(|error| ui.fail(cannot_read(&error), args.format))
}

/// The node that was named, or the one that has this host's name or one of its addresses.
fn choose<'r>(
    args: &args::Apply,
    ready: &'r Ready,
    machine: &mut Machine,
    ui: &mut Ui,
) -> Result<(NodeId, &'r Node), u8> {
    if let Some(name) = &args.node {
        let chosen = ready.nodes(std::slice::from_ref(name), args.format, ui)?;
        return chosen.into_iter().next().ok_or(exit::ERROR);
    }
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let addresses =
        kernel::addresses(machine).map_err(|error| ui.fail(cannot_read(&error), args.format))?;
    let all = ready.nodes(&[], args.format, ui)?;
    let is_host = |node: &Node| {
        host.as_ref().is_some_and(|host| *host == node.name)
            || node.addresses.iter().any(|own| addresses.contains(&own.address))
    };
    let mut found = all.into_iter().filter(|(_, node)| is_host(node));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        _ => {
            let message = "which node this is cannot be told by its name and addresses";
            let fault =
                Diagnostic::new(code::UNKNOWN_NODE, message).help("say it with `--node NAME`");
            Err(ui.fail(fault, args.format))
        }
    }
}

/// What the node must have and has not.
fn missing(desired: &Ordered, live: &Live) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    for node in &desired.nodes {
        let State::Underlay(wanted) = &node.object.state else { continue };
        let fault = |message: String| {
            Diagnostic::at(code::NODE_NOT_READY, node.object.origin, message)
                .help("is this the right node? `--node` and `--netns` choose it; netc does not make its own device")
        };
        match live.states.get(&node.id()).map(|found| &found.state) {
            Some(State::Underlay(found)) => {
                let lacks = wanted.addresses.iter().filter(|own| !found.addresses.contains(own));
                faults.extend(lacks.map(|own| {
                    fault(format!("device {} of this node has no address {own}", wanted.name))
                }));
            }
            _ => faults.push(fault(format!("this node has no device {}", wanted.name))),
        }
    }
    faults
}

fn cannot_read(error: &KernelError) -> Diagnostic {
    let code = match error {
        KernelError::Tool { .. } => code::TOOL_FAILED,
        _ => code::NODE_NOT_READY,
    };
    let diagnostic = Diagnostic::new(code, format!("cannot read the live node: {error}"));
    diagnostic
        .maybe_help(error.is_permission().then(|| "apply needs root, or CAP_NET_ADMIN".into()))
}

/// A refusal, with the statement that asked for the object and the command that would make it.
fn refused(desired: &Ordered, failure: &Failure) -> Diagnostic {
    let node = desired.nodes.get(failure.place);
    let origin = failure.rule.or_else(|| node.map(|node| node.object.origin));
    let (code, what) = match (&failure.error, node) {
        (KernelError::Tool { tool, .. }, _) => (code::TOOL_FAILED, format!("{tool} failed")),
        (_, Some(node)) => {
            let command = command(&node.object.state).unwrap_or_else(|| node.id().to_string());
            (code::KERNEL_REFUSED, format!("the kernel refused `{command}`"))
        }
        (_, None) => (code::KERNEL_REFUSED, "the kernel refused an operation".into()),
    };
    let diagnostic = Diagnostic::new(code, format!("{what}: {}", failure.error));
    let diagnostic = match origin {
        Some(origin) => diagnostic.label(origin, "asked for here"),
        None => diagnostic,
    };
    diagnostic.help(if failure.error.is_permission() {
        "apply needs root, or CAP_NET_ADMIN"
    } else {
        "operations before this one have been made; run it again when the reason is removed"
    })
}

fn not_as_planned(desired: &Ordered, left: &[Change]) -> Vec<Diagnostic> {
    let items = left.iter().filter_map(|change| Some((change.item(desired)?, change)));
    let diagnostics = items.map(|(item, change)| {
        let how = match &change.action {
            Action::Create => "is not there".to_owned(),
            Action::Update(was) | Action::Replace(was) => was.replacen("was", "is", 1),
        };
        let message = format!("{item} reads back differently: it {how}");
        Diagnostic::at(code::NOT_AS_PLANNED, item.origin(), message)
            .help("something else may be changing the node: look for kube-proxy, flannel or systemd-networkd")
    });
    diagnostics.collect()
}

fn show(
    args: &args::Apply,
    ready: &Ready,
    node: &Node,
    desired: &Ordered,
    changes: &[Change],
    ui: &mut Ui,
) {
    let name = &node.name;
    if args.format == Format::Json {
        let changes: Vec<Value> =
            changes.iter().filter_map(|change| as_json(desired, change)).collect();
        ui.json(&json!({ "node": name, "applied": !args.dry_run, "changes": changes }));
    } else if changes.is_empty() {
        ui.out(&format!("{name} is as planned: nothing to do\n"));
    } else if args.dry_run {
        ui.out(&plan::changes_text(desired, changes, &ready.sources));
        ui.out(&format!("{name} would change: {}\n", plan::summary(changes)));
    } else {
        ui.out(&format!("{name} is as planned: {}\n", plan::summary(changes)));
    }
}

fn as_json(desired: &Ordered, change: &Change) -> Option<Value> {
    let item = change.item(desired)?;
    let (action, was) = match &change.action {
        Action::Create => ("create", None),
        Action::Update(was) => ("update", Some(was)),
        Action::Replace(was) => ("replace", Some(was)),
    };
    Some(json!({
        "object": item.to_string(), "action": action, "was": was,
        "command": plan::command(&item),
    }))
}
