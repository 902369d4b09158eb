//! An apply that fails or is killed on its way, between writing a configuration and having it read
//! too: requests are answered by the former configuration or by the new one, never by a mixture,
//! and the next command ends with what it was told.

use super::http::{Client, serve};
use super::{ENGINES, Site};
use crate::lab::{start, text};
use crate::program::until;
use std::collections::BTreeSet;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

const FORMER: &str = "ingress shop/front { path /a -> web:http; path /b -> api:http }\n";
const NEW: &str = "ingress shop/front { path /a -> api:http; path /b -> web:http }\n";

/// Who answers at the two paths.
type Answers = [String; 2];

fn former() -> Answers {
    ["web-0", "api-0"].map(str::to_owned)
}

fn new() -> Answers {
    ["api-0", "web-0"].map(str::to_owned)
}

/// Waits until these answer. An apply that has ended leaves nothing to wait for but workers of an
/// earlier configuration, which may take a last connection before they see that they are to end.
#[track_caller]
fn serves(expected: &Answers) {
    until(&format!("{expected:?} answer"), || answered().as_ref() == Some(expected));
}

/// Asks for both paths by one connection, which one configuration answers.
fn answers() -> std::io::Result<Answers> {
    let both = Client::new("192.168.0.10:80", true).together("shop.example", ["/a", "/b"])?;
    Ok(both.map(|body| body.split(' ').next().unwrap_or_default().to_owned()))
}

fn answered() -> Option<Answers> {
    start("client", answers).join().unwrap().ok()
}

/// Asks without a pause until told to stop: what was answered, and what went wrong.
fn asking(stop: &Arc<AtomicBool>) -> JoinHandle<(BTreeSet<Answers>, Vec<String>)> {
    let stop = Arc::clone(stop);
    start("client", move || {
        let (mut seen, mut lost) = (BTreeSet::new(), Vec::new());
        while !stop.load(Ordering::Relaxed) {
            match answers() {
                Ok(both) => _ = seen.insert(both),
                Err(error) => lost.push(error.to_string()),
            }
        }
        (seen, lost)
    })
}

/// How far a run that was killed had come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reached {
    /// All is as before.
    Nothing,
    /// The configuration is the new one, and the program has not read it.
    Written,
    /// It has, and nobody has noted that.
    Read,
    /// All is done, but for reading it back.
    Noted,
}

impl Site {
    /// An apply of the new ingresses that comes upon a fault.
    fn faulty(&mut self, fault: &str) -> Output {
        NEW.clone_into(&mut self.ingresses);
        self.describe(1);
        self.with_fault(&["apply"], fault)
    }

    fn rolled_back(&self, when: &str) {
        let mut command = self.lab.netc();
        let output = command.args(["rollback", "--netns", "node0"]).output().unwrap();
        assert!(output.status.success(), "{when}: {}", text(&output.stderr));
        serves(&former());
    }

    fn went_on(&self, when: &str) {
        let output = self.netc(&["apply"]);
        let said = text(&output.stderr);
        assert!(output.status.success() && said.contains("was interrupted when"), "{when}: {said}");
        serves(&new());
        assert_eq!(self.netc(&["diff"]).status.code(), Some(0), "{when}");
    }

    /// How far a run came that found this configuration and these processes.
    fn reached(&self, config: &str, processes: &[i32]) -> Reached {
        let is_noted = self.folder().unwrap().join("settled.conf").exists();
        let has_new = self.processes().iter().any(|pid| !processes.contains(pid));
        match (self.config() == config, is_noted, has_new) {
            (true, true, false) => {
                assert_eq!(answered(), Some(former()));
                Reached::Nothing
            }
            (false, false, false) => {
                assert_eq!(answered(), Some(former()));
                Reached::Written
            }
            (false, is_noted, true) => {
                serves(&new());
                if is_noted { Reached::Noted } else { Reached::Read }
            }
            other => panic!("configuration as before, noted, other processes: {other:?}"),
        }
    }
}

#[test]
fn a_run_that_is_killed_between_writing_and_reading_ends_whole() {
    for engine in ENGINES {
        let mut site = Site::new(engine, FORMER);
        site.applied(1);
        ["web-0", "api-0"].into_iter().for_each(serve);
        assert_eq!(answered(), Some(former()));
        let (master, before) = (site.master(), site.config());
        let stop = Arc::new(AtomicBool::new(false));
        let asked = asking(&stop);
        let mut seen = BTreeSet::new();
        for point in 1.. {
            let when = format!("{engine} kill:{point}");
            let processes = site.processes();
            let output = site.faulty(&format!("kill:{point}"));
            if output.status.success() {
                break;
            }
            assert_eq!(output.status.code(), None, "{when}: {}", text(&output.stderr));
            seen.insert(site.reached(&before, &processes));
            site.went_on(&when);
            site.rolled_back(&when);
            assert!(!site.faulty(&format!("kill:{point}")).status.success(), "{when}");
            site.rolled_back(&when);
            assert_eq!(site.config(), before, "{when}");
        }
        assert_eq!(site.master(), master, "it was never ended");
        stop.store(true, Ordering::Relaxed);
        let (answers, lost) = asked.join().unwrap();
        assert!(lost.is_empty(), "{engine}: {lost:?}");
        assert_eq!(answers, BTreeSet::from([former(), new()]), "{engine}");
        let all = [Reached::Nothing, Reached::Written, Reached::Read, Reached::Noted];
        assert_eq!(seen, BTreeSet::from(all), "{engine}");
    }
}

#[test]
fn a_run_that_fails_between_writing_and_reading_is_undone() {
    for engine in ENGINES {
        let mut site = Site::new(engine, FORMER);
        site.applied(1);
        ["web-0", "api-0"].into_iter().for_each(serve);
        let (master, before) = (site.master(), site.config());
        let mut failed = 0;
        for point in 1.. {
            let when = format!("{engine} fail:{point}");
            let output = site.faulty(&format!("fail:{point}"));
            if output.status.success() {
                break;
            }
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{when}: {said}");
            assert!(said.contains("everything was undone"), "{when}: {said}");
            serves(&former());
            assert_eq!(site.config(), before, "{when}");
            failed += 1;
        }
        assert!(failed > 2, "{engine}: {failed}");
        assert_eq!(site.master(), master, "it was never ended");
    }
}

#[test]
fn a_program_that_was_being_started_or_ended_is_so_in_the_end() {
    for engine in ENGINES {
        let mut site = Site::new(engine, "");
        // Nobody serves yet.
        site.describe_without_ingress();
        site.lab.applied(&site.source, "node0", &[]);
        ["web-0", "api-0"].into_iter().for_each(serve);
        let mut is_left = false;
        for point in 1.. {
            let when = format!("{engine} kill:{point}");
            if site.faulty(&format!("kill:{point}")).status.success() {
                break;
            }
            is_left |= site.folder().is_some() && site.processes().is_empty();
            site.went_on(&when);
            site.describe_without_ingress();
            if !site.with_fault(&["apply"], &format!("kill:{point}")).status.success() {
                site.lab.applied(&site.source, "node0", &[]);
            }
            assert_eq!((site.folder(), site.processes()), (None, Vec::new()), "{when}");
        }
        assert!(is_left, "{engine}: a configuration without its program");
    }
}
