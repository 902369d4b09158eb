//! A machine that cannot do IPVS: iptables stands in for it, or nothing is done.

use crate::dump::{dump, same};
use crate::lab::{Lab, ask_often, run, serve, text};
use std::path::Path;
use std::process::Output;

const LAB: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; PROXY }
node node0 { address 192.168.0.10/24 on eth0 }
service web { ip 10.96.0.80; port 80; endpoint 192.168.0.20:80 weight 2 }
";

/// Applies where there are the tools of iptables, but not `ipset`, whatever the kernel has.
fn apply(lab: &Lab, tools: &Path, proxy: &str) -> Output {
    let source = lab.source(&LAB.replace("PROXY", proxy));
    let mut netc = lab.netc();
    netc.arg("apply").arg(source).args(["--node", "node0", "--netns", "node0"]);
    netc.args(["--format", "short"]).env("PATH", tools).output().unwrap()
}

fn lab() -> Lab {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    lab.machine("web", "eth0", &["192.168.0.20/24"]);
    run("ip -n node0 route add default via 192.168.0.20");
    lab
}

#[test]
fn iptables_stands_in_for_ipvs_and_it_is_said() {
    let lab = lab();
    let tools = lab.tools("nft");
    serve("web", "192.168.0.20:80");
    let output = apply(&lab, &tools, "proxy ipvs { scheduler wrr }");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("warning[W0601]: node0 cannot do IPVS: iptables stands in for it"),
        "{said}"
    );
    assert!(said.contains("the tool ipset"), "{said}");
    assert_eq!(ask_often("node0", "10.96.0.80:80", 5).len(), 1);
    // Nothing tells that IPVS was wanted.
    let applied = dump("node0");
    let output = apply(&lab, &tools, "proxy iptables");
    assert_eq!(text(&output.stdout), "node0 is as planned: nothing to do\n");
    same(&dump("node0"), &applied, "applied as iptables mode");
}

#[test]
fn without_a_fallback_it_is_refused() {
    let lab = lab();
    let before = dump("node0");
    let output = apply(&lab, &lab.tools("nft"), "proxy ipvs { fallback none }");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error[E0617]: node0 cannot do IPVS: its machine lacks"), "{said}");
    same(&dump("node0"), &before, "refused");
}
