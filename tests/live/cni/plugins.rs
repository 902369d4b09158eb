//! A container runtime as far as networks go: it calls the plugins of a list for each container
//! (the specification of CNI, sections 2 and 3).

use crate::lab::{Lab, run, text, within};
use serde_json::{Map, Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Where Debian has the plugins.
const PLUGINS: &str = "/usr/lib/cni";

/// A network and the containers that join it.
pub(super) struct Runtime {
    /// Its name, and the version of the specification that the configuration is written in.
    name: Value,
    version: Value,
    /// The plugins in their order.
    plugins: Vec<Map<String, Value>>,
    containers: Vec<Container>,
    /// Parts of lines in which nodes may differ.
    differs: Vec<String>,
}

/// A container as the runtime knows it.
struct Container {
    /// The identity that it has for the plugins.
    id: String,
    /// The pod that it is in the source for netc, `NAMESPACE/NAME`.
    pod: String,
    /// What the runtime tells plugins that can make use of it.
    told: Map<String, Value>,
}

impl Runtime {
    /// Reads a case.
    pub(super) fn read(folder: &Path) -> Runtime {
        let list = ["net.conflist", "net.conf"].map(|name| folder.join(name));
        Runtime::with(list.iter().find(|path| path.exists()).expect("a configuration"), folder)
    }

    /// The same containers in the network of another configuration.
    pub(super) fn with(list: &Path, folder: &Path) -> Runtime {
        let mut list = read(list);
        let plugins = match list.remove("plugins") {
            Some(plugins) => serde_json::from_value(plugins).unwrap(),
            None => vec![list.clone()],
        };
        let containers = read(&folder.join("runtime.json")).remove("containers").unwrap();
        let containers = containers.as_array().unwrap().iter().map(Container::read).collect();
        let of_list = |key: &str| list.get(key).unwrap().clone();
        let (name, version) = (of_list("name"), of_list("cniVersion"));
        let differs = fs::read_to_string(folder.join("differs")).unwrap_or_default();
        let differs = differs.lines().filter(|line| !line.starts_with('#')).map(str::to_owned);
        Runtime { name, version, plugins, containers, differs: differs.collect() }
    }

    /// Adds all containers to a node, each with a namespace of its own.
    pub(super) fn add_all(&self, lab: &Lab, node: &str) {
        let leases = lab.file("leases", "");
        fs::remove_file(&leases).unwrap();
        for container in &self.containers {
            run(&format!("ip netns add {}", container.space()));
            let loopback = json!({"cniVersion": self.version, "name": "lo", "type": "loopback"});
            call(node, container, "lo", "loopback", &loopback);
            let mut result = Value::Null;
            for plugin in &self.plugins {
                let mut asked = plugin.clone();
                asked.insert("name".into(), self.name.clone());
                asked.insert("cniVersion".into(), self.version.clone());
                asked.insert("runtimeConfig".into(), container.told_to(plugin));
                if !result.is_null() {
                    asked.insert("prevResult".into(), result);
                }
                // Not where the machine's own runtime keeps them.
                if let Some(ipam) = asked.get_mut("ipam").and_then(Value::as_object_mut) {
                    ipam.insert("dataDir".into(), leases.to_str().unwrap().into());
                }
                let program = plugin["type"].as_str().unwrap();
                result = call(node, container, "eth0", program, &asked.into());
            }
        }
        settled(node);
    }

    /// Parts of lines in which netc's node may differ from that of the plugins.
    pub(super) fn differs(&self) -> &[String] {
        &self.differs
    }

    /// The namespaces of the containers, with the place that each has in the case.
    pub(super) fn spaces(&self) -> Vec<(String, &str)> {
        self.containers.iter().map(|each| (each.space(), each.pod.as_str())).collect()
    }

    /// The namespaces that netc makes for them.
    pub(super) fn spaces_of_netc(&self) -> Vec<(String, &str)> {
        let space = |pod: &str| format!("pod-{}", pod.replace('/', "."));
        self.containers.iter().map(|each| (space(&each.pod), each.pod.as_str())).collect()
    }
}

fn read(path: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Container {
    fn read(stated: &Value) -> Container {
        let mut told = stated.as_object().unwrap().clone();
        let mut word = |key: &str| match told.remove(key) {
            Some(Value::String(word)) => word,
            other => panic!("{key} of a container: {other:?}"),
        };
        Container { id: word("id"), pod: word("pod"), told }
    }

    fn space(&self) -> String {
        format!("cni-{}", self.pod.replace('/', "."))
    }

    /// What it is told of what it says that it can use.
    fn told_to(&self, plugin: &Map<String, Value>) -> Value {
        let can = plugin.get("capabilities").and_then(Value::as_object);
        let uses = |key: &&String| can.and_then(|can| can.get(*key)) == Some(&Value::Bool(true));
        let told = self.told.iter().filter(|(key, _)| uses(key));
        Value::Object(told.map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

/// Waits until the node may use its IPv6 addresses: a gateway's is looked for first (DAD).
fn settled(node: &str) {
    for _ in 0..50 {
        if run(&format!("ip -n {node} -6 addr show tentative scope global")).is_empty() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{node} has an address that stays tentative");
}

/// Runs one plugin in the namespace of the node. Its result.
fn call(node: &str, container: &Container, device: &str, plugin: &str, asked: &Value) -> Value {
    let mut command = Command::new(Path::new(PLUGINS).join(plugin));
    command.env("CNI_COMMAND", "ADD").env("CNI_CONTAINERID", &container.id);
    command.env("CNI_NETNS", format!("/run/netns/{}", container.space()));
    command.env("CNI_IFNAME", device).env("CNI_PATH", PLUGINS);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (name, asked) = (plugin.to_owned(), asked.to_string());
    let output = within(node, move || {
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("{PLUGINS}/{name}: {error}: run tests/run.sh, or install containernetworking-plugins")
        });
        child.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let said = text(&output.stdout);
    assert!(output.status.success(), "{plugin}: {said}{}", text(&output.stderr));
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{plugin}: {error}: {said}"))
}
