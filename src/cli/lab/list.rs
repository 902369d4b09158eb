//! `netc lab list`

use crate::cli::args::{Format, LabList};
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::kernel::lab::Running;
use crate::show::{Cell, Table};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn run(args: &LabList, ui: &mut Ui) -> u8 {
    let labs = match Running::all() {
        Ok(labs) => labs,
        Err(fault) => return ui.fail(fault, args.format),
    };
    if args.format == Format::Json {
        let labs: Vec<Value> = labs.iter().map(|lab| json!(lab.entry())).collect();
        ui.json(&json!({ "version": 1, "labs": labs }));
        return exit::OK;
    }
    if labs.is_empty() {
        ui.out("no lab runs\n");
        return exit::OK;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut table = Table::new(&["name", "nodes", "pods", "up for", "sources"]);
    for lab in &labs {
        let entry = lab.entry();
        table.row([
            Cell::Text(entry.name.clone()),
            Cell::Text(entry.nodes().count().to_string()),
            Cell::Text(lab.pods().count().to_string()),
            Cell::Text(age(now.saturating_sub(entry.since))),
            Cell::Text(entry.sources.join(" ")),
        ]);
    }
    let mut text = String::new();
    table.push("", &mut text);
    ui.out(&text);
    exit::OK
}

/// How long ago something was: `4m10s`.
fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{}h{}m", seconds / 3600, seconds / 60 % 60),
    }
}
