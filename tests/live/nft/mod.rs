//! nftables mode in a real kernel: tables as kube-proxy makes them, read back, changed, mended and
//! undone.

mod conformance;
mod drift;
mod faults;
mod hand;
mod layouts;
mod no_iptables;
mod old;
mod random;
pub(crate) mod state;

use crate::lab::text;
use std::process::Command;

/// Runs a script in a namespace; it must succeed. What it printed.
#[track_caller]
fn shell(netns: &str, script: &str) -> String {
    let mut command = Command::new("ip");
    let output = command.args(["netns", "exec", netns, "bash", "-ec", script]).output().unwrap();
    assert!(output.status.success(), "{}\n{script}", text(&output.stderr));
    text(&output.stdout)
}

/// Two services on one node, one of them with ports of the node.
const ONE: &str = "\
cluster lab {
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  none
    proxy    nftables
}
node node0 { address 192.168.0.10/24 on eth0 }
service web {
    ip 10.96.0.80
    type node-port
    port 80 node-port 30080
    endpoint 10.244.0.2:80 on node0
    endpoint 10.244.0.3:80 on node0
}
service dns { ip 10.96.0.53; port 53/udp; endpoint 10.244.0.2:53 on node0 }
";
