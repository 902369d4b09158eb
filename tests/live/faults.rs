//! A run that fails or is killed at any of its steps: the node is as before, or as it was to be.

use crate::dump::{alike, dump, same};
use crate::lab::{Lab, run, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

const ONE: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan }
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.11/24 on eth0 }
node node2 { address 192.168.0.12/24 on eth0 }
pods web replicas 1 on node0 { labels app=web; port http 80 }
service web { ip 10.96.0.80; type node-port; select app=web; port 80 -> http node-port 30080 }
service dns { ip 10.96.0.53; port 53/udp; endpoint 10.244.1.2:53 }
";

/// Something is made, something changed, something made anew, and something removed.
const OTHER: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan { port 4789 } }
node node0 { address 192.168.0.10/24 on eth0 }
node node1 { address 192.168.0.21/24 on eth0 }
pods db replicas 1 on node0 { labels app=db; port sql 5432 }
service web { ip 10.96.0.80; type node-port; select app=db; port 80 -> sql node-port 30080 }
service db { ip 10.96.0.54; select app=db; port 5432 -> sql }
";

/// A node, with what is run on it again and again.
struct Case {
    lab: Lab,
    /// The arguments of the run.
    arguments: Vec<String>,
    /// The dump of the node before it.
    old: String,
    /// And before anything.
    clean: String,
}

impl Case {
    /// A node that is as the first source says, if there are two. `None` for a destroy.
    fn new(before: Option<&str>, then: Option<&str>) -> Case {
        let lab = Lab::enter();
        lab.machine("node0", "eth0", &["192.168.0.10/24"]);
        // Its own connections to services have a source beside the service's own address.
        run("ip -n node0 route add default via 192.168.0.1");
        let clean = dump("node0");
        if let Some(source) = before {
            lab.applied(&lab.file("before.netc", source), "node0", &[]);
        }
        let mut arguments: Vec<String> = match then {
            Some(source) => {
                let path = lab.file("then.netc", source);
                ["apply", &path.to_string_lossy(), "--node", "node0"].map(str::to_owned).into()
            }
            None => vec!["destroy".to_owned()],
        };
        arguments.extend(["--netns", "node0", "--format", "short"].map(str::to_owned));
        let old = dump("node0");
        Case { lab, arguments, old, clean }
    }

    fn run(&self, fault: &str) -> Output {
        self.lab.netc().args(&self.arguments).env("NETC_FAULT", fault).output().unwrap()
    }

    fn rollback(&self, fault: &str) -> Output {
        let mut command = self.lab.netc();
        command.args(["rollback", "--netns", "node0"]).env("NETC_FAULT", fault).output().unwrap()
    }

    /// Whether an apply has not ended.
    fn journal(&self) -> Option<PathBuf> {
        let folder = self.lab.memory().read_dir().ok()?.next()?.unwrap().path();
        Some(folder.join("journal.json")).filter(|path| path.exists())
    }

    #[track_caller]
    fn is_old(&self, when: &str) {
        same(&dump("node0"), &self.old, when);
        assert_eq!(self.journal(), None, "{when}");
    }

    /// Nothing was forgotten that is netc's own, and nothing taken for it that is not.
    #[track_caller]
    fn is_clean_in_the_end(&self) {
        let mut command = self.lab.netc();
        succeeded(&command.args(["destroy", "--netns", "node0"]).output().unwrap(), "in the end");
        same(&dump("node0"), &self.clean, "in the end");
    }

    /// The node as it is to be after the run, and how many steps of single objects it has. The
    /// node is brought back.
    fn new_state(&self) -> (String, usize) {
        let mut command = self.lab.netc();
        let output = command.args(&self.arguments).args(["--dry-run", "--format", "json"]).output();
        let shown: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap_or_default();
        let changes = shown["changes"].as_array().cloned().unwrap_or_default();
        let steps = changes.iter().filter(|change| {
            let object = change["object"].as_str().unwrap();
            change["action"] != "remove" && !object.contains(" of table ")
        });
        let steps = steps.count();
        succeeded(&self.run(""), "without a fault");
        let new = dump("node0");
        succeeded(&self.rollback(""), "the way back");
        self.is_old("after the way back");
        (new, steps)
    }
}

#[track_caller]
fn succeeded(output: &Output, when: &str) {
    assert!(output.status.success(), "{when}: {} {}", text(&output.stdout), text(&output.stderr));
}

/// Every step fails in turn: everything is undone.
fn fails(before: Option<&str>, then: Option<&str>) {
    fail_at(1.., before, then);
}

/// The steps of these numbers fail, until there are no more.
pub(crate) fn fail_at(
    points: impl Iterator<Item = usize>,
    before: Option<&str>,
    then: Option<&str>,
) {
    let case = Case::new(before, then);
    let mut failed = 0;
    for point in points {
        let output = case.run(&format!("fail:{point}"));
        let (said, when) = (text(&output.stderr), format!("fail:{point}"));
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.code(), Some(3), "{when}: {said}");
        assert!(said.contains("a fault that was asked for"), "{when}: {said}");
        let named = said.contains("refused `") || said.contains("cannot read the node back");
        assert!(named || said.contains("refused an operation"), "{when}: {said}");
        assert!(said.contains("everything was undone"), "{when}: {said}");
        case.is_old(&when);
        failed += 1;
    }
    println!("{failed} points failed");
    assert!(failed > 2, "{failed}");
    case.is_clean_in_the_end();
}

