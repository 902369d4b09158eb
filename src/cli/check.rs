//! `netc check`

use super::args::{self, Format};
use super::exit;
use super::project::Project;
use super::render;
use super::ui::Ui;
use crate::compile::{Compiled, objects};
use crate::model::{Cluster, NodeId};
use netc_lang::{Diagnostic, has_errors};
use serde_json::json;

pub(super) fn run(args: &args::Check, ui: &mut Ui) -> u8 {
    let project = match Project::open_or_report(&args.source, args.format, ui) {
        Ok(project) => project,
        Err(code) => return code,
    };
    let Compiled { sources, built, mut diagnostics } = project.compile();
    let cluster = built.map(|built| built.cluster);
    diagnostics.extend(cluster.iter().flat_map(lowering_faults));
    let ok = !has_errors(&diagnostics);
    if args.format == Format::Json {
        let all = render::json(&sources, &diagnostics);
        ui.json(&json!({ "ok": ok, "diagnostics": all }));
    } else {
        ui.report(&sources, &diagnostics, args.format);
        if let Some(cluster) = cluster.filter(|_| ok) {
            ui.out(&summary(&cluster));
        }
    }
    if ok { exit::OK } else { exit::ERROR }
}

/// What only the lowering of a node finds.
fn lowering_faults(cluster: &Cluster) -> Vec<Diagnostic> {
    let nodes = cluster.nodes.iter().zip((0..).map(NodeId));
    let mut faults: Vec<Diagnostic> =
        nodes.filter_map(|(node, id)| objects(cluster, node, id).err()).flatten().collect();
    faults.dedup();
    faults
}

fn summary(cluster: &Cluster) -> String {
    let count = |number: usize, what: &str| {
        format!("{number} {what}{}", if number == 1 { "" } else { "s" })
    };
    format!(
        "cluster {} is sound: {}, {}, {}\n",
        cluster.name,
        count(cluster.nodes.len(), "node"),
        count(cluster.pods.len(), "pod"),
        count(cluster.services.len(), "service"),
    )
}
