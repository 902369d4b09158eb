//! A run in nftables mode that fails or is killed: the node is as before, or as it was to be.

use super::ONE;
use crate::faults::{fail_at, kill_at, killed_destroy};

/// Chains, rules and elements come, change and go; another layout of them.
const OTHER: &str = "\
cluster lab {
    pods     10.244.0.0/16, fd00:10:244::/56
    services 10.96.0.0/16, fd00:10:96::/112
    overlay  none
    proxy    nftables { layout 1.35 }
}
node node0 { address 192.168.0.10/24 on eth0 }
service web {
    ip 10.96.0.80
    type node-port
    port 80 node-port 30080
    affinity client-ip 3h
    endpoint 10.244.0.3:80 on node0
    endpoint 10.244.0.4:80 on node0
}
service db { ip 10.96.0.54; port 5432; endpoint 10.244.0.5:5432 on node0 }
";

fn iptables() -> String {
    ONE.replace("proxy    nftables", "proxy    iptables")
}

#[test]
fn a_first_apply_that_fails_anywhere_is_undone() {
    fail_at(1.., None, Some(ONE));
}

#[test]
fn a_change_that_fails_anywhere_is_undone() {
    fail_at(1.., Some(ONE), Some(OTHER));
}

#[test]
fn a_destroy_that_fails_anywhere_is_undone() {
    fail_at(1.., Some(ONE), None);
}

#[test]
fn a_change_of_mode_that_fails_anywhere_is_undone() {
    fail_at(1.., Some(&iptables()), Some(ONE));
    fail_at(1.., Some(ONE), Some(&iptables()));
}

#[test]
fn a_first_apply_that_is_killed_anywhere_can_go_back_or_on() {
    kill_at(1.., None, Some(ONE), false);
    kill_at(1.., None, Some(ONE), true);
}

#[test]
fn a_change_that_is_killed_anywhere_can_go_back_or_on() {
    kill_at(1.., Some(ONE), Some(OTHER), false);
    kill_at(1.., Some(ONE), Some(OTHER), true);
}

#[test]
fn a_destroy_that_is_killed_anywhere_can_go_back() {
    killed_destroy(Some(ONE));
}

#[test]
fn a_change_of_mode_that_is_killed_anywhere_can_go_back_or_on() {
    kill_at(1.., Some(&iptables()), Some(ONE), false);
    kill_at(1.., Some(ONE), Some(&iptables()), true);
}
