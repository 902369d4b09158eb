//! Ingresses as configurations.

use crate::support::compiled_files;
use netc::compile::objects;
use netc::model::{Cluster, NodeId};
use netc::object::State;
use serde_json::{Value, json};

const ENGINES: [&str; 2] = ["nginx", "haproxy"];

/// A Kubernetes cluster, what serves it beside it, and the service `web`.
fn lab(engine: &str) -> String {
    format!(
        "cluster lab {{ services 10.96.0.0/16; ingress {engine} }}\n\
         node node0 {{ address 192.168.0.10/24 on eth0 }}\n\
         service web {{ port http 80; endpoint 192.0.2.7:80 }}\n"
    )
}

/// An ingress with these paths, which the API would take.
fn ingress(name: &str, rules: &[(&str, &str, &str)]) -> Value {
    let paths = rules.iter().map(|(kind, path, service)| {
        let backend = json!({ "service": { "name": service, "port": { "number": 80 } } });
        json!({ "path": path, "pathType": kind, "backend": backend })
    });
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": name },
        "spec": { "rules": [
            { "host": "shop.example", "http": { "paths": paths.collect::<Vec<_>>() } },
        ] },
    })
}

/// The configuration of the node, and the codes of what was said; the configuration is missing if that is
/// an error.
fn config(engine: &str, all: &[Value]) -> (Option<String>, Vec<&'static str>) {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": all }).to_string();
    let compiled = compiled_files(&[("lab.netc", &lab(engine)), ("objects.json", &list)]);
    let codes = compiled.diagnostics.iter().map(|one| one.code.id).collect();
    (compiled.built.map(|built| of_node(&built.cluster)), codes)
}

fn of_node(cluster: &Cluster) -> String {
    let ordered = objects(cluster, &cluster.nodes[0], NodeId(0)).unwrap();
    let mut found = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::Balancer(own) => Some(own.config.to_string()),
        _ => None,
    });
    found.next().unwrap()
}

/// The line that tells where a path leads.
fn line_of<'c>(config: &'c str, mark: &str) -> &'c str {
    let mut lines = config.lines().filter(|line| line.contains(mark));
    lines.next().unwrap_or_else(|| panic!("no `{mark}` in {config}")).trim()
}

#[test]
fn a_path_to_a_service_that_is_not_there_is_answered_with_503() {
    let front = ingress("front", &[("Prefix", "/", "web"), ("Prefix", "/admin", "gone")]);
    let (nginx, codes) = config("nginx", std::slice::from_ref(&front));
    assert_eq!(codes, ["W0354"]);
    let nginx = nginx.unwrap();
    assert!(line_of(&nginx, "location /admin/ ").contains("{ return 503; }"), "{nginx}");
    assert!(line_of(&nginx, "location / ").contains("{ proxy_pass http://default_web_80; }"));
    let (haproxy, _) = config("haproxy", &[front]);
    let haproxy = haproxy.unwrap();
    let led = line_of(&haproxy, "-m beg /admin/ ");
    assert!(led.starts_with("use_backend missing if "), "{led}");
    assert!(
        haproxy.contains("\nbackend missing\n    http-request return status 503\n"),
        "{haproxy}"
    );
}

#[test]
fn a_path_is_claimed_however_it_is_written() {
    let one = ingress("one", &[("Prefix", "/a b", "web")]);
    for (path, codes) in [("/a%20b", vec!["E0350"]), ("/a%20b/", vec!["E0350"]), ("/a+b", vec![])] {
        let two = ingress("two", &[("Prefix", path, "web")]);
        assert_eq!(config("nginx", &[one.clone(), two]).1, codes, "{path}");
    }
}
