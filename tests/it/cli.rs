//! The program as a process: what it prints, what it writes, how it exits.

use crate::program::{Test, finish};
use crate::support::{read, root};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::Command;

const LAB: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay host-gw }
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.11/24 on eth0 }
pods web replicas 2 { labels app=web; port http 80 }
service web { select app=web; port 80 -> http }
";

#[test]
fn check_says_what_a_sound_cluster_has() {
    let run = Test::new(&[("lab.netc", LAB)]).run(&["check", "lab.netc"]);
    let expected = "\
cluster lab is sound: 2 nodes, 2 pods, 1 service
checked 0 asserts, 7 checks: pods-reach-pods, pods-reach-nodes, services-reach-endpoints, \
no-black-hole, no-loop, no-idle-rule, nothing-shadowed
";
    assert_eq!(run.out, expected);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
}

#[test]
fn check_shows_a_fault_in_its_source() {
    let test = Test::new(&[("lab.netc", "cluster lab {\n    pods 10.244.0.1/16\n}\n")]);
    let run = test.run(&["check", "lab.netc"]);
    let expected = "\
E0205

  × `10.244.0.1/16` has host bits set
   ╭─[lab.netc:2:10]
 1 │ cluster lab {
 2 │     pods 10.244.0.1/16
   ·          ──────┬──────
   ·                ╰── expected a network, such as `10.244.0.0/16`
 3 │ }
   ╰────
  help: the network is `10.244.0.0/16`
";
    assert_eq!(run.err, expected);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
}

#[test]
fn check_has_a_form_for_machines() {
    let test = Test::new(&[("lab.netc", "clutser lab\n")]);
    let run = test.run(&["check", "--format", "json", "lab.netc"]);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(found["ok"], false);
    assert_eq!(found["diagnostics"][0]["code"], "E0201");
    assert_eq!(found["diagnostics"][0]["labels"][0]["line"], 1);
    assert_eq!(run.code, Some(1));
}

#[test]
fn sources_come_from_folders_files_and_standard_input() {
    let test = Test::new(&[("lab.netc", LAB)]);
    let file = test.run(&["plan", "lab.netc"]).out;
    assert_eq!(test.run(&["plan"]).out, file);
    assert_eq!(test.run(&["plan", "."]).out, file);
    let input = test.run_with_input(&["plan", "-"], LAB).out;
    assert_eq!(input.replace("<stdin>:", "lab.netc:"), file);
}

#[test]
fn a_file_that_another_one_includes_is_read_once() {
    let (first, rest) = LAB.split_once('\n').unwrap();
    let cluster = format!("{first}\ninclude \"parts/nodes.netc\"\n");
    let test = Test::new(&[("cluster.netc", &cluster), ("parts/nodes.netc", rest)]);
    assert_eq!(test.run(&["check"]).code, Some(0));
    let both = test.run(&["check", "cluster.netc", "parts/nodes.netc"]);
    assert_eq!(both.code, Some(0), "{}", both.err);
    let plan = test.run(&["plan", "--node", "node1"]).out;
    assert!(plan.contains("# parts/nodes.netc:2"), "{plan}");
}

#[test]
fn a_manifest_names_sources_and_folders() {
    let manifest = "sources = [\"src/lab.netc\"]\nlock = \"addresses.lock\"\nout = \"out\"\ngolden = \"out\"\n";
    let test =
        Test::new(&[("netc.toml", manifest), ("src/lab.netc", LAB), ("other.netc", "nonsense")]);
    assert_eq!(test.run(&["lock"]).out, "wrote addresses.lock: 5 allocations\n");
    assert_eq!(test.run(&["build"]).out, "wrote 10 files for 2 nodes to out\n");
    assert_eq!(test.run(&["build", "--check"]).out, "out is up to date: 10 files\n");
    test.write("netc.toml", "sauces = []\n");
    let run = test.run(&["check"]);
    assert!(
        run.err.contains("netc.toml:1: cannot use the manifest: unknown field `sauces`"),
        "{}",
        run.err
    );
    assert_eq!(run.code, Some(1));
}

#[test]
fn missing_and_unsuitable_sources_are_refused() {
    let test = Test::new(&[("objects.yaml", "kind: List\n"), ("empty/x", "")]);
    for (source, why) in [
        ("nowhere.netc", "cannot read `nowhere.netc`: no such file"),
        ("objects.yaml", "there is no `cluster` statement"),
        ("empty", "there is no .netc, .yaml or .json file in `empty`"),
    ] {
        let run = test.run(&["plan", source]);
        assert!(run.err.contains(why), "{}", run.err);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    }
}

