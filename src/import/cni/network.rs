//! A whole configuration.

use super::plugin::{self, Joined};
use super::port_map::{self, SeenPortMap};
use super::{left_out, unknown};
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::Wrong;
use netc_lang::schema::Shape;

/// What a configuration says.
pub(super) struct Network {
    pub(super) name: String,
    pub(super) joined: Joined,
    pub(super) port_map: Option<SeenPortMap>,
}

/// The keys of a list beside its plugins.
const LIST: [&str; 7] = [
    "cniVersion",
    "cniVersions",
    "name",
    "plugins",
    "disableCheck",
    "disableGC",
    "loadOnlyInlinedPlugins",
];

pub(super) fn read(object: &mut Object<'_, '_>) -> Option<Network> {
    let root = object.root;
    let name = name(object, root);
    let plugins: Vec<&Node<'_>> = match root.get("plugins") {
        Some(_) => {
            unknown(object, root, "a list of plugins", &LIST);
            object.list(root, "plugins").iter().collect()
        }
        None => vec![root],
    };
    let (first, others) = plugins.split_first()?;
    let joined = plugin::read(object, first);
    let mut port_map = None;
    for plugin in others {
        if !object.is_map(plugin) {
            continue;
        }
        let Some((node, kind)) = object.text(plugin, "type") else {
            object.missing(plugin, "type", "name the plugin");
            continue;
        };
        let help = match kind {
            "portmap" => {
                port_map = Some(port_map::read(object, plugin));
                continue;
            }
            // Every namespace has its loopback device.
            "loopback" => continue,
            "firewall" => {
                "netc does not close the chain FORWARD, and so needs no rules that open it"
            }
            "bandwidth" => "netc shapes no traffic",
            "tuning" => "netc sets the parameters that the pod network needs",
            _ => "netc does what the plugins bridge, ptp, host-local and portmap do",
        };
        object.faults.push(left_out(node.span, format!("plugin `{kind}`"), help));
    }
    Some(Network { name: name?, joined: joined?, port_map })
}

fn name(object: &mut Object<'_, '_>, root: &Node<'_>) -> Option<String> {
    let Some(node) = root.get("name") else {
        object.missing(root, "name", "name the network: chains are named after it");
        return None;
    };
    let name = object.value(node, |text| match Shape::CniName.read(text, false) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            let help =
                "names are letters, digits, `_`, `.` and `-`, and begin with a letter or digit";
            Err(Wrong::new("is not a name", help))
        }
    });
    name.map(|name| name.value)
}
