//! `netc why --live`: what has become of something on a real node.

use crate::lab::{run, text};
use crate::site::Site;

impl Site {
    /// What is said of a word, and the exit code.
    fn why(&self, word: &str) -> (String, Option<i32>) {
        let mut why = self.lab.netc();
        why.args(["why", word]).arg(&self.source);
        why.args(["--live", "--node", "node0", "--netns", "node0", "--format", "short"]);
        let output = why.output().unwrap();
        ([text(&output.stdout), text(&output.stderr)].concat(), output.status.code())
    }
}

/// The first lines under a head.
fn below<'s>(said: &'s str, head: &str) -> &'s str {
    said.split_once(head).map(|(_, rest)| rest.trim_start()).unwrap_or_default()
}

#[test]
fn what_has_become_of_things_is_told() {
    let site = Site::new();
    site.lab.applied(&site.source, "node0", &[]);
    let planned = "on the node    it is there as planned";
    for word in ["10.244.1.0/24", "cni0", "nat/KUBE-SERVICES", "10.96.0.80:80"] {
        let (said, code) = site.why(word);
        assert!(said.contains(planned) && code == Some(0), "{word}: {said}");
    }
    run("ip -n node0 route del 10.244.1.0/24");
    run("ip -n node0 link set cni0 mtu 1400");
    run("ip netns exec node0 iptables -t nat -F KUBE-SERVICES");
    let (said, code) = site.why("10.244.1.0/24");
    assert!(below(&said, "\nroute 10.244.1.0/24\n").starts_with("on the node"), "{said}");
    assert!(said.contains("is missing") && said.contains("likely: ") && code == Some(2), "{said}");
    let (said, code) = site.why("cni0");
    assert!(said.contains("MTU") && code == Some(2), "{said}");
    let (said, code) = site.why("nat/KUBE-SERVICES");
    assert!(said.contains("is empty, and should have") && code == Some(2), "{said}");
    let (said, _) = site.why("10.96.0.80");
    let gone = said.lines().filter(|line| line.ends_with(", not on the node"));
    assert!(
        gone.clone().count() == 1 && gone.clone().all(|line| line.contains("-A KUBE-SERVICES")),
        "{said}"
    );
    assert!(said.contains("-A KUBE-SVC-"), "{said}");
}

#[test]
fn what_no_source_asks_for_is_told() {
    let site = Site::new();
    site.lab.applied(&site.source, "node0", &[]);
    for rule in ["-N cali-FORWARD", "-A cali-FORWARD -d 10.96.0.80 -j DROP", "-N KUBE-SVC-LEFTOVER"]
    {
        run(&format!("ip netns exec node0 iptables {rule}"));
    }
    let (said, code) = site.why("cali-FORWARD");
    let head = "IPv4 chain cali-FORWARD of table filter, which no source asks for\n";
    assert!(said.starts_with(head) && said.contains("Calico's by its name"), "{said}");
    assert_eq!(code, Some(2), "{said}");
    let (said, _) = site.why("10.96.0.80");
    assert!(said.contains("rule of IPv4 chain cali-FORWARD"), "{said}");
    let (said, _) = site.why("KUBE-SVC-LEFTOVER");
    assert!(said.contains("kube-proxy's by its name"), "{said}");
    let (said, code) = site.why("KUBE-SVC-NOTHING");
    assert!(said.contains("E0830") && code == Some(1), "{said}");
}
