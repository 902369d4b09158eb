//! An ingress in a lab: the real nginx, applied like everything else, asked with real HTTP.

use super::Labs;
use crate::lab::{root, text};
use std::fs;
use std::process::Stdio;

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
    // Without a port a node is asked where it serves ingresses.
    let line = ["curl", "outside", "node/minikube", "/cart/1", "--host", "shop.example"];
    assert!(labs.done(&line).starts_with("default/echoserver-0"));
    // Every rule is asked for, and who is to answer is known.
    let shown = |said: &str, words: &str| {
        let mut lines =
            said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(lines.any(|line| line == words), "{words:?} in {said}");
    };
    let tested = labs.done(&["test"]);
    shown(&tested, "ingress default/shop ok 3 questions");
    shown(&tested, "ingress default/welcome ok 2 questions");
    labs.exec("minikube", "node/minikube", "ip link set cni0 down");
    let output = labs.netc(&["test"]).output().unwrap();
    let tested = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{tested}");
    shown(&tested, "ingress default/welcome FAILED 2 of 2 questions fail");
    assert!(
        tested.contains("-> GET shop.example/cart of node minikube (192.168.99.100:80, tcp): "),
        "{tested}"
    );
}

#[test]
fn endpoints_come_and_go_and_no_request_is_lost() {
    let labs = Labs::new();
    let page = fs::read_to_string(root().join("examples/ingress/cluster.netc")).unwrap();
    let with = |replicas: usize| {
        let now = format!("pods nginx replicas {replicas} on");
        labs.file("cluster.netc", &page.replace("pods nginx replicas 2 on", &now))
    };
    let source = with(2);
    labs.up(&source, &[]);
    let over = source.with_file_name("over");
    let line = format!(
        "while [ ! -e {} ]; do curl -s -m 20 -w ' %{{http_code}}\\n' http://192.168.99.100/welcome | tr '\\n' ' '; \
         echo; done",
        over.display()
    );
    let mut client = labs.netc(&["exec", "outside", "--", "sh", "-c", &line]);
    let client = client.stdout(Stdio::piped()).spawn().unwrap();
    for replicas in [3, 4, 2, 3] {
        with(replicas);
        labs.done(&["apply"]);
        // All of them serve by now.
        let asked = labs.done(&[
            "curl",
            "outside",
            "192.168.99.100:80",
            "/welcome",
            "--count",
            "40",
            "--format",
            "json",
        ]);
        for replica in 0..replicas {
            assert!(asked.contains(&format!("default/nginx-{replica}")), "{replicas}: {asked}");
        }
    }
    fs::write(over, "").unwrap();
    let said = text(&client.wait_with_output().unwrap().stdout);
    assert!(said.lines().count() > 4, "{said}");
    for answer in said.lines() {
        assert!(
            answer.starts_with("default/nginx-") && answer.trim_end().ends_with(" 200"),
            "{answer}"
        );
    }
    labs.done(&["test"]);
}
