//! A run in IPVS mode that fails or is killed: the node is as before, or as it was to be.

use crate::faults::{fail_at, kill_at};
use crate::lab::run;

const ONE: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay none; proxy ipvs { drain 0s } }
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

/// Servers, sets and addresses come, change and go; another scheduler.
const OTHER: &str = "\
cluster lab {
    pods     10.244.0.0/16
    services 10.96.0.0/16
    overlay  none
    proxy    ipvs { scheduler lc }
}
node node0 { address 192.168.0.10/24 on eth0 }
service web {
    ip 10.96.0.80
    type node-port
    port 80 node-port 30080
    endpoint 10.244.0.3:80 on node0 weight 5
    endpoint 10.244.0.4:80 on node0
}
service db { ip 10.96.0.54; port 5432; endpoint 10.244.0.5:5432 on node0 }
";

/// The same services by iptables.
const IPTABLES: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay none }
node node0 { address 192.168.0.10/24 on eth0 }
service web {
    ip 10.96.0.80
    type node-port
    port 80 node-port 30080
    endpoint 10.244.0.2:80 on node0
    endpoint 10.244.0.3:80 on node0
}
";

/// A module that an apply loads stays loaded, and its parameters would look like what is left of it.
fn loaded() {
    run("modprobe br_netfilter");
}

#[test]
fn a_first_apply_that_fails_is_undone() {
    loaded();
    fail_at((2..).step_by(6), None, Some(ONE));
}

#[test]
fn a_change_that_fails_is_undone() {
    loaded();
    fail_at((1..).step_by(5), Some(ONE), Some(OTHER));
}

#[test]
fn a_destroy_that_fails_is_undone() {
    loaded();
    fail_at((2..).step_by(9), Some(ONE), None);
}

#[test]
fn a_change_of_mode_that_fails_is_undone() {
    loaded();
    fail_at((3..).step_by(7), Some(IPTABLES), Some(ONE));
    fail_at((3..).step_by(7), Some(ONE), Some(IPTABLES));
}

#[test]
fn a_change_that_is_killed_can_go_back() {
    loaded();
    kill_at((2..).step_by(7), Some(ONE), Some(OTHER), false);
}

#[test]
fn a_change_that_is_killed_can_go_on() {
    loaded();
    kill_at((4..).step_by(9), Some(ONE), Some(OTHER), true);
}

#[test]
fn a_first_apply_that_is_killed_can_go_on() {
    loaded();
    kill_at((4..).step_by(17), None, Some(ONE), true);
}
