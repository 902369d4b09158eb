//! Asking hosts whether their servers are in step with their nodes, and giving a lab what an apply of
//! changed sources has no hand in.

use super::desk::{RENEW, SETTLE, SOCKET};
use super::folder;
use super::running::{Place, Running};
use super::tool::{ip, ip_gone};
use crate::lab::{Host, Member, Renewal, Role, setup};
use netc_lang::{Diagnostic, code};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long a host may take to compile the sources and to let its servers follow.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a host says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The host.
    pub host: String,
    /// Where nobody can serve there, and why; or that the host does not answer.
    pub failed: Vec<String>,
}

impl Running {
    /// Waits until those who serve are in step with what netc has made of their nodes.
    pub fn settle(&self, hosts: impl Fn(&Member) -> bool) {
        let _ = self.ask_hosts(SETTLE, hosts);
    }

    /// Lets hosts serve what the sources say now. Those that have something to complain about.
    pub fn renew(&self, hosts: impl Fn(&Member) -> bool) -> Vec<Step> {
        self.ask_hosts(RENEW, hosts)
    }

    /// All are asked before any of them is waited for.
    fn ask_hosts(&self, word: &str, hosts: impl Fn(&Member) -> bool) -> Vec<Step> {
        let wanted = self.members().iter().filter(|member| hosts(member));
        let wanted = wanted.filter(|member| member.role != Role::Router);
        let asked: Vec<(&Member, io::Result<UnixStream>)> =
            wanted.map(|member| (member, ask(member, word))).collect();
        let steps = asked.into_iter().map(|(member, stream)| {
            let failed = stream.and_then(|stream| heard(&stream));
            let failed = failed.unwrap_or_else(|error| vec![format!("it does not say: {error}")]);
            Step { host: member.name.clone(), failed }
        });
        steps.filter(|step| !step.failed.is_empty()).collect()
    }

    /// Gives the hosts the addresses and routes that they are to have by changed sources, and
    /// remembers the lab as it is then. The process must have joined the lab.
    ///
    /// # Errors
    /// Another netc is at it, or ip(8) refuses something.
    pub fn take_over(&mut self, renewal: Renewal) -> Result<(), Diagnostic> {
        let base = self.folder.parent().unwrap_or(&self.folder);
        let reserved = folder::take(base, self.name(), false)?;
        for (before, after) in &renewal.changed {
            self.alter_host(before, after)?;
        }
        reserved.write(&renewal.entry)?;
        self.entry = renewal.entry;
        Ok(())
    }

    fn alter_host(&self, before: &Host, after: &Host) -> Result<(), Diagnostic> {
        let place = match before.role {
            Role::Node => Place::Node(before.name.clone()),
            Role::Router => Place::Router,
            Role::Outside => Place::Outside,
        };
        let done = self.space(&place)?.within(|| {
            ip_gone(&setup::removals(before, after));
            ip(&setup::commands(after))
        });
        let failed = |why: String| {
            let message = format!("{} cannot get its addresses and routes: {why}", before.name);
            Diagnostic::new(code::LAB_FAILED, message)
                .help("`netc lab down` and `netc lab up` bring the lab up anew")
        };
        done.map_err(|error| failed(error.to_string()))?.map_err(failed)
    }
}

fn ask(member: &Member, word: &str) -> io::Result<UnixStream> {
    let path = format!("/proc/{}/root{SOCKET}", member.process.pid);
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    writeln!(stream, "{word}")?;
    Ok(stream)
}

fn heard(stream: &UnixStream) -> io::Result<Vec<String>> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}
