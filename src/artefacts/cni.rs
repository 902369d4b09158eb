//! The CNI configuration of a node's pod network, for a container runtime (netspec 2.1, 2.2, 2.6,
//! 2.7).

use crate::model::{Attachment, AttachmentKind, Family, Node, PodMasquerade, PodRoute, gateway};
use serde_json::{Map, Value, json};

/// The version of the specification whose form it has.
const VERSION: &str = "1.0.0";

/// The name and the contents of the file, if it is asked for.
pub(super) fn conflist(node: &Node) -> Option<(String, String)> {
    let own = node.attachment.as_ref().filter(|own| own.emit && !node.blocks.is_empty())?;
    let all = json!({
        "cniVersion": VERSION,
        "name": own.network,
        "plugins": [main(node, own), port_map(own)],
    });
    // Every value of this form can be written.
    let text = serde_json::to_string_pretty(&all).unwrap_or_default();
    Some((format!("10-{}.conflist", own.network), text + "\n"))
}

/// Whether a file has the name of a configuration.
pub(super) fn is_conflist(name: &str) -> bool {
    name.starts_with("10-") && name.ends_with(".conflist")
}

/// The plugin that joins pods. What the plugins have off goes without saying.
fn main(node: &Node, own: &Attachment) -> Value {
    let mut all = Map::new();
    let mut say = |key: &str, value: Value| all.insert(key.to_owned(), value);
    match &own.kind {
        AttachmentKind::Bridge(bridge) => {
            say("type", "bridge".into());
            say("bridge", bridge.name.as_str().into());
            let switches = [
                ("isGateway", bridge.gateway),
                ("isDefaultGateway", own.default_gateway),
                ("hairpinMode", bridge.hairpin),
                ("promiscMode", bridge.promiscuous),
                ("portIsolation", bridge.isolate),
            ];
            for (key, _) in switches.into_iter().filter(|(_, on)| *on) {
                say(key, true.into());
            }
            if let Some(vlan) = bridge.vlan {
                say("vlan", vlan.into());
            }
        }
        AttachmentKind::PointToPoint => {
            say("type", "ptp".into());
        }
    }
    if own.masquerade != PodMasquerade::None {
        say("ipMasq", true.into());
    }
    say("mtu", own.mtu.into());
    say("ipam", ipam(node, own));
    Value::Object(all)
}

fn ipam(node: &Node, own: &Attachment) -> Value {
    let sets: Vec<Value> = node.blocks.families().map(|family| set(node, own, family)).collect();
    let mut routes: Vec<Value> =
        own.routes.iter().filter(|route| has(node, route)).map(route).collect();
    // The plugin for a bridge makes the default routes by itself.
    if own.default_gateway && own.bridge().is_none() {
        let families = node.blocks.families();
        routes.extend(families.map(|family| json!({ "dst": family.default_route() })));
    }
    let mut all = json!({ "type": "host-local", "ranges": sets });
    if let (false, Value::Object(fields)) = (routes.is_empty(), &mut all) {
        fields.insert("routes".to_owned(), routes.into());
    }
    all
}

fn has(node: &Node, route: &PodRoute) -> bool {
    node.blocks.get(Family::of_net(route.destination)).is_some()
}

fn route(route: &PodRoute) -> Value {
    match route.gateway {
        Some(gateway) => json!({ "dst": route.destination, "gw": gateway }),
        None => json!({ "dst": route.destination }),
    }
}

/// The ranges of a family: a pod gets an address of one of them.
fn set(node: &Node, own: &Attachment, family: Family) -> Value {
    let Some(block) = node.blocks.get(family) else { return Value::Null };
    let stated = node.gateways.get(family).filter(|own| **own != gateway(*block));
    let range = |ends: Option<(String, String)>| {
        let mut all = json!({ "subnet": block });
        if let Value::Object(fields) = &mut all {
            if let Some((first, last)) = ends {
                fields.insert("rangeStart".to_owned(), first.into());
                fields.insert("rangeEnd".to_owned(), last.into());
            }
            if let Some(gateway) = stated {
                fields.insert("gateway".to_owned(), gateway.to_string().into());
            }
        }
        all
    };
    let ranges = own.ranges.iter().filter(|range| Family::of(*range.start()) == family);
    let ends = ranges.map(|range| Some((range.start().to_string(), range.end().to_string())));
    let all: Vec<Value> = ends.map(range).collect();
    if all.is_empty() { json!([range(None)]) } else { all.into() }
}

fn port_map(own: &Attachment) -> Value {
    let map = own.port_map;
    let mut all = json!({ "type": "portmap", "capabilities": { "portMappings": true } });
    if let Value::Object(fields) = &mut all {
        if !map.snat {
            fields.insert("snat".to_owned(), false.into());
        }
        if map.masquerade_all {
            fields.insert("masqAll".to_owned(), true.into());
        }
        if map.mark != 1 << 13 {
            fields.insert("markMasqBit".to_owned(), map.mark.trailing_zeros().into());
        }
    }
    all
}
