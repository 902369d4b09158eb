//! A lab that is asked something, and the cluster that it runs.

use crate::cli::args::{Format, SourceArgs};
use crate::cli::project::Ready;
use crate::cli::ui::Ui;
use crate::kernel::lab::{Running, broken};
use crate::lab::Entry;

/// A lab, entered, and the cluster of its sources.
pub(super) struct Lab {
    pub(super) running: Running,
    pub(super) ready: Ready,
}

impl Lab {
    /// The lab of a name, or the only one that runs.
    pub(super) fn open(name: Option<&str>, format: Format, ui: &mut Ui) -> Result<Lab, u8> {
        let running = Running::find(name).map_err(|fault| ui.fail(fault, format))?;
        let entry = running.entry();
        let lock = entry.lock.as_ref().map(Into::into);
        let sources = SourceArgs { sources: entry.sources.clone(), lock };
        // What there is to be warned of was said when it was brought up.
        let ready = Ready::open_tersely(&sources, format, ui)?;
        running.join().map_err(|fault| ui.fail(fault, format))?;
        let broken = broken(&running).map_err(|fault| ui.fail(fault, format))?;
        // Who stands still has changed nothing.
        running.settle(|own| broken.hosts.get(&own.name).is_none_or(|mishap| !mishap.down));
        Ok(Lab { running, ready })
    }
}

/// The sources of a lab, as they are typed.
pub(super) fn quoted(entry: &Entry) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let shown = entry.sources.iter().map(|path| {
        let near = std::path::Path::new(path).strip_prefix(&here).ok();
        let path = near.map_or_else(|| path.clone(), |near| near.display().to_string());
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,".contains(c);
        match path.chars().all(plain) && !path.is_empty() {
            true => path,
            false if path.is_empty() => ".".to_owned(),
            false => format!("'{}'", path.replace('\'', "'\\''")),
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}
