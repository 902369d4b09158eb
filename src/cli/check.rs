//! `netc check`

use super::args::{self, Format};
use super::exit;
use super::project::{Project, located};
use super::render;
use super::tried::Configs;
use super::ui::{Ui, count};
use crate::compile::{Compiled, network, objects};
use crate::model::{Check, Cluster, NodeId};
use crate::trace::party::Asked;
use crate::trace::render::Report;
use crate::trace::{Answer, Network};
use crate::verify::checks::{Checked, Stage, checks};
use crate::verify::{self, Verdict};
use netc_lang::code::Severity;
use netc_lang::{Diagnostic, Sources, has_errors, sort};
use serde_json::{Value, json};

/// So many traces of failing asserts are shown.
const TRACES: usize = 5;

pub(super) fn run(args: &args::Check, ui: &mut Ui) -> u8 {
    let project = match Project::open_or_report(&args.source, args.format, ui) {
        Ok(project) => project,
        Err(code) => return code,
    };
    let Compiled { sources, built, mut diagnostics } = project.compile();
    let cluster = built.map(|built| built.cluster);
    diagnostics.extend(cluster.iter().flat_map(|cluster| lowering_faults(cluster, &sources)));
    let sound = cluster.as_ref().filter(|_| !has_errors(&diagnostics));
    let asked = sound.map(|cluster| ask(cluster, &args.skip, ui));
    let mut shown = Vec::new();
    if let (Some(asked), Some(cluster)) = (&asked, &cluster) {
        diagnostics.extend(asked.diagnostics());
        shown = asked.traces(cluster, &sources, args.format);
    }
    let ok = !has_errors(&diagnostics);
    if args.format == Format::Json {
        let all = render::json(&sources, &diagnostics);
        let asked = asked.as_ref().map(Outcome::json);
        ui.json(&json!({ "ok": ok, "diagnostics": all, "asked": asked, "traces": shown }));
        return if ok { exit::OK } else { exit::ERROR };
    }
    ui.report(&sources, &diagnostics, args.format);
    for trace in shown.iter().filter_map(Value::as_str) {
        ui.note(trace);
    }
    if let (Some(cluster), Some(asked)) = (cluster.filter(|_| ok), &asked) {
        ui.out(&summary(&cluster));
        ui.out(&asked.text());
    }
    if ok { exit::OK } else { exit::ERROR }
}

/// What became of the asserts and checks.
#[derive(Default)]
struct Outcome {
    verdicts: Vec<Verdict>,
    checked: Vec<Checked>,
    /// Why nothing could be asked.
    broken: Vec<Diagnostic>,
    /// The nodes that run Windows: what they do with packets is left out.
    windows: Vec<String>,
}

fn ask(cluster: &Cluster, skip: &[Check], ui: &mut Ui) -> Outcome {
    let network: Network = network(cluster);
    let without = cluster.checks_off.iter().chain(skip).copied().collect();
    let mut progress = |stage: Stage| ui.progress(stage.done, stage.all, stage.check.name());
    let outcome = verify::asserts(&network).and_then(|verdicts| {
        let checked = checks(&network, &without, None, &mut progress)?;
        Ok(Outcome { verdicts, checked, broken: Vec::new(), windows: windows(cluster) })
    });
    ui.clear_progress();
    outcome.unwrap_or_else(|broken| Outcome { broken, ..Outcome::default() })
}

fn windows(cluster: &Cluster) -> Vec<String> {
    let all = cluster.nodes.iter().filter(|node| node.is_windows());
    all.map(|node| node.name.clone()).collect()
}

impl Outcome {
    fn diagnostics(&self) -> Vec<Diagnostic> {
        let faults = self.verdicts.iter().filter_map(|verdict| verdict.fault.as_ref());
        let findings = self.checked.iter().flat_map(|checked| &checked.findings);
        let mut all: Vec<Diagnostic> =
            self.broken.iter().chain(faults).chain(findings).cloned().collect();
        sort(&mut all);
        all
    }

    /// The ways of packets that refute an assert.
    fn traces(&self, cluster: &Cluster, sources: &Sources, format: Format) -> Vec<Value> {
        let shown = self.verdicts.iter().filter_map(|verdict| verdict.shown.as_ref());
        let trace = |(asked, answer): &(Asked, Answer)| {
            let (from, to) = (asked.from.name(cluster), asked.to.name(cluster));
            let (from, to, question) = (from.as_str(), to.as_str(), &asked.question);
            let report = Report { cluster, sources, from, to, question, answer, live: None };
            match format {
                Format::Json => report.json(),
                _ => Value::String(report.text(false)),
            }
        };
        let wanted = if format == Format::Short { 0 } else { TRACES };
        shown.take(wanted).map(trace).collect()
    }

    /// What was asked, and of what only a part.
    fn text(&self) -> String {
        if self.verdicts.is_empty() && self.checked.is_empty() {
            return String::new();
        }
        let asserts = count(self.verdicts.len(), "assert");
        let names: Vec<&str> = self.checked.iter().map(|checked| checked.check.name()).collect();
        let checks = match names.as_slice() {
            [] => "no checks".to_owned(),
            names => format!("{}: {}", count(names.len(), "check"), names.join(", ")),
        };
        let mut out = format!("checked {asserts}, {checks}\n");
        for checked in self.checked.iter().filter(|checked| checked.asked < checked.of) {
            let Checked { check, asked, of, .. } = checked;
            out.push_str(&format!(
                "{}: {asked} of {of} cases, other ones on each node\n",
                check.name()
            ));
        }
        match self.windows.as_slice() {
            [] => {}
            [only] => out.push_str(&format!("left out: {only}, which runs Windows\n")),
            several => {
                out.push_str(&format!("left out: {}, which run Windows\n", several.join(", ")));
            }
        }
        out
    }

    fn json(&self) -> Value {
        let count = |wanted: Severity| {
            let of = |verdict: &&Verdict| {
                verdict.fault.as_ref().is_some_and(|fault| fault.code.severity() == wanted)
            };
            self.verdicts.iter().filter(of).count()
        };
        let (failed, unjudged) = (count(Severity::Error), count(Severity::Warning));
        let checks = self.checked.iter().map(|checked| {
            json!({
                "name": checked.check.name(), "findings": checked.findings.len(),
                "asked": checked.asked, "of": checked.of,
            })
        });
        let checks: Vec<Value> = checks.collect();
        json!({
            "asserts": self.verdicts.len(), "failed": failed, "unjudged": unjudged,
            "checks": checks, "windows": self.windows,
        })
    }
}

/// What only the lowering of a node finds.
fn lowering_faults(cluster: &Cluster, sources: &Sources) -> Vec<Diagnostic> {
    let nodes = cluster.nodes.iter().zip((0..).map(NodeId));
    let mut configs = Configs::default();
    let faults = nodes.flat_map(|(node, id)| match objects(cluster, node, id) {
        Ok(ordered) => configs.faults(&located(sources, ordered)),
        Err(faults) => faults,
    });
    let mut faults: Vec<Diagnostic> = faults.collect();
    faults.dedup();
    faults
}

fn summary(cluster: &Cluster) -> String {
    format!(
        "cluster {} is sound: {}, {}, {}\n",
        cluster.name,
        count(cluster.nodes.len(), "node"),
        count(cluster.pods.len(), "pod"),
        count(cluster.services.len(), "service"),
    )
}
