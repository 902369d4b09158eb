//! Drift that is somebody else's work: netc names it, and takes it over only when it is told to.

use super::{Node, dump};
use crate::lab::text;

/// Things of others in the place of netc's: an apply refuses, one that adopts mends.
#[test]
fn what_others_put_in_the_place_is_mended_by_adopting() {
    let node = Node::new();
    assert!(node.apply().status.success());
    let before = dump();
    let cases = [
        (
            "$n route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink",
            "foreign    route 10.244.1.0/24 leads via 10.244.1.0 dev flannel.1 proto 3 onlink, not via",
            "a flanneld runs here too",
            true,
        ),
        ("$n link set cni0 alias ''", "foreign    device cni0 has no alias", "changed it by hand", true),
        (
            "$n link del flannel.1
             $n link add flannel.1 type vxlan id 1 local 192.168.0.10 dev eth0 dstport 8472 nolearning
             $n link set flannel.1 up",
            "device flannel.1 has no alias",
            "let netc take it over with `netc apply --adopt`",
            // It keeps what netc does not state.
            false,
        ),
    ];
    for (done, said, cause, same) in cases {
        node.shell(done);
        let (code, found) = node.drift(&[]);
        assert_eq!(code, Some(2), "{found}");
        assert!(found.contains(said), "{said:?} in {found}");
        assert!(found.contains(cause), "{cause:?} in {found}");
        let refused = node.apply();
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains("is there already, and is not netc's"));
        let adopted = node.lab.apply(&node.source, "node0", &["--adopt"]);
        assert!(adopted.status.success(), "{done}: {}", text(&adopted.stderr));
        assert_eq!(node.drift(&[]), (Some(0), "node0 is as planned\n".into()), "{done}");
        assert!(!same || dump() == before, "{done}");
    }
}

const FIRST: &str = "\
    for rule in '-s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN' \
                '-s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE' \
                '! -s 10.244.0.0/16 -d 10.244.0.0/16 -j MASQUERADE'
    do $x iptables -t nat -A POSTROUTING $rule; done\n";

const SECOND: &str = "\
    for rule in '-s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN' \
                '-s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully' \
                '! -s 10.244.0.0/16 -d 10.244.0.0/24 -j RETURN' \
                '! -s 10.244.0.0/16 -d 10.244.0.0/16 -j MASQUERADE --random-fully'
    do $x iptables -t nat -A POSTROUTING $rule -m comment --comment 'flanneld masq'; done
    $x iptables -A FORWARD -s 10.244.0.0/16 -m comment --comment 'flanneld forward' -j ACCEPT
    $x iptables -A FORWARD -d 10.244.0.0/16 -m comment --comment 'flanneld forward' -j ACCEPT\n";

/// Docker's own, which looks much alike and stays.
const DOCKER: &str =
    "$x iptables -t nat -I POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n";

#[test]
fn rules_of_older_flannels_are_named_and_go_when_they_are_adopted() {
    for (rules, said, count) in [
        (FIRST, "a rule of flannel 0.7 or older: ", 3),
        (SECOND, "a rule of flannel 0.8 to 0.19: ", 6),
    ] {
        let node = Node::new();
        node.shell(DOCKER);
        assert!(node.apply().status.success());
        let before = dump();
        node.shell(rules);
        let (code, found) = node.drift(&[]);
        assert_eq!(code, Some(2), "{found}");
        assert_eq!(found.matches(said).count(), count, "{found}");
        assert!(found.contains("flannel#1167"), "{found}");
        // They are not netc's, until it is told so.
        assert!(node.apply().status.success());
        assert_eq!(node.drift(&[]).0, Some(2));
        let adopted = node.lab.apply(&node.source, "node0", &["--adopt"]);
        assert!(adopted.status.success(), "{}", text(&adopted.stderr));
        assert_eq!(node.drift(&[]), (Some(0), "node0 is as planned\n".into()));
        assert_eq!(dump(), before);
        // Going back brings them back.
        let back = node.lab.netc().args(["rollback", "--netns", "node0"]).output().unwrap();
        assert!(back.status.success(), "{}", text(&back.stderr));
        let (_, found) = node.drift(&[]);
        assert_eq!(found.matches(said).count(), count, "{found}");
    }
}

/// A node that netc has not programmed has not drifted: somebody else's rules are in the way.
#[test]
fn rules_of_a_running_kube_proxy_are_no_drift_of_a_new_node() {
    let node = Node::new();
    node.shell("$x iptables -t nat -N KUBE-SERVICES");
    let (code, found) = node.drift(&[]);
    assert_eq!(code, Some(1), "{found}");
    assert!(found.contains("table nat of IPv4 has chains of kube-proxy already"), "{found}");
}
