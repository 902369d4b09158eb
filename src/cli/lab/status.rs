//! `netc lab status`

use crate::cli::args::{Format, LabStatus};
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::kernel::lab::{Running, broken, look};
use crate::lab::mishap::{Named, Target, find, read};
use crate::lab::seen::Seen;
use crate::show::{self, Card};
use netc_lang::{Diagnostic, code};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

/// How often it is looked again.
const INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn run(args: &LabStatus, ui: &mut Ui) -> u8 {
    match shown(args, ui) {
        Ok(()) => exit::OK,
        Err(fault) => ui.fail(fault, args.format),
    }
}

fn shown(args: &LabStatus, ui: &mut Ui) -> Result<(), Diagnostic> {
    let named = read(&args.what)?;
    let lab = Running::find(args.which.name.as_deref())?;
    lab.join()?;
    let focus = match named.as_slice() {
        [] => None,
        [Named::Link(..)] | [_, _, ..] => {
            let message = "one host or one pod can be looked at";
            return Err(Diagnostic::new(code::FAULTY_QUESTION, message)
                .help("name none to see all of them, with `--pods` all pods, too"));
        }
        [one] => Some(find(lab.entry(), one)?),
    };
    let mut before: Option<(Seen, Instant)> = None;
    loop {
        let (seen, now) = (look_at(&lab, focus, args.pods)?, Instant::now());
        let then = before.as_ref().map(|(seen, at)| (seen, now.duration_since(*at)));
        let card = card(&lab, focus, args.pods, &seen, then)?;
        match (args.format, args.watch) {
            (Format::Json, true) => ui.out(&format!("{}\n", card.json())),
            (Format::Json, false) => ui.json(&card.json()),
            (_, true) => ui.frame(&card.text(), before.is_none()),
            (_, false) => ui.out(&card.text()),
        }
        if !args.watch || !ui.is_heard() {
            return Ok(());
        }
        before = Some((seen, now));
        sleep(INTERVAL);
    }
}

fn look_at(lab: &Running, focus: Option<Target<'_>>, pods: bool) -> Result<Seen, Diagnostic> {
    look(lab, |member| match focus {
        Some(Target::Host(host) | Target::Pod(host, _)) => member.name == host.name,
        Some(Target::Link(..)) | None => pods,
    })
}

fn card(
    lab: &Running,
    focus: Option<Target<'_>>,
    pods: bool,
    seen: &Seen,
    before: Option<(&Seen, Duration)>,
) -> Result<Card, Diagnostic> {
    let broken = broken(lab)?;
    let up = SystemTime::UNIX_EPOCH + Duration::from_secs(lab.entry().since);
    let age = up.elapsed().unwrap_or_default();
    let shown = show::Lab { entry: lab.entry(), broken: &broken, seen, before, age };
    Ok(match focus {
        Some(Target::Host(host)) => show::lab_host(&shown, host),
        Some(Target::Pod(node, pod)) => show::lab_pod(&shown, node, pod),
        Some(Target::Link(..)) | None => show::lab(&shown, pods),
    })
}
