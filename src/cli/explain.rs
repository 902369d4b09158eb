//! `netc explain`

use super::args::{self, Format};
use super::exit;
use super::ui::Ui;
use netc_lang::code::{self, Code};
use netc_lang::schema::{self, Choice, Definition};
use netc_lang::suggest::did_you_mean;
use netc_lang::{Diagnostic, Sources};
use serde_json::{Value, json};

pub(super) fn run(args: &args::Explain, ui: &mut Ui) -> u8 {
    let Some(word) = &args.word else {
        ui.out(&everything());
        return exit::OK;
    };
    if let Some(code) = Code::find(word) {
        match args.format {
            Format::Json => {
                ui.json(&json!({ "code": code.id, "title": code.title, "page": code.page() }));
            }
            _ => ui.out(code.page()),
        }
        return exit::OK;
    }
    let statements: Vec<&Definition> = schema::named(word).collect();
    let choices: Vec<(&Definition, &Choice)> = schema::all()
        .flat_map(|of| schema::choices(of.arguments).into_iter().map(move |one| (of, one)))
        .filter(|(_, choice)| choice.word == word)
        .collect();
    if statements.is_empty() && choices.is_empty() {
        let message = format!("there is nothing to explain about `{word}`");
        let fault = Diagnostic::new(code::UNKNOWN_STATEMENT, message);
        let help = did_you_mean(word, words())
            .unwrap_or_else(|| "`netc explain` lists every word and code".into());
        ui.report(&Sources::default(), &[fault.help(help)], args.format);
        return exit::ERROR;
    }
    if args.format == Format::Json {
        let statements: Vec<Value> = statements.into_iter().map(as_json).collect();
        let choice = |(of, choice): (&Definition, &Choice)| json!({ "of": of.keyword, "word": choice.word, "doc": choice.doc, "compiled": choice.compiled });
        let choices: Vec<Value> = choices.into_iter().map(choice).collect();
        ui.json(&json!({ "statements": statements, "choices": choices }));
    } else {
        let parts = statements.into_iter().map(schema::describe);
        let choices = choices.into_iter().map(|(of, choice)| schema::describe_choice(of, choice));
        ui.out(&parts.chain(choices).collect::<Vec<_>>().join("\n"));
    }
    exit::OK
}

/// Every word and code, with a line each.
fn everything() -> String {
    let mut out = String::new();
    for place in schema::Place::ALL {
        out.push_str(&format!("{}\n", place.describe()));
        for definition in schema::all().filter(|one| one.place == place) {
            let doc = definition.doc.split(['.', ':']).next().unwrap_or_default();
            out.push_str(&format!("    {:22} {doc}\n", definition.keyword));
        }
    }
    out.push_str("codes\n");
    for code in code::ALL {
        out.push_str(&format!("    {:22} {}\n", code.id, code.title));
    }
    out
}

fn words() -> impl Iterator<Item = &'static str> {
    let keywords = schema::all().map(|definition| definition.keyword);
    let choices = schema::all().flat_map(|one| schema::choices(one.arguments));
    let choices = choices.map(|choice| choice.word);
    keywords.chain(choices).chain(code::ALL.iter().map(|code| code.id))
}

fn as_json(definition: &Definition) -> Value {
    json!({
        "keyword": definition.keyword,
        "usage": schema::usage(definition),
        "place": definition.place.describe(),
        "repeats": definition.repeats,
        "compiled": definition.compiled,
        "default": definition.default,
        "doc": definition.doc,
        "example": definition.example,
    })
}
