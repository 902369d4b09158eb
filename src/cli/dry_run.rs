//! What would be done, as it would be done: commands and payloads.

use super::args::Format;
use super::site::{Site, cannot_read};
use super::ui::Ui;
use crate::kernel;
use crate::plan::{self, Change, Live, Payload, Step};
use crate::review;
use netc_lang::Sources;
use serde_json::{Value, json};

/// Shows changes, and the input of iptables-restore that makes those of rules.
pub(super) fn show(
    site: &mut Site,
    sources: &Sources,
    name: &str,
    live: &Live,
    changes: &[Change],
    format: Format,
    ui: &mut Ui,
) -> Result<(), u8> {
    let backend =
        kernel::backend(&mut site.machine).map_err(|error| ui.fail(cannot_read(&error), format))?;
    let steps = plan::steps(changes, live, backend, &[]);
    let payloads = steps.iter().filter_map(|step| match step {
        Step::Restore(payload) => Some(payload),
        _ => None,
    });
    if format == Format::Json {
        let changes: Vec<Value> =
            changes.iter().map(|change| review::change(change, sources)).collect();
        let payloads: Vec<Value> = payloads
            .map(|payload| json!({ "command": restore(payload), "input": payload.text }))
            .collect();
        ui.json(&json!({
            "node": name, "applied": false, "changes": changes, "payloads": payloads,
        }));
        return Ok(());
    }
    if changes.is_empty() {
        ui.out(&format!("{name} is as planned: nothing to do\n"));
        return Ok(());
    }
    ui.out(&review::list(changes, sources));
    for payload in payloads {
        ui.out(&format!("\n# {} <<'END'\n{}END\n", restore(payload), payload.text));
    }
    ui.out(&format!("{name} would change: {}\n", review::summary(changes)));
    Ok(())
}

fn restore(payload: &Payload) -> String {
    let (tool, arguments) = kernel::restore_command(payload.family);
    format!("{tool} {}", arguments.join(" "))
}
