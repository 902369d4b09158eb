//! `netc plan`

use super::args::{self, ReviewFormat};
use super::diff::show_changes;
use super::files::replace;
use super::project::{Ready, cannot_write};
use super::side::{Side, compare};
use super::site::runs_windows;
use super::ui::Ui;
use super::{exit, live};
use crate::emit::remark;
use crate::form::{SavedPlan, saved};
use crate::graph::{Item, Ordered, PartKind, Placed, detail};
use crate::hns;
use crate::object::State;
use crate::plan::{self, Detail, command};
use crate::review::{Fate, NodeChanges};
use netc_lang::{Diagnostic, Sources, Span, code};
use serde_json::{Value, json};
use std::path::Path;

/// What stands for the live node.
const LIVE: &str = "live";

pub(super) fn run(args: &args::Plan, ui: &mut Ui) -> u8 {
    match (&args.against, &args.out) {
        (Some(old), _) => against(args, old, ui).unwrap_or_else(|code| code),
        (None, Some(_)) => against(args, LIVE, ui).unwrap_or_else(|code| code),
        (None, None) => show(args, ui).err().unwrap_or(exit::OK),
    }
}

/// What changes from something else on.
fn against(args: &args::Plan, old: &str, ui: &mut Ui) -> Result<u8, u8> {
    let format = args.format.diagnostics();
    let ready = Ready::open(&args.source, format, ui)?;
    let new = Side::Sources(Box::new(ready));
    let (all, fingerprint) = match old {
        LIVE => {
            let (live, fingerprint) = live::changes(&new, &args.nodes, &args.live, format, ui)?;
            (vec![live], fingerprint)
        }
        // No node was looked at: the plan is for whatever has just the old objects.
        _ => {
            let old = Side::open(old, None, format, ui)?;
            (compare((&old, &new), &args.nodes, format, ui)?, String::new())
        }
    };
    if let Some(out) = &args.out {
        save(args, (out, &new), (&all, fingerprint), ui)?;
    }
    let none = Sources::default();
    let sources = new.sources().unwrap_or(&none);
    Ok(show_changes(&all, sources, args.format, ui))
}

/// Writes the changes of one node into a file.
fn save(
    args: &args::Plan,
    (out, new): (&Path, &Side),
    (all, fingerprint): (&[NodeChanges], String),
    ui: &mut Ui,
) -> Result<(), u8> {
    let format = args.format.diagnostics();
    let ([only], Side::Sources(ready)) = (all, new) else {
        let fault = Diagnostic::new(code::CANNOT_WRITE, "a plan is saved for one node")
            .help("choose it with `--node NAME`");
        return Err(ui.fail(fault, format));
    };
    let mut desired = Vec::new();
    if only.fate != Fate::Goes {
        for chosen in ready.nodes(std::slice::from_ref(&only.node), format, ui)? {
            if let Some(own) = chosen.1.kernelspace() {
                ui.report(&ready.sources, &[runs_windows(chosen.1, own)], format);
                return Err(exit::ERROR);
            }
            let ordered = ready.objects(chosen, format, ui)?;
            let states = ordered.nodes.into_iter().map(|node| node.object.state);
            desired.extend(
                states.filter(|state| !matches!(state, State::Ruleset(_) | State::Jump(_))),
            );
        }
    }
    let (node, changes) = (only.node.clone(), only.changes.clone());
    let plan = SavedPlan { node, fingerprint, changes, adopt: args.live.adopt, desired };
    let text = format!("{:#}\n", saved(&plan, &ready.sources));
    replace(out, [text.as_str()]).map_err(|error| ui.fail(cannot_write(out, &error), format))
}

fn show(args: &args::Plan, ui: &mut Ui) -> Result<(), u8> {
    let format = args.format.diagnostics();
    let ready = Ready::open(&args.source, format, ui)?;
    let detail = if args.rules { Detail::Rules } else { Detail::Operations };
    let sources = &ready.sources;
    let mut plans = Vec::new();
    for (index, chosen) in ready.nodes(&args.nodes, format, ui)?.into_iter().enumerate() {
        let ordered = ready.objects(chosen, format, ui)?;
        let hns = hns::compile(&ready.cluster, chosen.1);
        let text = || match chosen.1.is_windows() {
            true => hns::plan(chosen.1, hns.as_ref(), sources),
            false => plan::text(chosen.1, &ordered, sources, detail),
        };
        let separator = if index > 0 { "\n" } else { "" };
        match args.format {
            ReviewFormat::Json => {
                let name = &chosen.1.name;
                let mut plan = json!({ "node": name, "operations": operations(&ordered, sources) });
                if let (Some(hns), Value::Object(fields)) = (&hns, &mut plan) {
                    fields.insert("hns".to_owned(), hns::json(hns));
                }
                plans.push(plan);
            }
            ReviewFormat::Markdown => ui.out(&format!("{separator}```text\n{}```\n", text())),
            ReviewFormat::Text | ReviewFormat::Short => ui.out(&format!("{separator}{}", text())),
        }
    }
    if args.format == ReviewFormat::Json {
        ui.json(&json!({ "version": 1, "plans": plans }));
    }
    Ok(())
}

/// Every operation with its command, its layer, what it needs and where it was asked for.
fn operations(ordered: &Ordered, sources: &Sources) -> Vec<Value> {
    let items = detail(ordered);
    let operation = |placed: &Placed| {
        let command = command(&placed.item)?;
        let needs = placed.needs.iter().filter_map(|need| items.get(*need as usize));
        let needs: Vec<String> = needs.map(|need| need.item.to_string()).collect();
        let others = match placed.item {
            Item::Object(object) => object.others.as_slice(),
            Item::Chain(_) | Item::Part(_) => &[],
        };
        let origins = [placed.item.origin()].into_iter().chain(others.iter().copied());
        let origins: Vec<Value> = origins.map(|span| position(sources, span)).collect();
        let mut value = json!({
            "object": placed.item.to_string(), "command": command, "layer": placed.layer,
            "needs": needs, "origins": origins,
        });
        if let Value::Object(fields) = &mut value {
            match placed.item {
                Item::Chain(chain) => {
                    fields.insert("rules".into(), chain.rules().map(|rule| rule.line).collect());
                }
                Item::Part(part) => {
                    let name = match part.kind {
                        PartKind::Set(_) => "elements",
                        PartKind::Chain(_) => "rules",
                    };
                    fields.insert(name.into(), part.lines().iter().collect());
                }
                Item::Object(object) => {
                    let remark = remark(&object.state);
                    fields.extend(remark.map(|text| ("remark".into(), text.into())));
                }
            }
        }
        Some(value)
    };
    items.iter().filter_map(operation).collect()
}

fn position(sources: &Sources, span: Span) -> Value {
    let position = sources.position(span);
    let file = sources.get(span.file).map(|source| &source.name);
    json!({ "file": file, "line": position.line, "column": position.column })
}