#[test]
fn a_source_of_200_megabytes_is_refused_in_bounded_memory() {
    let test = Test::new(&[]);
    let mut file = fs::File::create(test.folder.path().join("huge.netc")).unwrap();
    let line = b"node node0 { address 192.168.0.10 on eth0 }\n".repeat(1000);
    for _ in 0..(200_000_000 / line.len()) {
        file.write_all(&line).unwrap();
    }
    // The limit on the address space would end a program that reads it all.
    let script = "ulimit -v 400000; exec \"$0\" check huge.netc";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_netc")]).current_dir(test.folder.path());
    let run = finish(command.output().unwrap());
    assert!(run.err.contains("makes the sources larger than 64 MiB"), "{}", run.err);
    assert_eq!(run.code, Some(1));
}

#[test]
fn plan_shows_every_node_or_one() {
    let test = Test::new(&[("lab.netc", LAB)]);
    let all = test.run(&["plan"]).out;
    let one = test.run(&["plan", "--node", "node1"]).out;
    assert!(all.starts_with("# node0 ") && all.ends_with(&one));
    assert!(one.contains("ip route replace 10.244.0.0/24 via 192.168.0.10 dev eth0 proto 110"));
    let run = test.run(&["plan", "--node", "ndoe1"]);
    assert!(run.err.contains("did you mean `node1`?"));
    assert_eq!(run.code, Some(1));
}

#[test]
fn plan_can_show_every_rule_with_its_own_position() {
    let run = Test::new(&[("lab.netc", LAB)]).run(&["plan", "--node", "node0", "--rules"]);
    let rule = "iptables -t nat -A KUBE-SEP-";
    let rules: Vec<&str> = run.out.lines().filter(|line| line.starts_with(rule)).collect();
    assert_eq!(rules.len(), 4);
    assert!(rules.iter().all(|line| line.ends_with("# lab.netc:4")), "{rules:?}");
}

#[test]
fn plan_has_a_form_for_machines() {
    let run = Test::new(&[("lab.netc", LAB)]).run(&["plan", "--format", "json"]);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(found["version"], 1);
    let operations = found["plans"][0]["operations"].as_array().unwrap();
    let route = operations.iter().find(|one| one["object"] == "route 10.244.1.0/24").unwrap();
    assert_eq!(route["origins"][0]["line"], 3);
    assert_eq!(route["needs"][0], "device eth0 of the node");
}

#[test]
fn build_writes_what_check_then_finds() {
    let test = Test::new(&[("lab.netc", LAB)]);
    assert_eq!(test.run(&["build", "--out", "out"]).code, Some(0));
    let node = ["ip6tables.rules", "iptables.rules", "netlink.json", "plan.txt", "sysctl.conf"];
    let expected: Vec<String> = ["node0", "node1"]
        .iter()
        .flat_map(|folder| node.map(|name| format!("out/{folder}/{name}")))
        .collect();
    assert_eq!(test.files()[1..], expected);
    assert_eq!(test.run(&["build", "--check", "out", "lab.netc"]).code, Some(0));
    let netlink: Value = serde_json::from_str(&test.read("out/node0/netlink.json")).unwrap();
    assert_eq!((netlink["version"].as_u64(), netlink["node"].as_str()), (Some(1), Some("node0")));
}

#[test]
fn build_check_says_what_differs_and_what_it_means() {
    let test = Test::new(&[("lab.netc", LAB)]);
    test.run(&["build", "--out", "out"]);
    test.write("lab.netc", &LAB.replace("port 80 ->", "port 81 ->"));
    fs::remove_file(test.folder.path().join("out/node1/sysctl.conf")).unwrap();
    let run = test.run(&["build", "--check", "out", "lab.netc"]);
    assert_eq!(run.code, Some(2));
    assert!(run.out.contains("chain KUBE-SERVICES of nat changes"), "{}", run.out);
    assert!(run.out.contains("+ -A KUBE-SERVICES -d 10.96.0.2/32 -p tcp"), "{}", run.out);
    assert!(run.out.contains("node1/sysctl.conf\n    is missing\n"), "{}", run.out);
    test.write("lab.netc", &format!("# moved\n{LAB}"));
    test.run(&["build", "--out", "moved"]);
    test.write("lab.netc", LAB);
    let run = test.run(&["build", "--check", "moved", "lab.netc"]);
    assert!(run.out.contains("only positions in the sources have moved"), "{}", run.out);
    assert_eq!(run.code, Some(2));
}

