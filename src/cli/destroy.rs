//! `netc destroy`

use super::args::{self, Format, SourceArgs};
use super::dry_run;
use super::exit;
use super::project::Ready;
use super::site::Site;
use super::transact::{DRAIN, Wanted, transact};
use super::ui::Ui;
use crate::graph::Ordered;
use crate::kernel::{Goal, Interest, Name};
use crate::object::State;
use crate::plan::{self, Record};
use crate::review;
use netc_lang::{Diagnostic, Sources};
use serde_json::json;

pub(super) fn run(args: &args::Destroy, ui: &mut Ui) -> u8 {
    destroy(args, ui).err().unwrap_or(exit::OK)
}

fn destroy(args: &args::Destroy, ui: &mut Ui) -> Result<(), u8> {
    let format = args.live.format;
    let mut site = Site::open(args.live.netns.as_deref(), format, ui)?;
    let named = named(args, &mut site, ui)?;
    let _lock = if args.dry_run { None } else { Some(site.lock(ui)?) };
    let mut record = site.known();
    own(&mut record, &named);
    let states: Vec<&State> = named.nodes.iter().map(|node| &node.object.state).collect();
    let interest = Interest::new(states.iter().copied(), &record, false);
    let live = site.observe(&interest, ui)?;
    let nothing = Ordered::default();
    let changes = plan::diff(&nothing, &live, &record);
    let sources = Sources::default();
    if args.dry_run {
        return dry_run::show(&mut site, &sources, "the node", &live, &changes, format, ui);
    }
    let wanted = Wanted {
        title: "netc destroy".to_owned(),
        goal: Goal::Desired(&nothing),
        states,
        record: record.clone(),
        undoes: None,
        sources: &sources,
        format,
        drain: DRAIN,
    };
    if !changes.is_empty() {
        transact(&mut site, &wanted, &live, &changes, ui)?;
    }
    forget(&site).map_err(|fault| ui.fail(fault, format))?;
    if format == Format::Json {
        ui.json(&json!({ "destroyed": true, "changes": changes.len() }));
    } else if changes.is_empty() {
        ui.out("netc has made nothing on this node\n");
    } else {
        ui.out(&format!("nothing of netc's is left: {}\n", review::summary(&changes)));
    }
    Ok(())
}

/// The objects of the sources that were named.
fn named(args: &args::Destroy, site: &mut Site, ui: &mut Ui) -> Result<Ordered, u8> {
    if args.sources.is_empty() {
        return Ok(Ordered::default());
    }
    let source = SourceArgs { sources: args.sources.clone(), lock: None };
    let ready = Ready::open(&source, args.live.format, ui)?;
    let node = site.node(args.node.as_ref(), &ready, ui)?;
    ready.objects(node, args.live.format, ui)
}

/// Counts what the sources name as made by netc.
fn own(record: &mut Record, named: &Ordered) {
    for node in &named.nodes {
        match &node.object.state {
            State::Netns(netns) => {
                record.netns.insert(netns.name.clone());
            }
            State::Ruleset(_) => record.managed = true,
            State::NftTable(table) => {
                record.tables.insert(table.key());
            }
            _ => {}
        }
    }
}

/// Nothing is left to be remembered.
fn forget(site: &Site) -> Result<(), Diagnostic> {
    [Name::Journal, Name::Last, Name::Record]
        .into_iter()
        .try_for_each(|name| site.store.remove(name))
}
