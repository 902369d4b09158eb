//! `netc graph`

use super::args::{self, Format, GraphFormat};
use super::exit;
use super::files::replace;
use super::project::{Ready, cannot_write, shown};
use super::ui::Ui;
use crate::graph::{self, Ordered};
use crate::model::{Cluster, Service};
use crate::picture::{Detail, MERMAID_LIMITS, Needs, Topology};
use netc_lang::{Diagnostic, code};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(args: &args::Graph, ui: &mut Ui) -> u8 {
    show(args, ui).err().unwrap_or(exit::OK)
}

fn show(args: &args::Graph, ui: &mut Ui) -> Result<(), u8> {
    let format = match (args.format, &args.out) {
        (Some(format), _) => format,
        (None, None) => GraphFormat::Dot,
        (None, Some(path)) => by_ending(path).map_err(|fault| ui.fail(fault, Format::Text))?,
    };
    let said = if format == GraphFormat::Json { Format::Json } else { Format::Text };
    let ready = Ready::open(&args.source, said, ui)?;
    let detail = if args.full { Detail::Full } else { Detail::Folded };
    let text = match &args.node {
        None => {
            let picture = Topology::new(&ready.cluster, &ready.sources, detail);
            let json = || format!("{:#}\n", topology(&ready.cluster));
            let svg = || picture.drawing().svg();
            written(format, [&|| picture.dot(), &|| picture.mermaid(), &svg, &json])
        }
        Some(name) => {
            let chosen = ready.nodes(std::slice::from_ref(name), said, ui)?;
            let Some(chosen) = chosen.first() else { return Ok(()) };
            let ordered = ready.objects(*chosen, said, ui)?;
            let picture = Needs::new(name, &ordered, &ready.sources, detail);
            let json = || format!("{:#}\n", dependencies(name, &ordered));
            let svg = || picture.drawing().svg();
            written(format, [&|| picture.dot(), &|| picture.mermaid(), &svg, &json])
        }
    };
    if format == GraphFormat::Mermaid {
        note_limits(&text, ui);
    }
    match &args.out {
        None => ui.out(&text),
        Some(path) => replace(path, [text.as_str()])
            .map_err(|error| ui.fail(cannot_write(path, &error), said))?,
    }
    Ok(())
}

/// One of a picture's languages: these are what writes it in each.
fn written(format: GraphFormat, [dot, mermaid, svg, json]: [&dyn Fn() -> String; 4]) -> String {
    match format {
        GraphFormat::Dot => dot(),
        GraphFormat::Mermaid => mermaid(),
        GraphFormat::Svg => svg(),
        GraphFormat::Json => json(),
    }
}

/// The language that the ending of a file stands for.
fn by_ending(path: &Path) -> Result<GraphFormat, Diagnostic> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("dot" | "gv") => Ok(GraphFormat::Dot),
        Some("mmd" | "mermaid") => Ok(GraphFormat::Mermaid),
        Some("svg") => Ok(GraphFormat::Svg),
        Some("json") => Ok(GraphFormat::Json),
        _ => {
            let message = format!("the ending of `{}` stands for no picture", shown(path));
            Err(Diagnostic::new(code::UNKNOWN_PICTURE, message)
                .help("it may be .dot, .gv, .mmd, .mermaid, .svg or .json; or say `--format`"))
        }
    }
}

/// Mermaid refuses large pictures unless whoever shows them has allowed them.
fn note_limits(text: &str, ui: &mut Ui) {
    let (letters, arrows) = MERMAID_LIMITS;
    let found = text.lines().filter(|line| line.contains("-> ") || line.contains(" --- ")).count();
    if text.len() > letters || found > arrows {
        ui.note(&format!(
            "note: Mermaid draws no more than {letters} letters and {arrows} arrows unless maxTextSize and maxEdges allow it; this picture has {} and {found}",
            text.len()
        ));
    }
}

fn dependencies(name: &str, ordered: &Ordered) -> Value {
    let items = graph::detail(ordered);
    let objects = items.iter().map(
        |placed| json!({ "object": placed.item.to_string(), "layer": placed.layer, "needs": placed.needs }),
    );
    json!({ "version": 1, "node": name, "objects": objects.collect::<Vec<_>>() })
}

fn topology(cluster: &Cluster) -> Value {
    let nodes = cluster.nodes.iter().map(|node| {
        let addresses: Vec<String> =
            node.addresses.iter().map(|own| own.address.to_string()).collect();
        let blocks: Vec<String> = node.blocks.values().map(ToString::to_string).collect();
        json!({ "name": node.name, "addresses": addresses, "pods": blocks, "zone": node.zone })
    });
    let pods = cluster.pods.iter().map(|pod| {
        let addresses: Vec<String> = pod.addresses.values().map(ToString::to_string).collect();
        let node = pod.node.and_then(|node| cluster.nodes.get(node.0 as usize));
        let node = node.map(|node| &node.name);
        json!({ "name": pod.name.to_string(), "node": node, "addresses": addresses })
    });
    json!({
        "version": 1,
        "cluster": cluster.name,
        "overlay": cluster.overlay.kind.word(),
        "nodes": nodes.collect::<Vec<_>>(),
        "pods": pods.collect::<Vec<_>>(),
        "services": cluster.services.iter().map(service).collect::<Vec<_>>(),
    })
}

fn service(service: &Service) -> Value {
    let addresses: Vec<String> = service.addresses.values().map(ToString::to_string).collect();
    let ports = service.ports.iter().map(|port| {
        let endpoints: Vec<String> =
            port.endpoints.iter().map(|endpoint| endpoint.address.to_string()).collect();
        json!({
            "name": port.name, "port": port.port.to_string(), "node-port": port.node_port,
            "endpoints": endpoints,
        })
    });
    let ports: Vec<Value> = ports.collect();
    json!({ "name": service.name.to_string(), "addresses": addresses, "ports": ports })
}