#[test]
fn build_removes_what_it_no_longer_makes_and_nothing_else() {
    let test = Test::new(&[("lab.netc", LAB)]);
    test.run(&["build", "--out", "out"]);
    test.write("out/node1/notes.md", "mine");
    test.write(
        "lab.netc",
        &LAB.lines().filter(|line| !line.starts_with("node node1")).collect::<Vec<_>>().join("\n"),
    );
    let run = test.run(&["build", "--check", "out", "lab.netc"]);
    assert!(run.out.contains("node1/plan.txt\n    is not made any more"), "{}", run.out);
    assert_eq!(test.run(&["build", "--out", "out"]).code, Some(0));
    let left: Vec<String> =
        test.files().into_iter().filter(|name| name.contains("node1")).collect();
    assert_eq!(left, ["out/node1/notes.md"]);
}

#[test]
fn a_fault_writes_nothing() {
    let test = Test::new(&[("lab.netc", &LAB.replace("on eth0", "in eth0"))]);
    for arguments in [&["build", "--out", "out"][..], &["lock"], &["fmt"]] {
        test.run(arguments);
    }
    let run = test.run(&["build", "--out", "out"]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert_eq!(test.files(), ["lab.netc"]);
}

#[test]
fn an_unwritable_place_is_an_error_with_its_reason() {
    let test = Test::new(&[("lab.netc", LAB), ("out", "a file")]);
    let run = test.run(&["build", "--out", "out"]);
    assert!(run.err.contains("cannot write `out`"), "{}", run.err);
    assert_eq!(run.code, Some(1));
    assert_eq!(test.read("out"), "a file");
}

#[test]
fn lock_records_once_and_check_tells() {
    let test = Test::new(&[("lab.netc", LAB)]);
    let run = test.run(&["lock", "--check"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (Some(2), "netc.lock is not up to date: run `netc lock`\n")
    );
    assert_eq!(test.files(), ["lab.netc"]);
    assert_eq!(test.run(&["lock"]).out, "wrote netc.lock: 5 allocations\n");
    assert_eq!(test.run(&["lock", "--check"]).code, Some(0));
    test.write("lab.netc", &format!("{LAB}pod another on node0\n"));
    let run = test.run(&["plan"]);
    assert!(run.err.contains("is not up to date"), "{}", run.err);
    test.write("netc.lock", "version = 1\ncluster = 3\n");
    let run = test.run(&["plan"]);
    assert!(run.err.contains("netc.lock:2: cannot use the lock"), "{}", run.err);
    assert_eq!(run.code, Some(1));
}

#[test]
fn fmt_writes_checks_and_filters() {
    let messy = "cluster   lab{pods 10.0.0.0/8}";
    let neat = "cluster lab { pods 10.0.0.0/8 }\n";
    let test = Test::new(&[("lab.netc", messy)]);
    let run = test.run(&["fmt", "--check"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), "lab.netc is not formatted\n"));
    assert_eq!(test.run_with_input(&["fmt", "-"], messy).out, neat);
    assert_eq!(test.read("lab.netc"), messy);
    assert_eq!(test.run(&["fmt"]).code, Some(0));
    assert_eq!(test.read("lab.netc"), neat);
    assert_eq!(test.run(&["fmt", "--check"]).code, Some(0));
}

#[test]
fn explain_knows_words_choices_and_codes() {
    let test = Test::new(&[]);
    let pods = test.run(&["explain", "pods"]).out;
    assert!(
        pods.contains("pods NETWORK [per-node /LENGTH] [, NETWORK [per-node /LENGTH] …]"),
        "{pods}"
    );
    assert!(pods.contains("pods [NAMESPACE/]NAME replicas REPLICAS"), "{pods}");
    assert!(test.run(&["explain", "vxlan"]).out.starts_with("overlay vxlan\n"));
    assert_eq!(test.run(&["explain", "e0303"]).out, read("lang/errors/E0303.md"));
    assert!(test.run(&["explain"]).out.contains("    E0303"));
    let run = test.run(&["explain", "serivce"]);
    assert!(run.err.contains("did you mean `service`?"));
    assert_eq!(run.code, Some(1));
}

#[test]
fn graph_draws_the_cluster_or_the_needs_of_a_node() {
    let test = Test::new(&[("lab.netc", LAB)]);
    let topology = test.run(&["graph"]).out;
    assert!(topology.starts_with("graph \"lab\" {"), "{topology}");
    let needs = test.run(&["graph", "--node", "node0"]).out;
    assert!(needs.starts_with("digraph \"node0\" {") && needs.contains("rank=same"), "{needs}");
    let full = test.run(&["graph", "--node", "node0", "--full"]).out;
    assert!(full.lines().count() > needs.lines().count());
    assert_eq!(test.run(&["graph", "--node", "node9"]).code, Some(1));
}

#[test]
fn graph_goes_by_the_ending_of_its_file() {
    let test = Test::new(&[("lab.netc", LAB)]);
    for (file, beginning) in [
        ("a.svg", "<svg "),
        ("a.mmd", "flowchart LR\n"),
        ("a.gv", "graph \"lab\" {"),
        ("a.json", "{\n  \"version\": 1,"),
    ] {
        let run = test.run(&["graph", "lab.netc", "--out", file]);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(0), "", ""));
        assert!(test.read(file).starts_with(beginning), "{file}");
    }
    let run = test.run(&["graph", "lab.netc", "--out", "a.png"]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("E0845") && run.err.contains(".svg"), "{}", run.err);
    test.run(&["graph", "lab.netc", "--out", "a.txt", "--format", "svg"]);
    assert_eq!(test.read("a.txt"), test.read("a.svg"));
}

