//! An apply that has to be confirmed.

use crate::dump::{dump, same};
use crate::lab::{text, within};
use crate::site::Site;
use std::net::TcpListener;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a watchdog may take beyond its time.
const PATIENCE: Duration = Duration::from_secs(15);

impl Site {
    fn apply(&self, more: &[&str]) -> Output {
        self.lab.apply(&self.source, "node0", &[&["--format", "short"], more].concat())
    }

    /// Waits until the node is as before.
    #[track_caller]
    fn goes_back(&self) {
        let start = Instant::now();
        while dump("node0") != self.before && start.elapsed() < PATIENCE {
            sleep(Duration::from_millis(100));
        }
        same(&dump("node0"), &self.before, "nobody has confirmed it");
    }
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn what_nobody_confirms_is_undone() {
    let site = Site::new();
    // The command has ended long before, and its shell too.
    succeeded(&site.apply(&["--confirm-within", "2s"]));
    assert_ne!(dump("node0"), site.before);
    site.goes_back();
    let late = site.netc("confirm");
    assert!(!late.status.success(), "{}", text(&late.stdout));
    // The next one is not hindered.
    succeeded(&site.apply(&[]));
}

#[test]
fn what_is_confirmed_stays() {
    let site = Site::new();
    succeeded(&site.apply(&["--confirm-within", "3s"]));
    let applied = dump("node0");
    let second = site.apply(&[]);
    assert_eq!(second.status.code(), Some(1));
    let said = text(&second.stderr);
    assert!(said.contains("an apply awaits its confirmation for "), "{said}");
    succeeded(&site.netc("confirm"));
    sleep(Duration::from_secs(4));
    same(&dump("node0"), &applied, "it was confirmed");
    assert!(!site.netc("confirm").status.success());
    succeeded(&site.netc("rollback"));
    same(&dump("node0"), &site.before, "rolled back");
    succeeded(&site.netc("rollback"));
    assert_ne!(dump("node0"), site.before);
}

#[test]
fn a_rollback_does_not_wait_for_the_end() {
    let site = Site::new();
    succeeded(&site.apply(&["--confirm-within", "60s"]));
    succeeded(&site.netc("rollback"));
    same(&dump("node0"), &site.before, "rolled back");
    succeeded(&site.apply(&[]));
}

#[test]
fn probes_decide_by_themselves() {
    let site = Site::new();
    let probe = ["--confirm-within", "2s", "--probe", "tcp:192.168.0.10:8080"];
    let failed = site.apply(&probe);
    assert_eq!(failed.status.code(), Some(3), "{}", text(&failed.stderr));
    same(&dump("node0"), &site.before, "the probe failed");
    let _server = within("node0", || TcpListener::bind("192.168.0.10:8080").unwrap());
    succeeded(&site.apply(&probe));
    let applied = dump("node0");
    sleep(Duration::from_secs(3));
    same(&dump("node0"), &applied, "the probe succeeded");
}

#[test]
fn an_apply_that_is_killed_is_undone_by_its_watchdog() {
    for point in ["kill:1", "kill:7", "kill:20"] {
        let site = Site::new();
        let mut command = site.lab.netc();
        command.arg("apply").arg(&site.source).args(["--node", "node0", "--netns", "node0"]);
        command.args(["--confirm-within", "2s"]).env("NETC_FAULT", point);
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{point}");
        site.goes_back();
    }
}
