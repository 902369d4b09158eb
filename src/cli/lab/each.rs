//! Doing something on every node of a lab, a few at once.

use crate::kernel::lab::{Place, Running};
use crate::lab::Member;
use netc_lang::{Diagnostic, code};
use std::os::unix::process::CommandExt;
use std::process::Output;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

/// So many nodes are busy at once, as when the lab comes up.
const AT_ONCE: usize = 4;

/// Does something for each node; what came of it, in their order. `heard` is told how many are done.
pub(super) fn on_each<'n, T: Send>(
    nodes: &[&'n Member],
    heard: &mut dyn FnMut(usize),
    work: impl Fn(&'n Member) -> T + Sync,
) -> Vec<T> {
    let waiting = Mutex::new(nodes.iter().copied().enumerate());
    let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
    let (send, ended) = channel();
    let mut done: Vec<(usize, T)> = Vec::new();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(nodes.len()) {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((place, node)) = next() {
                    let _ = send.send((place, work(node)));
                }
            });
        }
        drop(send);
        for one in ended {
            done.push(one);
            heard(done.len());
        }
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, done)| done).collect()
}

/// Runs `netc COMMAND SOURCES --node NAME` on a node, with the sources of the lab.
pub(super) fn netc_on(
    lab: &Running,
    node: &Member,
    command: &str,
    format: &str,
) -> Result<Output, Diagnostic> {
    let space = lab.space(&Place::Node(node.name.clone()))?;
    let entry = lab.entry();
    let mut netc = space.command("/proc/self/exe");
    netc.with(|netc| {
        netc.arg0("netc").arg(command).args(&entry.sources).args(["--node", &node.name]);
        netc.args(entry.lock.iter().flat_map(|lock| ["--lock", lock])).args(["--format", format]);
    });
    netc.output().map_err(|error| {
        let message = format!("netc cannot be started on node {}: {error}", node.name);
        Diagnostic::new(code::LAB_COMMAND, message)
    })
}