#[test]
fn usage_errors_are_errors_and_not_differences() {
    let test = Test::new(&[]);
    assert_eq!(test.run(&["plan", "--no-such-flag"]).code, Some(1));
    assert_eq!(test.run(&["--version"]).code, Some(0));
    assert!(test.run(&["--help"]).out.contains("Usage: netc"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let test = Test::new(&[("lab.netc", LAB)]);
    let script = "\"$0\" plan 2>err; echo \"$?\" >code";
    let mut command = Command::new("sh");
    command.args(["-c", &format!("({script}) | head -n 1"), env!("CARGO_BIN_EXE_netc")]);
    command.current_dir(test.folder.path());
    assert!(finish(command.output().unwrap()).out.starts_with("# node0"));
    assert_eq!((test.read("code").as_str(), test.read("err").as_str()), ("0\n", ""));
}

#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let test = Test::new(&[("lab.netc", LAB)]);
    let mut command = test.command(&["plan"]);
    command.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
    let run = finish(command.output().unwrap());
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("E0703]: cannot write the result: the disk is full"), "{}", run.err);
}

#[test]
fn healthz_does_not_take_the_port_of_a_service_for_the_proxy() {
    let sources = format!(
        "{LAB}\nservice out {{ type load-balancer; external-traffic local; health-check-node-port 30100\n\
         port 80; endpoint 10.244.0.9:80 on node0 }}"
    );
    let test = Test::new(&[("lab.netc", &sources)]);
    let once = ["healthz", "--node", "node0", "--once", "--proxy-port"];
    let refused = test.run(&[&once[..], &["30100"]].concat());
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("service default/out has its health check there"), "{refused:?}");
    let told = test.run(&[&once[..], &["10256"]].concat());
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("30100  default/out"), "{told:?}");
}

#[test]
fn the_command_line_is_documented() {
    let mut page = String::from(
        "# The commands of netc\n\nWhat `--help` says; a test keeps this page up to date.\n",
    );
    for command in [
        "",
        "check",
        "plan",
        "build",
        "diff",
        "apply",
        "confirm",
        "rollback",
        "destroy",
        "healthz",
        "graph",
        "show service",
        "show node",
        "show cluster",
        "show docker",
        "why",
        "lab",
        "lab up",
        "lab apply",
        "lab exec",
        "lab curl",
        "lab test",
        "lab status",
        "lab break",
        "lab heal",
        "lab down",
        "lab list",
        "lock",
        "import",
        "import k8s",
        "import cni",
        "fmt",
        "explain",
    ] {
        let arguments: Vec<&str> =
            command.split(' ').chain(["--help"]).filter(|one| !one.is_empty()).collect();
        let help = Test::new(&[]).run(&arguments).out;
        let title = format!("netc {command}");
        page.push_str(&format!("\n## {}\n\n```text\n{}```\n", title.trim(), help));
    }
    let path = root().join("notes/commands.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(read("notes/commands.md"), page, "run the test with UPDATE=1 and read the change");
}
