//! An ingress in a lab: the real nginx, applied like everything else, asked with real HTTP.

use super::Labs;
use crate::lab::root;

#[test]
fn hosts_and_paths_lead_to_their_pods() {
    let labs = Labs::new();
    labs.up(&root().join("examples/ingress"), &[]);
    let asked = |host: &str, path: &str| {
        let line =
            format!("curl -s -m 5 -w %{{http_code}} -H Host:{host} http://192.168.99.100{path}");
        labs.exec("minikube", "outside", &line)
    };
    for (host, path, who) in [
        ("any.example", "/welcome", "default/nginx-"),
        ("any.example", "/welcome/back", "default/nginx-"),
        ("any.example", "/echoserver", "default/echoserver-0 10.1.0.2:8080"),
        ("shop.example", "/", "default/nginx-"),
        ("shop.example", "/cart/1", "default/echoserver-0 10.1.0.2:8080"),
        ("shop.example", "/cart/checkout", "default/nginx-"),
    ] {
        let answer = asked(host, path);
        assert!(answer.starts_with(who) && answer.ends_with("200"), "{host}{path}: {answer}");
        assert!(answer.contains(path) && answer.contains(host), "{host}{path}: {answer}");
    }
    for path in ["/", "/welcomed"] {
        assert!(asked("any.example", path).ends_with("404"), "{path}");
    }
    // The node port of the controller's own service leads to the same program.
    let line = "curl -s -m 5 http://192.168.99.100:30080/echoserver";
    assert!(labs.exec("minikube", "outside", line).starts_with("default/echoserver-0"));
    labs.done(&["test"]);
}
