//! `netc check`

use super::args::{self, Format};
use super::exit;
use super::project::Project;
use super::render;
use super::ui::Ui;
use crate::compile::{Compiled, network, objects};
use crate::model::{Cluster, NodeId};
use crate::trace::party::Asked;
use crate::trace::render::Report;
use crate::trace::{Answer, Network};
use crate::verify;
use netc_lang::{Diagnostic, Sources, has_errors};
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
    diagnostics.extend(cluster.iter().flat_map(lowering_faults));
    let asked = cluster.as_ref().filter(|_| !has_errors(&diagnostics)).map(ask);
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
struct Outcome {
    verdicts: Vec<verify::Verdict>,
    /// Why nothing could be asked.
    broken: Vec<Diagnostic>,
}

fn ask(cluster: &Cluster) -> Outcome {
    let network: Network = network(cluster);
    match verify::asserts(&network) {
        Ok(verdicts) => Outcome { verdicts, broken: Vec::new() },
        Err(broken) => Outcome { verdicts: Vec::new(), broken },
    }
}

impl Outcome {
    fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> {
        let faults = self.verdicts.iter().filter_map(|verdict| verdict.fault.clone());
        self.broken.iter().cloned().chain(faults)
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

    fn text(&self) -> String {
        match self.verdicts.len() {
            0 => String::new(),
            asserts => format!("checked {}\n", count(asserts, "assert")),
        }
    }

    fn json(&self) -> Value {
        let failed = self.verdicts.iter().filter(|verdict| verdict.fault.is_some()).count();
        json!({ "asserts": self.verdicts.len(), "failed": failed })
    }
}

/// What only the lowering of a node finds.
fn lowering_faults(cluster: &Cluster) -> Vec<Diagnostic> {
    let nodes = cluster.nodes.iter().zip((0..).map(NodeId));
    let mut faults: Vec<Diagnostic> =
        nodes.filter_map(|(node, id)| objects(cluster, node, id).err()).flatten().collect();
    faults.dedup();
    faults
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
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
