//! What would be done, as it would be done: commands and payloads.

use super::args::Format;
use super::site::{Site, cannot_read};
use super::ui::Ui;
use crate::kernel;
use crate::plan::{self, Backend, Change, Live, Payload, Step};
use crate::review;
use netc_lang::Sources;
use serde_json::{Value, json};

/// Shows changes, and the input of iptables-restore and nft that makes those of rules.
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
    // Without the tools there are no rules to be changed.
    let steps = plan::steps(changes, live, backend.unwrap_or(Backend::Nft), &[]);
    let payloads = steps.iter().flat_map(|step| match step {
        Step::Restore(payload) => vec![(restore(payload), payload.text.clone())],
        Step::Tables(places) => {
            let all = plan::transactions(changes, places).into_iter();
            all.map(|own| ("nft -f -".to_owned(), own.text)).collect()
        }
        _ => Vec::new(),
    });
    if format == Format::Json {
        let changes: Vec<Value> =
            changes.iter().map(|change| review::change(change, sources)).collect();
        let payloads: Vec<Value> = payloads
            .map(|(command, input)| json!({ "command": command, "input": input }))
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
    for (command, input) in payloads {
        ui.out(&format!("\n# {command} <<'END'\n{input}END\n"));
    }
    ui.out(&format!("{name} would change: {}\n", review::summary(changes)));
    Ok(())
}

fn restore(payload: &Payload) -> String {
    let (tool, arguments) = kernel::restore_command(payload.family);
    format!("{tool} {}", arguments.join(" "))
}
