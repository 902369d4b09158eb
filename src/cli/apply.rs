//! `netc apply`

use super::args::{self, Format};
use super::confirm::{self, Confirmation};
use super::dry_run;
use super::exit;
use super::look::look;
use super::project::{Project, Ready};
use super::saved;
use super::site::Site;
use super::suited;
use super::transact::{Wanted, drain, transact};
use super::ui::Ui;
use crate::kernel::{Goal, Lock};
use crate::plan::{self, Change, Live};
use crate::review;
use netc_lang::Sources;
use serde_json::{Value, json};

pub(super) fn run(args: &args::Apply, ui: &mut Ui) -> u8 {
    let apply = |ui: &mut Ui| match saved::find(args, ui)? {
        Some(plan) => saved::apply(args, &plan, ui),
        None => from_sources(args, ui),
    };
    apply(ui).err().unwrap_or(exit::OK)
}

fn from_sources(args: &args::Apply, ui: &mut Ui) -> Result<(), u8> {
    let project = Project::open_or_report(&args.source, args.format, ui)?;
    let ready = Ready::compile(project, args.format, ui)?;
    ready.note_lock(true, ui);
    of_ready(args, &ready, ui)
}

/// Makes the node what sources say that have been compiled.
pub(super) fn of_ready(args: &args::Apply, ready: &Ready, ui: &mut Ui) -> Result<(), u8> {
    let mut site = Site::open(args.this.netns.as_deref(), args.format, ui)?;
    let (id, node) = site.node(args.this.node.as_ref(), ready, ui)?;
    let desired = suited::objects(ready, (id, node), args.format, ui)?;
    let lock = if args.dry_run { None } else { Some(site.lock(ui)?) };
    let looked = look(&mut site, &desired, args.adopt, ready, args.format, ui)?;
    let changes = plan::diff(&desired, &looked.live, &looked.record);
    let wanted = Wanted {
        title: format!("netc apply ({})", node.name),
        goal: Goal::Desired(&desired),
        states: desired.nodes.iter().map(|node| &node.object.state).collect(),
        record: looked.record.clone(),
        undoes: None,
        sources: &ready.sources,
        format: args.format,
        drain: drain(&ready.cluster),
    };
    let job = Job { name: &node.name, wanted: &wanted, live: &looked.live, changes: &changes };
    carry_out(&mut site, lock.as_ref(), &job, args, ui)
}

/// Changes that are to be made on a node.
pub(super) struct Job<'j> {
    /// The node.
    pub(super) name: &'j str,
    pub(super) wanted: &'j Wanted<'j>,
    pub(super) live: &'j Live,
    pub(super) changes: &'j [Change<'j>],
}

/// Makes the changes, or shows them if the lock is not held.
pub(super) fn carry_out(
    site: &mut Site,
    lock: Option<&Lock>,
    job: &Job,
    args: &args::Apply,
    ui: &mut Ui,
) -> Result<(), u8> {
    let Job { name, wanted, live, changes } = job;
    let Some(lock) = lock else {
        return dry_run::show(site, wanted.sources, name, live, changes, args.format, ui);
    };
    site.interrupted(live, ui);
    if changes.is_empty() {
        site.settle(&wanted.record, ui)?;
        show(args, wanted.sources, name, changes, ui);
        return Ok(());
    }
    let confirmation = Confirmation::of(args.confirm_within, &args.probes);
    confirm::begin(site, lock, &confirmation, args.this.netns.as_deref(), args.format, ui)?;
    let made = transact(site, wanted, live, changes, ui);
    if made.is_err() {
        // What failed was undone: there is nothing to be confirmed.
        let _ = site.store.confirm();
    }
    made?;
    show(args, wanted.sources, name, changes, ui);
    confirm::ask(site, &confirmation, args.format, ui)
}

fn show(args: &args::Apply, sources: &Sources, name: &str, changes: &[Change], ui: &mut Ui) {
    if args.format == Format::Json {
        let changes: Vec<Value> =
            changes.iter().map(|change| review::change(change, sources)).collect();
        ui.json(&json!({ "node": name, "applied": true, "changes": changes }));
    } else if changes.is_empty() {
        ui.out(&format!("{name} is as planned: nothing to do\n"));
    } else {
        ui.out(&format!("{name} is as planned: {}\n", review::summary(changes)));
    }
}
