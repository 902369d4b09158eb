//! `netc diff --drift`

use super::args::{self, ReviewFormat, SourceArgs};
use super::exit;
use super::look::{glance, in_the_way};
use super::project::Ready;
use super::site::Site;
use super::suited;
use super::ui::Ui;
use crate::form;
use crate::plan::{self, Finding, Origin, Record, Trouble, positioned};
use netc_lang::Diagnostic;
use netc_lang::{Sources, code};
use serde_json::{Value, json};

/// The version of the JSON.
const VERSION: u32 = 1;

/// Looks at the live node and says what has happened to it. Nothing is written.
pub(super) fn show(args: &args::Diff, ui: &mut Ui) -> Result<u8, u8> {
    let format = args.format.diagnostics();
    if args.operands.len() > 1 {
        let fault =
            Diagnostic::new(code::NO_SOURCES, "drift is that of the live node from sources")
                .help("name sources; two of them are compared without `--drift`");
        return Err(ui.fail(fault, format));
    }
    let source = SourceArgs { sources: args.operands.clone(), lock: args.lock.clone() };
    let ready = Ready::open(&source, format, ui)?;
    let mut site = Site::open(args.live.netns.as_deref(), format, ui)?;
    let (id, node) = site.node(args.nodes.first(), &ready, ui)?;
    let desired = suited::objects(&ready, (id, node), format, ui)?;
    let looked = glance(&mut site, &desired, false, &ready, format, ui)?;
    let changes = plan::diff(&desired, &looked.live, &looked.record);
    let findings = plan::drift(&changes, &looked.live, &ready.pod_networks());
    // A node that netc has not programmed has not drifted, and what differs in nothing that is
    // compared is no finding: somebody else's things are in the way as they are of an apply.
    let told = findings.iter().any(|finding| finding.kind == Trouble::Foreign);
    if looked.record == Record::default() || !told {
        let faults = in_the_way(&desired, &looked);
        if !faults.is_empty() {
            ui.report(&ready.sources, &faults, format);
            return Err(exit::ERROR);
        }
    }
    match args.format {
        ReviewFormat::Json => ui.json(&as_json(&node.name, &findings, &ready.sources)),
        ReviewFormat::Text | ReviewFormat::Short => {
            ui.out(&text(&node.name, &findings, &ready.sources));
        }
        ReviewFormat::Markdown => {
            ui.out(&format!("```text\n{}```\n", text(&node.name, &findings, &ready.sources)));
        }
    }
    Ok(if findings.is_empty() { exit::OK } else { exit::DIFFERS })
}

fn text(node: &str, findings: &[Finding], sources: &Sources) -> String {
    let mut out = match findings.len() {
        0 => return format!("{node} is as planned\n"),
        1 => format!("{node} has drifted: 1 finding\n"),
        count => format!("{node} has drifted: {count} findings\n"),
    };
    for finding in findings {
        let line = format!("{:9}  {}", finding.kind.word(), finding.what);
        positioned(&mut out, &line, finding.origin.shown(sources).as_deref());
        for detail in &finding.details {
            out.push_str(&format!("           {detail}\n"));
        }
        if !is_of_chains(finding) && !finding.with.is_empty() {
            out.push_str(&format!("           and with it {}\n", names(&finding.with)));
        }
        if let Some(cause) = &finding.cause {
            out.push_str(&format!("           likely: {cause}\n"));
        }
    }
    out
}

/// Several chains are named in the sentence itself.
fn is_of_chains(finding: &Finding) -> bool {
    matches!(finding.key, plan::Key::Chain(..))
}

/// Some names, and how many more there are.
fn names(keys: &[plan::Key]) -> String {
    const NAMED: usize = 4;
    let shown: Vec<String> = keys.iter().take(NAMED).map(ToString::to_string).collect();
    match keys.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn as_json(node: &str, findings: &[Finding], sources: &Sources) -> Value {
    let all: Vec<Value> = findings.iter().map(|one| finding(one, sources)).collect();
    json!({ "version": VERSION, "node": node, "drifted": !findings.is_empty(), "findings": all })
}

fn finding(finding: &Finding, sources: &Sources) -> Value {
    let origin = match &finding.origin {
        Origin::Source(span) => {
            let position = sources.position(*span);
            let file = sources.get(span.file).map(|source| &source.name);
            json!({ "file": file, "line": position.line, "column": position.column })
        }
        other => other.shown(sources).map_or(Value::Null, Value::String),
    };
    json!({
        "object": finding.key.to_string(),
        "key": form::key(&finding.key),
        "kind": finding.kind.word(),
        "what": finding.what,
        "details": finding.details,
        "with": finding.with.iter().map(form::key).collect::<Vec<_>>(),
        "cause": finding.cause,
        "origin": origin,
    })
}
