//! Links that are slow: real packets come late or do not come, and healing leaves nothing behind.
//!
//! Delays want netem, which Debian's kernel has as a module: `tests/vm/run.sh`. Where the kernel has none,
//! leave these tests out with `--skip labs::delays`. Packets may always take longer than they must, so
//! nothing here asks whether they are fast.

use super::Labs;
use crate::lab::root;
use std::time::Instant;

const NAME: &str = "flannel-vxlan";

/// node1, as node0 knows it.
const NODE: &str = "172.16.16.203";

/// The pod of node1.
const POD: &str = "10.244.1.2";

/// A lab of an example, and what its devices were like before anything was broken.
struct Site {
    labs: Labs,
    before: Vec<String>,
}

impl Site {
    fn new() -> Site {
        let labs = Labs::new();
        labs.up(&root().join("examples/flannel-vxlan"), &[]);
        let before = devices(&labs);
        Site { labs, before }
    }

    /// `netc lab break`
    fn breaks(&self, words: &str) -> String {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.labs.done(&[&["break"], words.as_slice()].concat())
    }

    /// `netc lab heal` of everything: all devices are exactly as before, and packets pass.
    #[track_caller]
    fn heals(&self) {
        self.labs.done(&["heal"]);
        assert_eq!(devices(&self.labs), self.before);
        self.ping("pod/web-0", &["-c", "1", "-W", "10", POD]);
    }

    /// Pings, and at least one answer must come; what is said of it.
    #[track_caller]
    fn ping(&self, place: &str, words: &[&str]) -> String {
        let (answered, said) = self.try_ping(place, words);
        assert!(answered, "{said}");
        said
    }

    fn try_ping(&self, place: &str, words: &[&str]) -> (bool, String) {
        let output = self.labs.run(&[&["exec", place, "--", "ping"], words].concat());
        (output.status.success(), crate::lab::text(&output.stdout))
    }

    /// The queue of a device.
    fn queue(&self, place: &str) -> String {
        self.labs.exec(NAME, place, "tc -s qdisc show dev eth0")
    }
}

/// The queues and the tables of netfilter's netdev family wherever something may be broken.
fn devices(labs: &Labs) -> Vec<String> {
    let look = |place| {
        let queues = labs.exec(NAME, place, "tc qdisc show");
        format!("{place}\n{queues}{}", labs.exec(NAME, place, "nft list tables netdev"))
    };
    ["switch", "node/node1", "pod/web-1"].into_iter().map(look).collect()
}

/// The shortest time that a ping took, in milliseconds.
fn shortest(said: &str) -> f64 {
    let times = said.split("min/avg/max/mdev = ").nth(1).unwrap_or_else(|| panic!("{said}"));
    times.split('/').next().unwrap().parse().unwrap()
}

/// How many answers came.
fn received(said: &str) -> u32 {
    let before = said.split(" received").next().unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"))
}

#[test]
fn packets_of_nodes_and_pods_come_later_each_way() {
    let site = Site::new();
    assert_eq!(site.breaks("node1 --delay 150ms"), "node1: link delay 150ms\n");
    let said = site.ping("node/node0", &["-c", "2", "-W", "10", NODE]);
    assert!(shortest(&said) >= 300.0, "{said}");
    assert!(site.queue("node/node1").contains("netem"));
    assert!(!site.queue("node/node0").contains("netem"), "what is between the others is as it was");
    // Another delay takes its place, so long that nobody waits for it.
    site.breaks("node1 --delay 30s");
    let (answered, said) = site.try_ping("node/node0", &["-c", "1", "-W", "1", NODE]);
    assert!(!answered, "{said}");
    site.ping("outside", &["-c", "1", "-W", "10", "172.16.16.202"]);
    site.heals();

    site.breaks("pod/web-1 --delay 100ms");
    let said = site.ping("pod/web-0", &["-c", "2", "-W", "10", POD]);
    assert!(shortest(&said) >= 200.0, "{said}");
    assert!(site.queue("pod/web-1").contains("netem"));
    site.heals();
}

#[test]
fn delays_go_with_rates_and_losses() {
    let site = Site::new();
    // One queue does both: a large packet takes the delay, and the time in which the link lets it through.
    site.breaks("node1 --delay 100ms --rate 256kbit");
    let said = site.ping("node/node0", &["-c", "1", "-W", "20", "-s", "8000", NODE]);
    let least = 2.0 * (100.0 + 8000.0 * 8.0 / 256.0);
    assert!(shortest(&said) >= least, "{said}");
    site.heals();

    // Losses are of another mechanism. A quarter is answered, as either way loses half: all or none are fewer
    // than one run in a million.
    site.breaks("node1 --delay 40ms --loss 50%");
    let said = site.ping("node/node0", &["-c", "60", "-i", "0.01", "-W", "1", NODE]);
    assert!(shortest(&said) >= 80.0 && (1..60).contains(&received(&said)), "{said}");
    site.heals();
}

/// However fast packets are sent, no more come through than the rate lets.
#[test]
fn a_rate_lets_no_more_through() {
    let site = Site::new();
    site.breaks("node1 --rate 64kbit");
    let begin = Instant::now();
    let said = site.ping("node/node0", &["-c", "60", "-i", "0.01", "-W", "1", "-s", "1000", NODE]);
    let through = f64::from(received(&said)) * 1000.0;
    // 8000 bytes a second, and what may come at once.
    let most = 10_000.0 + 8000.0 * begin.elapsed().as_secs_f64();
    assert!(through <= most, "{through} of {most}: {said}");
    let queue = site.queue("node/node1");
    assert!(queue.contains("tbf") && !queue.contains("overlimits 0 "), "{queue}");
    site.heals();
}
