//! `netc graph`

use super::args::{self, Format, GraphFormat};
use super::exit;
use super::project::Ready;
use super::ui::Ui;
use crate::graph::{self, Ordered};
use crate::model::{Cluster, Service};
use serde_json::{Value, json};

pub(super) fn run(args: &args::Graph, ui: &mut Ui) -> u8 {
    show(args, ui).err().unwrap_or(exit::OK)
}

fn show(args: &args::Graph, ui: &mut Ui) -> Result<(), u8> {
    let ready = Ready::open(&args.source, Format::Text, ui)?;
    let Some(name) = &args.node else {
        match args.format {
            GraphFormat::Dot => ui.out(&graph::topology(&ready.cluster)),
            GraphFormat::Json => ui.json(&topology(&ready.cluster)),
        }
        return Ok(());
    };
    for chosen in ready.nodes(std::slice::from_ref(name), Format::Text, ui)? {
        let ordered = ready.objects(chosen, Format::Text, ui)?;
        match args.format {
            GraphFormat::Dot => ui.out(&graph::dependencies(name, &ordered)),
            GraphFormat::Json => ui.json(&dependencies(name, &ordered)),
        }
    }
    Ok(())
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
