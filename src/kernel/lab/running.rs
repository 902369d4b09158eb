//! Labs that run, and the places in them.

use super::desk::PODS;
use super::space::Space;
use super::{folder, process};
use crate::lab::{Entry, Member, Pod, Process, Role};
use netc_lang::suggest::{all_of, nearest};
use netc_lang::{Diagnostic, code};
use nix::sched::{CloneFlags, setns};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A lab that runs.
#[derive(Clone, Debug)]
pub struct Running {
    pub(super) folder: PathBuf,
    pub(super) entry: Entry,
}

/// A network namespace of a lab.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// A node's own.
    Node(String),
    /// A pod's or container's on a node.
    Pod {
        /// The node.
        node: String,
        /// The namespace, as `ip netns` on the node knows it.
        netns: String,
    },
    /// The router between the segments.
    Router,
    /// The rest of the world.
    Outside,
    /// What joins all hosts: bridges.
    Switch,
}

impl Running {
    /// All labs of this user, by their names. What is left of those that were killed is removed.
    ///
    /// # Errors
    /// What is remembered cannot be read.
    pub fn all() -> Result<Vec<Running>, Diagnostic> {
        let all = folder::all()?.into_iter();
        let all = all.map(|(folder, mut entry)| {
            entry.members.iter_mut().for_each(find_pods);
            Running { folder, entry }
        });
        Ok(all.collect())
    }

    /// The lab of a name; without one the only lab that runs.
    ///
    /// # Errors
    /// There is no such lab, or there are several.
    pub fn find(name: Option<&str>) -> Result<Running, Diagnostic> {
        let mut all = Running::all()?;
        let Some(name) = name else {
            return match (all.pop(), all.is_empty()) {
                (Some(only), true) => Ok(only),
                (None, _) => Err(none()),
                (Some(last), false) => {
                    let names = all.iter().chain([&last]).map(Running::name);
                    let message = format!("several labs run: {}", all_of(names));
                    Err(Diagnostic::new(code::NO_LAB, message).help("say which with `--name`"))
                }
            };
        };
        if let Some(place) = all.iter().position(|lab| lab.name() == name) {
            return Ok(all.swap_remove(place));
        }
        let message = format!("no lab `{name}` runs");
        let names = || all.iter().map(Running::name);
        let help = match nearest(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if all.is_empty() => {
                "no other does either; `netc lab up SOURCES` starts one".into()
            }
            None if all.len() == 1 => format!("there is {}", all_of(names())),
            None => format!("there are {}", all_of(names())),
        };
        Err(Diagnostic::new(code::NO_LAB, message).help(help))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// The folder in which it is remembered. It goes with the lab.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is remembered of it.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Its hosts: nodes first, then the router if there is one, then the outside.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.entry.members
    }

    /// A host by its role and name; what is no node has its role's name.
    #[must_use]
    pub fn member(&self, place: &Place) -> Option<&Member> {
        match place {
            Place::Node(name) | Place::Pod { node: name, .. } => {
                self.entry.nodes().find(|member| member.name == *name)
            }
            Place::Router => self.entry.host(Role::Router),
            Place::Outside => self.entry.host(Role::Outside),
            Place::Switch => None,
        }
    }

    /// Its pods and containers, each with its node.
    pub fn pods(&self) -> impl Iterator<Item = (&Member, &Pod)> {
        self.entry.nodes().flat_map(|node| node.pods.iter().map(move |pod| (node, pod)))
    }

    /// Whether the process of a host has not ended.
    #[must_use]
    pub fn is_alive(&self, process: Process) -> bool {
        process::is_alive(process)
    }

    /// Enters the user namespace of the lab, if it has one: only from there its other namespaces can
    /// be entered. The process must have a single thread (setns(2)).
    ///
    /// # Errors
    /// The lab has ended, or is somebody else's.
    pub fn join(&self) -> Result<(), Diagnostic> {
        if !self.entry.rootless {
            return Ok(());
        }
        let path = format!("/proc/{}/ns/user", self.entry.hub.pid);
        let inode = |path: &str| fs::metadata(path).map(|found| found.ino());
        let enter = || -> io::Result<()> {
            // It may be entered but once.
            if inode(&path)? != inode("/proc/self/ns/user")? {
                setns(File::open(&path)?, CloneFlags::CLONE_NEWUSER)?;
            }
            Ok(())
        };
        self.alive(self.entry.hub)?;
        enter().map_err(|error| self.closed("its user namespace", &error))
    }

    /// A place, to be entered.
    ///
    /// # Errors
    /// There is no such place, it has ended, or may not be entered.
    pub fn space(&self, place: &Place) -> Result<Space, Diagnostic> {
        let failed = |error: io::Error| self.closed(&place.to_string(), &error);
        if *place == Place::Switch {
            self.alive(self.entry.hub)?;
            return Space::switch(self.entry.hub.pid).map_err(failed);
        }
        let Some(member) = self.member(place) else {
            let message = format!("the lab `{}` has no {place}", self.name());
            let help = "`netc lab status` shows which machines it has";
            return Err(Diagnostic::new(code::NO_LAB, message).help(help));
        };
        self.alive(member.process)?;
        let netns = match place {
            Place::Pod { netns, .. } => Some(netns.as_str()),
            _ => None,
        };
        Space::of(member.process.pid, netns).map_err(failed)
    }

    fn alive(&self, process: Process) -> Result<(), Diagnostic> {
        if process::is_alive(process) {
            return Ok(());
        }
        let message = format!("process {} of the lab `{}` has ended", process.pid, self.name());
        let help = format!("end the rest with `netc lab down --name {}`", self.name());
        Err(Diagnostic::new(code::NO_LAB, message).help(help))
    }

    fn closed(&self, what: &str, error: &io::Error) -> Diagnostic {
        let message = format!("cannot enter {what} of the lab `{}`: {error}", self.name());
        Diagnostic::new(code::NO_LAB, message).help(
            "enter it as the user who brought it up, who must be allowed to use its namespaces",
        )
    }
}

/// Gives a host the pods that it says it has: an apply on it may have made others than there were when the
/// lab came up.
fn find_pods(member: &mut Member) {
    if member.role != Role::Node || !process::is_alive(member.process) {
        return;
    }
    let text = fs::read_to_string(format!("/proc/{}/root{PODS}", member.process.pid));
    if let Some(pods) = text.ok().and_then(|text| serde_json::from_str(&text).ok()) {
        member.pods = pods;
    }
}

/// No lab runs at all.
fn none() -> Diagnostic {
    Diagnostic::new(code::NO_LAB, "no lab runs").help("`netc lab up SOURCES` starts one")
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Node(name) => write!(f, "node {name}"),
            Place::Pod { node, netns } => write!(f, "namespace {netns} of node {node}"),
            Place::Router => f.write_str("router"),
            Place::Outside => f.write_str("outside"),
            Place::Switch => f.write_str("switch"),
        }
    }
}
