//! Breaking a lab and healing it, and what is remembered of that.

use super::hold::hold;
use super::look::devices;
use super::{Place, Running};
use crate::kernel::error::KernelError;
use crate::lab::mishap::{Broken, Inmate};
use netc_lang::{Diagnostic, code};
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};

/// The file in the lab's folder that says what is broken.
const FILE: &str = "broken.json";

/// What is broken in a lab.
///
/// # Errors
/// What is remembered of it cannot be read.
pub fn broken(lab: &Running) -> Result<Broken, Diagnostic> {
    match fs::read_to_string(lab.folder().join(FILE)) {
        Ok(text) if text.is_empty() => Ok(Broken::default()),
        Ok(text) => serde_json::from_str(&text).map_err(|error| unreadable(&error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Broken::default()),
        Err(error) => Err(unreadable(&error)),
    }
}

/// Breaks a lab, or heals it: `change` says what is to be broken instead of what is. The process must
/// have joined the lab. What the kernel refuses is undone.
///
/// # Errors
/// The kernel refuses it, or `change` does.
pub fn alter(
    lab: &Running,
    change: impl FnOnce(&Broken) -> Result<Broken, Diagnostic>,
) -> Result<(), Diagnostic> {
    let mut file = remembered(lab).map_err(|error| unreadable(&error))?;
    let before = broken(lab)?;
    let after = change(&before)?;
    if before == after {
        return Ok(());
    }
    if let Err(fault) = hold(lab, &before, &after) {
        // As far as it can be undone: what is remembered is what was.
        let _ = hold(lab, &after, &before);
        return Err(fault);
    }
    let text = serde_json::to_string_pretty(&after).unwrap_or_default();
    let written = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
    written.map_err(|error| unreadable(&error))
}

/// The devices of a pod that lead out of it.
///
/// # Errors
/// It is gone.
pub fn links_of(lab: &Running, inmate: &Inmate) -> Result<Vec<String>, Diagnostic> {
    let place = Place::Pod { node: inmate.node.clone(), netns: inmate.netns.clone() };
    let devices = devices(&lab.space(&place)?).map_err(|error| failed(&error))?;
    let links = devices.into_iter().filter(|device| device.veth);
    Ok(links.map(|device| device.name).collect())
}

/// The file that says what is broken, locked: one change comes after the other.
fn remembered(lab: &Running) -> io::Result<Flock<File>> {
    let path = lab.folder().join(FILE);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error.into())
}

fn unreadable(error: &io::Error) -> Diagnostic {
    let message = format!("what is broken in the lab cannot be remembered: {error}");
    Diagnostic::new(code::NOT_BROKEN, message).help("`netc lab down` and `netc lab up` start anew")
}

/// The kernel, or a tool, refuses something.
pub(super) fn failed(error: &KernelError) -> Diagnostic {
    let help = match error.is_permission() {
        true => "do it as the user who brought the lab up",
        false => "nothing has changed; `netc lab status` shows what is broken",
    };
    Diagnostic::new(code::NOT_BROKEN, error.to_string()).help(help)
}
