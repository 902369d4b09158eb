//! A node whose nft is too old.

use super::ONE;
use super::state::state;
use crate::lab::{Lab, path_with, script, text};

#[test]
fn an_nft_that_is_too_old_is_refused_and_nothing_is_changed() {
    let lab = Lab::enter();
    lab.machine("node0", "eth0", &["192.168.0.10/24"]);
    let tools = lab.tools("nft");
    let old = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'nftables v0.9.8 (E.D.S.)' && exit\nexec /usr/sbin/nft \"$@\"\n";
    script(&tools.join("nft"), old);
    let source = lab.source(ONE);
    let mut netc = lab.netc();
    netc.args(["apply", source.to_str().unwrap(), "--node", "node0", "--netns", "node0"]);
    let output = netc.env("PATH", path_with(&tools)).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("nft is 0.9.8: tables of nftables mode need 1.0.1 or newer"), "{said}");
    assert_eq!(state("node0"), "");
}
