//! BGP speakers that refuse what a build writes for them, played by scripts in their names.

use crate::program::{Run, Test, finish};
use std::fs;
use std::process::Command;

const SOURCE: &str = "\
cluster lab {
    pods           10.244.0.0/16, fd00:10:244::/56
    services       10.96.0.0/16, fd00:10:96::/112
    overlay        host-gw
    load-balancers 203.0.113.0/28, 2001:db8:1b::/120 { announce bgp }
    bgp { as 64512; engine ENGINE; peer 192.0.2.1 as 64500; advertise load-balancers, pods }
}
node node0 { address 192.0.2.10/24, 2001:db8::10/64 on eth0 }
service web { type load-balancer; families ipv4, ipv6; port 80 }
";

/// Both speakers, the program that looks at a configuration, how it is asked, and how it refuses.
const SPEAKERS: [(&str, &str, &str, &str); 2] = [
    ("bird", "bird", "-p -c", "echo \"bird: $3:9:2 syntax error\" >&2; exit 1"),
    ("frr", "vtysh", "-C -f", "echo 'line 9: % Unknown command'; exit 2"),
];

/// A build with a program that is this script.
fn build(engine: &str, program: &str, script: &str) -> (Test, Run) {
    let text = format!("#!/bin/sh\necho \"$@\" >asked\n{script}\n");
    let source = SOURCE.replace("ENGINE", engine);
    let test = Test::new(&[("lab.netc", &source), ("script", &text), ("tools/none", "")]);
    // By a process of its own: a file that this one, or a fork of it, has open for writing cannot be
    // run.
    let (tools, text) = (test.folder.path().join("tools"), test.folder.path().join("script"));
    let mut install = Command::new("install");
    let output = install.args(["-m", "755"]).arg(text).arg(tools.join(program)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let mut command = test.command(&["build", "lab.netc", "--out", "out"]);
    let run = finish(command.env("PATH", path).output().unwrap());
    (test, run)
}

#[test]
fn a_configuration_that_its_speaker_refuses_is_not_written() {
    for (engine, program, asked, refusal) in SPEAKERS {
        let (test, run) = build(engine, program, refusal);
        let said = run.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{said}");
        assert!(said.contains("E0367") && said.contains("lab.netc:6:5"), "{said}");
        let words = format!("{engine}.conf of node node0 is refused by {program}: ");
        let why = if engine == "bird" { "9:2 syntax error" } else { "line 9: % Unknown command" };
        assert!(said.contains(&format!("{words}{why}")), "{said}");
        let told = fs::read_to_string(test.folder.path().join("asked")).unwrap();
        assert!(told.starts_with(asked), "{told}");
        assert_eq!(fs::read_dir(test.folder.path().join("out")).unwrap().count(), 0);
    }
}

#[test]
fn a_configuration_that_its_speaker_takes_is_written() {
    for (engine, program, ..) in SPEAKERS {
        let (test, run) = build(engine, program, "exit 0");
        assert_eq!(run.code, Some(0), "{}", run.err);
        assert!(test.folder.path().join("asked").exists());
        let name = format!("{engine}.conf");
        let written = fs::read_to_string(test.folder.path().join("out/node0").join(&name)).unwrap();
        insta::assert_snapshot!(name, written);
    }
}
