//! `netc lock`

use super::args::{self, Format};
use super::exit;
use super::files::replace;
use super::project::{Project, Ready, cannot_write, shown};
use super::ui::Ui;
use serde_json::json;

pub(super) fn run(args: &args::Lock, ui: &mut Ui) -> u8 {
    record(args, ui).unwrap_or_else(|code| code)
}

fn record(args: &args::Lock, ui: &mut Ui) -> Result<u8, u8> {
    let project = Project::open_or_report(&args.source, args.format, ui)?;
    let ready = Ready::compile(project, args.format, ui)?;
    let path = ready.project.lock_path();
    let current = match ready.project.lock() {
        Some(lock) => *lock == ready.lock,
        None => ready.lock.is_empty(),
    };
    if !current && !args.check {
        replace(path, [ready.lock.render().as_str()])
            .map_err(|error| ui.fail(cannot_write(path, &error), args.format))?;
    }
    let count = ready.lock.len();
    let path = shown(path);
    if args.format == Format::Json {
        ui.json(&json!({ "path": path, "allocations": count, "current": current }));
    } else {
        let allocations = format!("{count} allocation{}", if count == 1 { "" } else { "s" });
        ui.out(&match (current, args.check) {
            (true, _) => format!("{path} is up to date: {allocations}\n"),
            (false, true) => format!("{path} is not up to date: run `netc lock`\n"),
            (false, false) => format!("wrote {path}: {allocations}\n"),
        });
    }
    Ok(if args.check && !current { exit::DIFFERS } else { exit::OK })
}
