//! The whole program: `netc build` from Kubernetes objects, as `kubectl get … -o json` prints
//! them, to the files of one node.

use crate::{middle, millis};
use nix::sys::resource::{UsageWho, getrusage};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const RUNS: usize = 7;

/// Builds one node of three from so many services with ten endpoints each.
pub(super) fn build(services: usize) {
    let folder = std::env::temp_dir().join(format!("netc-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let cluster = "cluster bench { pods 10.0.0.0/8; services 172.16.0.0/16 }\n";
    fs::write(folder.join("cluster.netc"), cluster).expect("a file");
    let json = folder.join("objects.json");
    objects(&json, services).expect("a file");
    let length = |path: &Path| fs::metadata(path).expect("a file").len() as f64 / 1e6;
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run(&folder);
        start.elapsed()
    });
    let time = middle(times);
    let rules = length(&folder.join("out/node-0/iptables.rules"));
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage").max_rss();
    println!(
        "{:>10} {:>8.1} MB JSON {:>8.0} ms {:>8.1} MB rules, peak {:>6.1} MB",
        format!("{services}×10"),
        length(&json),
        millis(time),
        rules,
        peak as f64 / 1e3
    );
    fs::remove_dir_all(&folder).expect("it was ours");
}

fn run(folder: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_netc"))
        .args(["build", "cluster.netc", "objects.json", "--node", "node-0", "--out", "out"])
        .current_dir(folder)
        .output()
        .expect("it runs");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

/// Writes as it goes: a child begins with its parent's memory, and would be measured with it.
fn objects(path: &Path, services: usize) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{{\n    \"apiVersion\": \"v1\",\n    \"items\": [")?;
    for number in 0..services {
        writeln!(file, "{},\n{},", service(number), slice(number))?;
    }
    writeln!(file, "{},\n{},\n{}", node(0), node(1), node(2))?;
    writeln!(file, "    ],\n    \"kind\": \"List\"\n}}")?;
    file.flush()
}

fn node(number: usize) -> String {
    format!(
        r#"        {{
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {{
                "name": "node-{number}"
            }},
            "spec": {{
                "podCIDR": "10.{number}.0.0/16"
            }}
        }}"#
    )
}

fn service(number: usize) -> String {
    let (high, low, namespace) = ((number + 2) / 256, (number + 2) % 256, number % 50);
    format!(
        r#"        {{
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {{
                "name": "svc-{number}",
                "namespace": "team-{namespace}"
            }},
            "spec": {{
                "clusterIP": "172.16.{high}.{low}",
                "ipFamilyPolicy": "SingleStack",
                "ports": [
                    {{
                        "name": "http",
                        "port": 80,
                        "protocol": "TCP",
                        "targetPort": 8080
                    }}
                ],
                "sessionAffinity": "None",
                "type": "ClusterIP"
            }}
        }}"#
    )
}

fn slice(service: usize) -> String {
    let namespace = service % 50;
    let mut endpoints = String::new();
    for endpoint in 0..10 {
        let number = service * 10 + endpoint;
        let (b, c, d) = (number / 60_000, number / 250 % 250, number % 250 + 2);
        let comma = if endpoint == 9 { "" } else { "," };
        let _ = write!(
            endpoints,
            r#"
                {{
                    "addresses": [
                        "10.{b}.{c}.{d}"
                    ],
                    "conditions": {{
                        "ready": true,
                        "serving": true,
                        "terminating": false
                    }},
                    "nodeName": "node-{}",
                    "targetRef": {{
                        "kind": "Pod",
                        "name": "svc-{service}-{endpoint}",
                        "namespace": "team-{namespace}"
                    }}
                }}{comma}"#,
            endpoint % 3
        );
    }
    format!(
        r#"        {{
            "addressType": "IPv4",
            "apiVersion": "discovery.k8s.io/v1",
            "endpoints": [{endpoints}
            ],
            "kind": "EndpointSlice",
            "metadata": {{
                "labels": {{
                    "kubernetes.io/service-name": "svc-{service}"
                }},
                "name": "svc-{service}-abcde",
                "namespace": "team-{namespace}"
            }},
            "ports": [
                {{
                    "name": "http",
                    "port": 8080,
                    "protocol": "TCP"
                }}
            ]
        }}"#
    )
}