/// Between every two steps the run is killed: `netc rollback` goes back, or the same command goes
/// on, and then back.
fn kills(before: Option<&str>, then: Option<&str>, go_on: bool) {
    let (last, steps) = kill_at(1.., before, then, go_on);
    assert!(last > steps, "{last} points, {steps} steps");
}

/// The same at some steps. The number behind the last one, and how many steps of single objects
/// there are.
pub(crate) fn kill_at(
    points: impl Iterator<Item = usize>,
    before: Option<&str>,
    then: Option<&str>,
    go_on: bool,
) -> (usize, usize) {
    let case = Case::new(before, then);
    let (new, steps) = case.new_state();
    let mut last = 0;
    for point in points {
        last = point;
        let when = format!("kill:{point}");
        let output = case.run(&when);
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.code(), None, "{when}: {}", text(&output.stderr));
        assert!(case.journal().is_some(), "{when}");
        if go_on {
            let output = case.run("");
            succeeded(&output, &when);
            let said = text(&output.stderr);
            assert!(then.is_none() || said.contains("was interrupted when"), "{when}: {said}");
            same(&alike(&dump("node0")), &alike(&new), &when);
            assert_eq!(case.journal(), None, "{when}");
            if then.is_none() {
                succeeded(&apply_again(&case, before), &when);
                continue;
            }
        }
        succeeded(&case.rollback(""), &when);
        case.is_old(&when);
    }
    println!("killed at points before {last}");
    case.is_clean_in_the_end();
    (last, steps)
}

fn apply_again(case: &Case, before: Option<&str>) -> Output {
    case.lab.apply(&case.lab.file("before.netc", before.unwrap()), "node0", &[])
}

#[test]
fn a_first_apply_that_fails_anywhere_is_undone() {
    fails(None, Some(ONE));
}

#[test]
fn a_change_that_fails_anywhere_is_undone() {
    fails(Some(ONE), Some(OTHER));
}

#[test]
fn a_destroy_that_fails_anywhere_is_undone() {
    fails(Some(ONE), None);
}

#[test]
fn a_first_apply_that_is_killed_anywhere_can_go_back() {
    kills(None, Some(ONE), false);
}

#[test]
fn a_change_that_is_killed_anywhere_can_go_back() {
    kills(Some(ONE), Some(OTHER), false);
}

#[test]
fn a_first_apply_that_is_killed_anywhere_can_go_on() {
    kills(None, Some(ONE), true);
}

#[test]
fn a_change_that_is_killed_anywhere_can_go_on() {
    kills(Some(ONE), Some(OTHER), true);
}

#[test]
fn a_destroy_that_is_killed_anywhere_can_go_back() {
    killed_destroy(Some(ONE));
}

/// Between every two steps a destroy is killed: `netc rollback` goes back.
pub(crate) fn killed_destroy(before: Option<&str>) {
    let case = Case::new(before, None);
    let mut point = 0;
    loop {
        point += 1;
        let when = format!("kill:{point}");
        if case.run(&when).status.success() {
            break;
        }
        succeeded(&case.rollback(""), &when);
        case.is_old(&when);
    }
    println!("{} points killed", point - 1);
    assert!(point > 5, "{point}");
}

/// The undoing fails or is killed in its turn, a few steps of each.
fn twice(before: Option<&str>, then: &str, go_on: bool) {
    let case = Case::new(before, Some(then));
    let (new, _) = case.new_state();
    let mut points = 0;
    for first in (4..).step_by(11) {
        for second in (first + 1..).step_by(7) {
            let what = if second % 2 == 0 { "kill" } else { "fail" };
            let when = format!("fail:{first},{what}:{second}");
            let output = case.run(&when);
            if output.status.success() {
                println!("{points} pairs of points");
                return case.is_clean_in_the_end();
            }
            if case.journal().is_none() {
                case.is_old(&when);
                break;
            }
            points += 1;
            if what == "fail" {
                let said = text(&output.stderr);
                assert!(said.contains("E0611"), "{when}: {said}");
            }
            if go_on {
                succeeded(&case.run(""), &when);
                same(&alike(&dump("node0")), &alike(&new), &when);
            }
            // The way back, too, is interrupted.
            if !["kill:4", "kill:7"].iter().any(|fault| case.rollback(fault).status.success()) {
                succeeded(&case.rollback(""), &when);
            }
            case.is_old(&when);
        }
    }
}

#[test]
fn the_undoing_of_a_first_apply_can_fail_too() {
    twice(None, ONE, true);
}

#[test]
fn the_undoing_of_a_change_can_fail_too() {
    twice(Some(ONE), OTHER, false);
}

/// A source that is given while another one was interrupted.
#[test]
fn another_apply_may_come_after_one_that_was_killed() {
    let case = Case::new(Some(ONE), Some(OTHER));
    let first = case.lab.file("before.netc", ONE);
    for point in [2, 9, 17] {
        let when = format!("kill:{point}");
        assert!(!case.run(&when).status.success(), "{when}");
        case.lab.applied(&first, "node0", &[]);
        case.is_old(&when);
    }
}

/// What netc remembers is not touched by a dry run, whatever it finds.
#[test]
fn a_dry_run_leaves_the_journal_alone() {
    let case = Case::new(Some(ONE), Some(OTHER));
    assert!(!case.run("kill:5").status.success());
    let kept = |path: &Path| std::fs::read(path).unwrap();
    let journal = case.journal().unwrap();
    let (before, state) = (kept(&journal), dump("node0"));
    let output = case.lab.netc().args(&case.arguments).arg("--dry-run").output().unwrap();
    succeeded(&output, "a dry run");
    assert_eq!(kept(&journal), before);
    same(&dump("node0"), &state, "a dry run");
}
