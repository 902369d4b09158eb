//! Kubernetes objects as sources: where they come from, and how many there may be.

use crate::program::{Test, finish};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;
use std::thread;

const LAB: &str = "cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16 }\n";

const NODE: &str = "\
kind: Node
apiVersion: v1
metadata: {name: node0}
spec: {podCIDR: 10.244.0.0/24}
";

const SERVICE: &str = r#"{
    "kind": "Service", "apiVersion": "v1", "metadata": { "name": "web" },
    "spec": { "clusterIP": "10.96.0.80", "ports": [{ "port": 80 }] }
}
{
    "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
    "metadata": { "name": "web-1", "labels": { "kubernetes.io/service-name": "web" } },
    "addressType": "IPv4", "ports": [{ "port": 8080 }],
    "endpoints": [{ "addresses": ["10.244.0.7"], "nodeName": "node0" }]
}
"#;

const SOUND: &str = "\
cluster lab is sound: 1 node, 0 pods, 1 service
checked 0 asserts, 7 checks: pods-reach-pods, pods-reach-nodes, services-reach-endpoints, \
no-black-hole, no-loop, no-idle-rule, nothing-shadowed
";

#[test]
fn objects_stand_beside_statements_on_the_command_line_and_in_folders() {
    let test = Test::new(&[
        ("lab/lab.netc", LAB),
        ("lab/node.yml", NODE),
        ("lab/service.json", SERVICE),
        ("lab/notes.txt", "no source"),
    ]);
    let named = ["check", "lab/lab.netc", "lab/node.yml", "lab/service.json"];
    for arguments in [&named[..], &["check", "lab"]] {
        let run = test.run(arguments);
        assert_eq!((run.out.as_str(), run.err.as_str()), (SOUND, ""));
    }
    let plan = test.run(&["plan", "--rules", "lab"]).out;
    assert!(plan.contains("# service.json:3") && plan.contains("# service.json:9"), "{plan}");
}

#[test]
fn manifests_and_includes_name_objects() {
    let manifest = "sources = [\"lab.netc\", \"objects\"]\n";
    let test = Test::new(&[
        ("netc.toml", manifest),
        ("lab.netc", LAB),
        ("objects/node.yaml", NODE),
        ("objects/service.json", SERVICE),
        ("ignored.yaml", "nonsense"),
    ]);
    assert_eq!(test.run(&["check"]).out, SOUND);
    let includes =
        format!("include \"objects/node.yaml\"\n{LAB}include \"objects/service.json\"\n");
    test.write("lab.netc", &includes);
    assert_eq!(test.run(&["check", "lab.netc"]).out, SOUND);
    // Named twice, read once.
    assert_eq!(test.run(&["check", "lab.netc", "objects/node.yaml"]).out, SOUND);
}

#[test]
fn standard_input_is_told_by_its_beginning() {
    let test = Test::new(&[("lab.netc", &format!("{LAB}include \"node.yaml\"\n"))]);
    test.write("node.yaml", NODE);
    for input in [SERVICE, &format!("\u{feff}{SERVICE}")] {
        let run = test.run_with_input(&["check", "lab.netc", "-"], input);
        assert_eq!((run.out.as_str(), run.err.as_str()), (SOUND, ""));
    }
    test.write("lab.netc", &format!("{LAB}include \"service.json\"\n"));
    test.write("service.json", SERVICE);
    for input in [NODE, &format!("# nodes\n\n---\n{NODE}"), "node node0\n"] {
        let run = test.run_with_input(&["check", "lab.netc", "-"], input);
        assert_eq!((run.out.as_str(), run.err.as_str()), (SOUND, ""));
    }
}

#[test]
fn a_folder_of_objects_alone_lacks_only_the_cluster() {
    let test = Test::new(&[("node.yaml", NODE), ("empty.yaml", "")]);
    let run = test.run(&["check"]);
    assert!(run.err.contains("there is no `cluster` statement"), "{}", run.err);
    assert_eq!(test.run(&["import", "k8s"]).out, "node node0 {\n    pods 10.244.0.0/24\n}\n");
}

#[test]
fn fmt_leaves_objects_alone() {
    let test = Test::new(&[("lab.netc", LAB), ("node.yaml", NODE)]);
    assert_eq!(test.run(&["fmt", "--check"]).code, Some(0));
}

