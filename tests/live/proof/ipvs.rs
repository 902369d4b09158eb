//! Services by IPVS, on a kernel that has it.

use super::{examples, random::proven};

#[test]
fn seed_20() {
    proven(20, "ipvs");
}

#[test]
fn seed_21() {
    proven(21, "ipvs");
}

#[test]
fn example() {
    examples::proven("ipvs");
}

#[test]
fn flannel_ipip() {
    examples::proven("flannel-ipip");
}
