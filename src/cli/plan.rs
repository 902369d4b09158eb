//! `netc plan`

use super::args::{self, Format};
use super::exit;
use super::project::Ready;
use super::ui::Ui;
use crate::emit::{command, rule_line};
use crate::graph::{Node, Ordered};
use crate::object::State;
use crate::plan::{self, Detail};
use netc_lang::{Sources, Span};
use serde_json::{Value, json};

pub(super) fn run(args: &args::Plan, ui: &mut Ui) -> u8 {
    show(args, ui).err().unwrap_or(exit::OK)
}

fn show(args: &args::Plan, ui: &mut Ui) -> Result<(), u8> {
    let ready = Ready::open(&args.source, args.format, ui)?;
    let detail = if args.rules { Detail::Rules } else { Detail::Operations };
    let sources = &ready.program.sources;
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
    let operation = |(place, node): (usize, &Node)| {
        let command = command(&node.object.state)?;
        let needs =
            ordered.needs(place).iter().filter_map(|need| ordered.nodes.get(*need as usize));
        let needs: Vec<String> = needs.map(|need| need.id().to_string()).collect();
        let origins = [node.object.origin].into_iter().chain(node.object.others.iter().copied());
        let origins: Vec<Value> = origins.map(|span| position(sources, span)).collect();
        let mut value = json!({
            "object": node.id().to_string(), "command": command, "layer": node.layer,
            "needs": needs, "origins": origins,
        });
        if let (State::Chain(chain), Value::Object(fields)) = (&node.object.state, &mut value) {
            let rule = |rule| rule_line(chain.family, chain.name.as_str(), rule);
            fields.insert("rules".into(), chain.rules.iter().map(rule).collect());
        }
        Some(value)
    };
    ordered.nodes.iter().enumerate().filter_map(operation).collect()
}

fn position(sources: &Sources, span: Span) -> Value {
    let position = sources.position(span);
    let file = sources.get(span.file).map(|source| &source.name);
    json!({ "file": file, "line": position.line, "column": position.column })
}
