//! `netc rollback`

use super::args::{self, Format};
use super::dry_run;
use super::exit;
use super::site::Site;
use super::transact::{DRAIN, Wanted, transact};
use super::ui::Ui;
use crate::kernel::{Goal, Interest};
use crate::plan::{self, Journal};
use netc_lang::{Diagnostic, Sources, code};
use serde_json::json;

pub(super) fn run(args: &args::Back, ui: &mut Ui) -> u8 {
    roll_back(args, ui).err().unwrap_or(exit::OK)
}

fn roll_back(args: &args::Back, ui: &mut Ui) -> Result<(), u8> {
    let format = args.live.format;
    let mut site = Site::open(args.live.netns.as_deref(), format, ui)?;
    if args.dry_run {
        let (journal, _) = way_back(&site, format, ui)?;
        let known = journal.record.clone().joined(site.known());
        let interest = Interest::new(journal.before.states(), &known, false).with(&journal.before);
        let live = site.observe(&interest, ui)?;
        let changes = plan::converge(&journal.before, &live);
        let sources = Sources::default();
        return dry_run::show(&mut site, &sources, "the node", &live, &changes, format, ui);
    }
    // An apply that awaits its confirmation can no longer be confirmed; its watchdog lets go.
    site.store.expire().map_err(|fault| ui.fail(fault, format))?;
    let _lock = site.lock(ui)?;
    let count = back(&mut site, format, ui)?;
    if format == Format::Json {
        ui.json(&json!({ "rolled-back": true, "changes": count }));
    } else {
        ui.out("the node is as it was before the last apply\n");
    }
    Ok(())
}

/// Goes back. The lock must be held. Says how many changes were made.
pub(super) fn back(site: &mut Site, format: Format, ui: &mut Ui) -> Result<usize, u8> {
    let (journal, unended) = way_back(site, format, ui)?;
    let known = journal.record.clone().joined(site.known());
    let interest = Interest::new(journal.before.states(), &known, false).with(&journal.before);
    let live = site.observe(&interest, ui)?;
    let changes = plan::converge(&journal.before, &live);
    let wanted = Wanted {
        title: format!("netc rollback of {}", journal.title),
        goal: Goal::Target(&journal.before),
        states: journal.before.states().collect(),
        record: journal.record.clone(),
        undoes: unended.then_some(&journal),
        sources: &Sources::default(),
        format,
        drain: DRAIN,
    };
    transact(site, &wanted, &live, &changes, ui)?;
    site.store.forget_expired().map_err(|fault| ui.fail(fault, format))?;
    Ok(changes.len())
}

/// The apply that is undone, and whether it is one that did not end. A rollback that did not end
/// goes on: what it has found is what was there.
fn way_back(site: &Site, format: Format, ui: &mut Ui) -> Result<(Journal, bool), u8> {
    if let Some(journal) = site.journal.as_ref().filter(|journal| !journal.back) {
        return Ok((journal.clone(), true));
    }
    let last = site.last().map_err(|fault| ui.fail(fault, format))?;
    last.map(|journal| (journal, false)).ok_or_else(|| nothing(format, ui))
}

fn nothing(format: Format, ui: &mut Ui) -> u8 {
    let message = "nothing is remembered of an earlier apply on this node";
    let fault = Diagnostic::new(code::NO_WAY_BACK, message).help(
        "`netc destroy` removes all that netc has made; a restart of the machine does so too",
    );
    let _ = ui.fail(fault, format);
    exit::ERROR
}
