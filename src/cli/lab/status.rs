//! `netc lab status`

use super::nodes;
use crate::cli::args::{Format, LabStatus};
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::kernel::lab::{Running, broken, look};
use crate::lab::Member;
use crate::lab::mishap::{Broken, Named, Target, find, read};
use crate::lab::seen::{Drift, Seen};
use crate::lab::tally::Asked;
use crate::model::Cluster;
use crate::show::{self, Card};
use netc_lang::{Diagnostic, code};
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

/// How often it is looked again.
const INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn run(args: &LabStatus, ui: &mut Ui) -> u8 {
    shown(args, ui).err().unwrap_or(exit::OK)
}

fn shown(args: &LabStatus, ui: &mut Ui) -> Result<(), u8> {
    let named = named(args).map_err(|fault| ui.fail(fault, args.format))?;
    let lab = Running::find(args.which.name.as_deref());
    let lab = lab.and_then(|lab| lab.join().map(|()| lab));
    let lab = lab.map_err(|fault| ui.fail(fault, args.format))?;
    let focus = named.map(|one| find(lab.entry(), &one)).transpose();
    let focus = focus.map_err(|fault| ui.fail(fault, args.format))?;
    let cluster = args.services.then(|| nodes::cluster(&lab, args.format, ui)).transpose()?;
    let view = View { args, lab: &lab, focus, cluster: cluster.as_ref() };
    let mut before: Option<(Found, Instant)> = None;
    loop {
        let found = view.look().map_err(|fault| ui.fail(fault, args.format))?;
        let now = Instant::now();
        let then = before.as_ref().map(|(found, at)| (found, now.duration_since(*at)));
        let card = view.card(&found, then);
        match (args.format, args.watch) {
            (Format::Json, true) => ui.out(&format!("{}\n", card.json())),
            (Format::Json, false) => ui.json(&card.json()),
            (_, true) => ui.frame(&card.text(), before.is_none()),
            (_, false) => ui.out(&card.text()),
        }
        if !args.watch || !ui.is_heard() {
            return Ok(());
        }
        before = Some((found, now));
        sleep(INTERVAL);
    }
}

/// The one thing that is to be looked at, if one is.
fn named(args: &LabStatus) -> Result<Option<Named>, Diagnostic> {
    let mut named = read(&args.what)?;
    match (named.pop(), named.is_empty()) {
        (None, _) => Ok(None),
        (Some(one), true) if !matches!(one, Named::Link(..)) => Ok(Some(one)),
        _ => Err(Diagnostic::new(code::FAULTY_QUESTION, "one host or one pod can be looked at")
            .help("name none to see all of them, with `--pods` all pods, too")),
    }
}

/// What is to be looked at.
struct View<'v> {
    args: &'v LabStatus,
    lab: &'v Running,
    focus: Option<Target<'v>>,
    /// What the sources say, if services are to be shown.
    cluster: Option<&'v Cluster>,
}

/// What was found.
struct Found {
    broken: Broken,
    seen: Seen,
    drift: Option<BTreeMap<String, Drift>>,
    services: Option<Vec<Asked>>,
}

impl View<'_> {
    /// Nodes are asked for nothing but what was asked for: links are those of the switch.
    fn look(&self) -> Result<Found, Diagnostic> {
        let broken = broken(self.lab)?;
        let seen = look(self.lab, |member| match self.focus {
            Some(Target::Host(host) | Target::Pod(host, _)) => member.name == host.name,
            Some(Target::Link(..)) | None => self.args.pods,
        })?;
        let down = |own: &Member| broken.hosts.get(&own.name).is_some_and(|mishap| mishap.down);
        let meant = |own: &&Member| match self.focus {
            Some(Target::Host(host) | Target::Pod(host, _)) => own.name == host.name,
            Some(Target::Link(..)) | None => true,
        };
        let nodes = self.lab.entry().nodes().filter(meant);
        let (down, up): (Vec<&Member>, Vec<&Member>) = nodes.partition(|node| down(node));
        let drift = self.args.drift.then(|| {
            let mut all = nodes::drift(self.lab, &up);
            all.extend(down.iter().map(|node| (node.name.clone(), Drift::Unknown)));
            all
        });
        let services = self.cluster.map(|own| nodes::services(self.lab, &up, own));
        Ok(Found { broken, seen, drift, services })
    }

    fn card(&self, found: &Found, before: Option<(&Found, Duration)>) -> Card {
        let up = SystemTime::UNIX_EPOCH + Duration::from_secs(self.lab.entry().since);
        let shown = show::Lab {
            entry: self.lab.entry(),
            broken: &found.broken,
            seen: &found.seen,
            before: before.map(|(found, time)| (&found.seen, time)),
            age: up.elapsed().unwrap_or_default(),
            drift: found.drift.as_ref(),
            services: found.services.as_deref(),
            before_services: before.and_then(|(found, _)| found.services.as_deref()),
        };
        match self.focus {
            Some(Target::Host(host)) => show::lab_host(&shown, host),
            Some(Target::Pod(node, pod)) => show::lab_pod(&shown, node, pod),
            Some(Target::Link(..)) | None => show::lab(&shown, self.args.pods),
        }
    }
}
