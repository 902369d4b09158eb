//! Fresh network namespaces, and iptables in them.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

/// A back end of iptables for a family: `ip6tables-nft`, say.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    pub(crate) backend: &'static str,
}

impl Tool {
    /// Loads payloads one after the other into a namespace of their own: all its rules then.
    pub(crate) fn loaded(self, payloads: &[(&str, &[&str])]) -> String {
        let work = || {
            enter();
            for (payload, options) in payloads {
                self.run("restore", options, payload);
            }
            self.run("save", &[], "")
        };
        thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|fault| {
            std::panic::resume_unwind(fault);
        })
    }

    fn run(self, what: &str, options: &[&str], input: &str) -> String {
        let program = format!("{}-{}-{what}", self.program, self.backend);
        let mut command = Command::new(&program);
        command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn();
        let mut child =
            child.unwrap_or_else(|fault| panic!("{program}: {fault}: run tests/run.sh"));
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {options:?}: {said}\n{input}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Takes this thread, and what it starts, into a new network namespace with an empty /run, where
/// iptables has its lock.
fn enter() {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)
        .expect("kernel tests need root or a user namespace: run tests/run.sh");
    let flags = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>).unwrap();
    mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
}
