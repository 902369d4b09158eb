//! `netc apply plan.json`: what was planned, and nothing else.

use super::apply::{Job, carry_out};
use super::args;
use super::project::{reason, shown};
use super::site::Site;
use super::transact::{DRAIN, Wanted};
use super::ui::Ui;
use crate::form::{SavedPlan, is_saved, read_saved};
use crate::kernel::{Goal, Interest};
use crate::object::State;
use crate::plan::{Change, Kind, Live, Record, Target, converge, fingerprint};
use netc_lang::{Diagnostic, Sources, code};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// A saved plan is told by so many bytes at most.
const BEGINNING: u64 = 64;

/// The saved plan among the sources, if it is one.
pub(super) fn find(args: &args::Apply, ui: &mut Ui) -> Result<Option<SavedPlan>, u8> {
    let [only] = args.source.sources.as_slice() else { return Ok(None) };
    let path = Path::new(only);
    if path.extension().is_none_or(|ending| ending != "json") {
        return Ok(None);
    }
    // What is no plan may be a long list of Kubernetes objects: it is read as a source.
    match File::open(path).map(begins_as_plan) {
        Ok(true) => read(path).map(Some).map_err(|fault| ui.fail(fault, args.format)),
        _ => Ok(None),
    }
}

fn begins_as_plan(file: File) -> bool {
    let mut beginning = String::new();
    let read = file.take(BEGINNING).read_to_string(&mut beginning);
    read.is_ok() && is_saved(&beginning)
}

fn read(path: &Path) -> Result<SavedPlan, Diagnostic> {
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read `{}`: {}", shown(path), reason(&error));
        Diagnostic::new(code::UNREADABLE_FILE, message)
    };
    let garbage = |why: String| {
        let message = format!("{} is not as netc has written it: {why}", shown(path));
        Diagnostic::new(code::BAD_PLAN, message).help("make a new plan with `netc plan --out`")
    };
    let text = fs::read(path).map_err(unreadable)?;
    let value: Value = serde_json::from_slice(&text).map_err(|why| garbage(why.to_string()))?;
    read_saved(&value).map_err(|why| garbage(why.to_string()))
}

/// Carries out a plan, if the node is as it was when the plan was made.
pub(super) fn apply(args: &args::Apply, plan: &SavedPlan, ui: &mut Ui) -> Result<(), u8> {
    if args.this.node.as_ref().is_some_and(|node| *node != plan.node) {
        let message = format!("this plan is for node {}", plan.node);
        return Err(ui.fail(Diagnostic::new(code::BAD_PLAN, message), args.format));
    }
    let mut site = Site::open(args.this.netns.as_deref(), args.format, ui)?;
    let lock = if args.dry_run { None } else { Some(site.lock(ui)?) };
    let target = Target::after(&plan.changes);
    let states: Vec<&State> = plan.desired.iter().chain(target.states()).collect();
    let known = site.known();
    let interest = Interest::new(plan.desired.iter(), &known, plan.adopt);
    let live = site.observe(&interest, ui)?;
    let record = if plan.adopt { known.adopting(plan.desired.iter(), &live) } else { known };
    if !is_for(plan, &live, &record) {
        return Err(ui.fail(moved(plan, &live), args.format));
    }
    let sources = Sources::default();
    let wanted = Wanted {
        title: format!("netc apply of a saved plan ({})", plan.node),
        goal: Goal::Target(&target),
        states,
        record,
        undoes: None,
        sources: &sources,
        format: args.format,
        drain: DRAIN,
    };
    let job = Job { name: &plan.node, wanted: &wanted, live: &live, changes: &plan.changes };
    carry_out(&mut site, lock.as_ref(), &job, args, ui)
}

/// Whether the node is as it was when the plan was made, or, if no node was looked at then, as
/// the plan takes it to be.
fn is_for(plan: &SavedPlan, live: &Live, record: &Record) -> bool {
    if plan.fingerprint.is_empty() {
        converge(&Target::before(&plan.changes), live).is_empty()
    } else {
        fingerprint(live, record) == plan.fingerprint
    }
}

/// What is no longer as it was.
fn moved(plan: &SavedPlan, live: &Live) -> Diagnostic {
    const NAMED: usize = 3;
    let before = Target::before(&plan.changes);
    let differs = converge(&before, live);
    let one = |change: &Change| match change.kind {
        Kind::Make => format!("{} is no longer there", change.key),
        Kind::Remove => format!("{} is there now", change.key),
        Kind::Update | Kind::Replace => format!("{} has changed", change.key),
    };
    let named: Vec<String> = differs.iter().take(NAMED).map(one).collect();
    let what = match differs.len().saturating_sub(NAMED) {
        _ if named.is_empty() => "something that the plan relies on is not as it was".to_owned(),
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    };
    let message = format!("the node has changed since the plan was made: {what}");
    Diagnostic::new(code::BAD_PLAN, message)
        .help("look at the changes and make a new plan with `netc plan --out`")
}
