//! Services by IPVS, on a kernel that has it.

use super::random::proven;

#[test]
fn seed_20() {
    proven(20, "ipvs");
}

#[test]
fn seed_21() {
    proven(21, "ipvs");
}

#[test]
fn seed_22() {
    proven(22, "ipvs { strict-arp }");
}
