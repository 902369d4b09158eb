//! A node that netc is applied to, and what was on it before.

use crate::dump::dump;
use crate::lab::Lab;
use std::path::PathBuf;
use std::process::Output;

pub(crate) const CLUSTER: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan }
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.11/24 on eth0 }
service web { ip 10.96.0.80; port 80; endpoint 192.168.0.10:8080 }
";

pub(crate) struct Site {
    pub(crate) lab: Lab,
    pub(crate) source: PathBuf,
    pub(crate) before: String,
}

impl Site {
    pub(crate) fn new() -> Site {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.168.0.10/24"]);
        let (source, before) = (lab.source(CLUSTER), dump("node0"));
        Site { lab, source, before }
    }

    /// Runs a command that needs no sources.
    pub(crate) fn netc(&self, command: &str) -> Output {
        self.lab.netc().args([command, "--netns", "node0", "--format", "short"]).output().unwrap()
    }
}
