//! `netc confirm`, and the wait for it: an apply that is undone unless it is confirmed.

use super::args::{self, Format};
use super::exit;
use super::rollback;
use super::site::Site;
use super::ui::Ui;
use crate::kernel::{Lock, Pending, Probe, Settled, Verdict, probe, start_watchdog, watch};
use netc_lang::{Diagnostic, Sources, code};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::time::Duration;

/// How long probes may take where nothing else is said.
const WINDOW: Duration = Duration::from_secs(10);

/// What keeps an apply.
pub(super) struct Confirmation<'c> {
    window: Option<Duration>,
    probes: &'c [Probe],
}

impl<'c> Confirmation<'c> {
    pub(super) fn of(window: Option<Duration>, probes: &'c [Probe]) -> Confirmation<'c> {
        Confirmation { window, probes }
    }

    /// How long it may take; `None` if nothing is asked for.
    fn window(&self) -> Option<Duration> {
        self.window.or((!self.probes.is_empty()).then_some(WINDOW))
    }
}

/// `netc confirm`
pub(super) fn run(args: &args::Live, ui: &mut Ui) -> u8 {
    let confirm = |ui: &mut Ui| -> Result<u8, u8> {
        let site = Site::open(args.netns.as_deref(), args.format, ui)?;
        let settled = site.store.confirm().map_err(|fault| ui.fail(fault, args.format))?;
        let (code, text) = match settled {
            Settled::Confirmed(_) => (exit::OK, "confirmed: what was applied stays"),
            Settled::Expired(_) => {
                let message = "too late: the time is over, and the apply is undone";
                return Err(ui.fail(Diagnostic::new(code::UNCONFIRMED, message), args.format));
            }
            Settled::Nothing => {
                let message = "no apply awaits its confirmation on this node";
                return Err(ui.fail(Diagnostic::new(code::UNCONFIRMED, message), args.format));
            }
        };
        say(args.format, &json!({ "confirmed": true }), text, ui);
        Ok(code)
    };
    confirm(ui).unwrap_or_else(|code| code)
}

fn say(format: Format, value: &Value, text: &str, ui: &mut Ui) {
    if format == Format::Json {
        ui.json(value);
    } else {
        ui.out(&format!("{text}\n"));
    }
}

/// Starts the watchdog, before anything is changed: from then on it undoes the apply whatever
/// becomes of this process.
pub(super) fn begin(
    site: &mut Site,
    lock: &Lock,
    confirmation: &Confirmation,
    netns: Option<&str>,
    format: Format,
    ui: &mut Ui,
) -> Result<(), u8> {
    let Some(window) = confirmation.window() else { return Ok(()) };
    let id = std::process::id().to_string();
    wait(site, &id, window).map_err(|fault| ui.fail(fault, format))?;
    let mut arguments: Vec<OsString> = vec!["watchdog".into(), id.into()];
    if let Some(name) = netns {
        arguments.extend(["--netns".into(), name.into()]);
    }
    start_watchdog(&site.store, lock, &arguments).map_err(|fault| {
        // Nobody is to wait for an apply that does not begin.
        let left = site.store.confirm().err();
        let faults: Vec<Diagnostic> = [fault].into_iter().chain(left).collect();
        ui.report(&Sources::default(), &faults, format);
        exit::ERROR
    })
}

/// Gives the apply its time, counted from now.
fn wait(site: &Site, id: &str, window: Duration) -> Result<(), Diagnostic> {
    let deadline_ms = Pending::deadline(window).map_err(|error| {
        Diagnostic::new(code::CANNOT_REMEMBER, format!("cannot read the time: {error}"))
    })?;
    let pending = Pending { id: id.to_owned(), deadline_ms, body: Value::Null };
    site.store.await_confirmation(&pending)
}

/// Once everything is applied: probes decide, or somebody who types `netc confirm`.
pub(super) fn ask(
    site: &mut Site,
    confirmation: &Confirmation,
    format: Format,
    ui: &mut Ui,
) -> Result<(), u8> {
    let Some(window) = confirmation.window() else { return Ok(()) };
    let id = std::process::id().to_string();
    let renewed = wait(site, &id, window);
    if confirmation.probes.is_empty() && renewed.is_ok() {
        ui.note(&format!("it is undone in {} s unless you run `netc confirm`", window.as_secs()));
        return Ok(());
    }
    let faults = match renewed {
        Ok(()) => probe(&mut site.machine, confirmation.probes, window),
        Err(fault) => vec![fault],
    };
    if faults.is_empty() {
        let settled = site.store.confirm().map_err(|fault| ui.fail(fault, format))?;
        if matches!(settled, Settled::Confirmed(_)) {
            ui.note("the probes succeeded: it stays");
            return Ok(());
        }
    }
    ui.report(&Sources::default(), &faults, format);
    if site.store.expire() == Ok(true) {
        rollback::back(site, format, ui)?;
        ui.note("everything was undone: the node is as it was before");
    } else {
        ui.note("the watchdog undoes everything when the time is over");
    }
    Err(exit::FAILED)
}

/// `netc watchdog`: waits, and undoes what nobody has confirmed.
pub(super) fn watchdog(args: &args::Watchdog, ui: &mut Ui) -> u8 {
    let run = |ui: &mut Ui| -> Result<(), u8> {
        let mut site = Site::open(args.live.netns.as_deref(), args.live.format, ui)?;
        let (verdict, lock) =
            watch(&site.store, &args.id).map_err(|fault| ui.fail(fault, args.live.format))?;
        if verdict == Verdict::Expired {
            site.reload(ui)?;
            rollback::back(&mut site, args.live.format, ui)?;
        }
        drop(lock);
        Ok(())
    };
    run(ui).err().unwrap_or(exit::OK)
}
