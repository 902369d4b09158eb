//! `netc plan`

use super::args::{self, Format};
use super::exit;
use super::project::Ready;
use super::ui::Ui;
use crate::emit::remark;
use crate::graph::{Item, Ordered, Placed, detail};
use crate::plan::{self, Detail, command};
use netc_lang::{Sources, Span};
use serde_json::{Value, json};

pub(super) fn run(args: &args::Plan, ui: &mut Ui) -> u8 {
    show(args, ui).err().unwrap_or(exit::OK)
}

fn show(args: &args::Plan, ui: &mut Ui) -> Result<(), u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let detail = if args.rules { Detail::Rules } else { Detail::Operations };
    let sources = &ready.sources;
    let mut plans = Vec::new();
    for (index, chosen) in ready.nodes(&args.nodes, args.format, ui)?.into_iter().enumerate() {
        let ordered = ready.objects(chosen, args.format, ui)?;
        if args.format == Format::Json {
            plans.push(
                json!({ "node": chosen.1.name, "operations": operations(&ordered, sources) }),
            );
        } else {
            let separator = if index > 0 { "\n" } else { "" };
            ui.out(&format!("{separator}{}", plan::text(chosen.1, &ordered, sources, detail)));
        }
    }
    if args.format == Format::Json {
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
            Item::Chain(_) => &[],
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