#[test]
fn what_is_imported_goes_to_standard_output_or_a_file() {
    let test = Test::new(&[("lab.netc", LAB), ("node.yaml", NODE), ("bad.yaml", "kind: Node\n")]);
    let imported = "node node0 {\n    pods 10.244.0.0/24\n}\n";
    assert_eq!(test.run(&["import", "k8s", "node.yaml"]).out, imported);
    assert_eq!(test.run_with_input(&["import", "k8s", "-"], NODE).out, imported);
    let run = test.run(&["import", "k8s", "node.yaml", "--out", "node.netc"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""));
    assert_eq!(test.read("node.netc"), imported);
    for source in ["bad.yaml", "lab.netc", "nowhere.yaml"] {
        let run = test.run(&["import", "k8s", source, "--out", "other.netc"]);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{}", run.err);
    }
    assert!(!test.files().contains(&"other.netc".to_owned()));
}

#[test]
fn a_pipe_is_written_into_and_a_linked_file_stays_linked() {
    let test = Test::new(&[("node.yaml", NODE), ("far.netc", "")]);
    let place = |name: &str| test.folder.path().join(name);
    let made = Command::new("mkfifo").arg(place("pipe")).status().unwrap();
    assert!(made.success());
    let reader = {
        let pipe = place("pipe");
        thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    assert_eq!(test.run(&["import", "k8s", "node.yaml", "--out", "pipe"]).code, Some(0));
    assert!(fs::metadata(place("pipe")).unwrap().file_type().is_fifo());
    assert_eq!(reader.join().unwrap(), "node node0 {\n    pods 10.244.0.0/24\n}\n");

    symlink("far.netc", place("near.netc")).unwrap();
    assert_eq!(test.run(&["import", "k8s", "node.yaml", "--out", "near.netc"]).code, Some(0));
    assert!(fs::symlink_metadata(place("near.netc")).unwrap().is_symlink());
    assert_eq!(test.read("far.netc"), "node node0 {\n    pods 10.244.0.0/24\n}\n");
}

#[test]
fn more_than_a_thousand_endpoints_of_a_slice_are_refused() {
    let endpoints: Vec<String> =
        (0..1001).map(|i| format!("{{addresses: [10.0.{}.{}]}}", i / 250, i % 250 + 1)).collect();
    let slice = format!(
        "kind: EndpointSlice\nmetadata: {{name: a, labels: {{kubernetes.io/service-name: a}}}}\naddressType: IPv4\nendpoints: [{}]\n",
        endpoints.join(", ")
    );
    let test = Test::new(&[("lab.netc", LAB), ("slice.yaml", &slice)]);
    let run = test.run(&["check", "--format", "short"]);
    assert!(run.err.contains("1001 endpoints are more than 1000"), "{}", run.err);
}

#[test]
fn half_a_gigabyte_of_objects_is_refused_in_bounded_memory() {
    let test = Test::new(&[("lab.netc", LAB)]);
    let mut file = fs::File::create(test.folder.path().join("huge.json")).unwrap();
    file.write_all(b"{\"kind\": \"List\", \"items\": [\n").unwrap();
    let line = b"{\"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}},\n".repeat(1000);
    for _ in 0..(500_000_000 / line.len()) {
        file.write_all(&line).unwrap();
    }
    // The limit on the address space would end a program that reads it all.
    let script = "ulimit -v 400000; exec \"$0\" check lab.netc huge.json";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_netc")]).current_dir(test.folder.path());
    let run = finish(command.output().unwrap());
    assert!(run.err.contains("makes the Kubernetes objects larger than 256 MiB"), "{}", run.err);
    assert_eq!(run.code, Some(1));
}

#[test]
fn a_fault_in_a_line_of_many_megabytes_is_shown_without_it() {
    let services: Vec<String> = (0..20_000)
        .map(|i| {
            format!(r#"{{"kind":"Service","metadata":{{"name":"s{i}"}},"spec":{{"ports":[{{"port":{}}}]}}}}"#, i % 19_999)
        })
        .collect();
    let list = format!(r#"{{"kind":"List","items":[{}]}}"#, services.join(","));
    let test = Test::new(&[("lab.netc", LAB), ("list.json", &list)]);
    let run = test.run(&["check"]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("`spec.ports[0].port` of Service default/s0: 0 is not a port"));
    assert!(run.err.len() < 10_000, "{}", run.err.len());
}
