//! Running the tools of netfilter, iptables' and ipset, in the node's own namespace.

mod complaint;
mod place;

pub(super) use place::{Place, find, search, wide_search};

use super::error::KernelError;
use super::machine::Machine;
use crate::object::Netns;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::process::{Command, Output, Stdio};

/// How an answer begins that says that there is no such tool.
pub(super) const NOT_INSTALLED: &str = "is not installed";

/// A tool, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tool(pub(super) &'static str);

impl Tool {
    /// Runs it in the namespace of the calling thread. Returns what it printed.
    pub(super) fn run(
        self,
        arguments: &[&str],
        input: Option<File>,
    ) -> Result<String, KernelError> {
        let stdin = input.map_or_else(Stdio::null, Stdio::from);
        let mut command = Command::new(self.0);
        let output = command.args(arguments).env("LC_ALL", "C").stdin(stdin).output();
        self.answer(output)
    }

    fn answer(self, output: io::Result<Output>) -> Result<String, KernelError> {
        let output = output.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                let package = match self.0 {
                    "ip" | "tc" => "iproute2",
                    "ipset" => "ipset",
                    "nft" => "nftables",
                    _ => "iptables",
                };
                self.failed(format!("{NOT_INSTALLED} (Debian: package {package})"), None)
            }
            _ => self.failed(format!("cannot be started: {error}"), None),
        })?;
        if output.status.success() {
            let text = String::from_utf8(output.stdout);
            return Ok(
                text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
            );
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let (line, reason) = complaint::read(&said);
        Err(self.failed(reason, line))
    }

    fn failed(self, output: String, line: Option<usize>) -> KernelError {
        KernelError::Tool { tool: self.0, output, line }
    }
}

/// Runs a tool in the node's own namespace.
pub(super) fn run(
    machine: &mut Machine,
    tool: Tool,
    arguments: &[&str],
    input: Option<&str>,
) -> Result<String, KernelError> {
    let input = input.map(kept).transpose().map_err(KernelError::io("cannot keep a payload"))?;
    machine.namespace(&Netns::Node)?.within(|| tool.run(arguments, input))?
}

/// A file with a text. A pipe could block us when a tool complains before it has read everything.
pub(super) fn kept(text: &str) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}
