//! Every example.

use super::site::Site;
use crate::lab::root;
use std::collections::BTreeMap;
use std::fs;

/// The sources of an example.
fn sources(name: &str) -> BTreeMap<String, String> {
    let folder = root().join("examples").join(name).read_dir().unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let sources = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "netc" || ending == "yaml"));
    sources
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Runs an example and asks it some questions.
#[track_caller]
pub(super) fn proven(name: &str) {
    Site::new(name, &sources(name)).proven(1, 120);
}

macro_rules! examples {
    ($($name:ident $folder:literal)*) => {$(
        #[test]
        fn $name() {
            proven($folder);
        }
    )*};
}

examples! {
    bridge "bridge"
    cni_bridge "cni-bridge"
    cni_ptp "cni-ptp"
    docker "docker"
    flannel_direct "flannel-direct"
    flannel_vxlan "flannel-vxlan"
    host_gw "host-gw"
    kubernetes "kubernetes"
    myservice "myservice"
    netns_veth "netns-veth"
    nftables "nftables"
    nginx_nodeport "nginx-nodeport"
    policy_routing "policy-routing"
    static_docker0 "static-docker0"
    userspace "userspace"
}
