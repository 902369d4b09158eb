//! Configurations, line by line.

use super::site::Site;
use crate::model::Family;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// The text of a configuration.
#[derive(Default)]
pub(super) struct Text {
    out: String,
    depth: usize,
}

impl Text {
    /// The head of every configuration: who writes it, and what is copied for it.
    pub(super) fn new(site: Option<&Site>) -> Text {
        let mut text = Text::default();
        text.line("# Written by netc, and written anew by every `netc apply` that changes it:");
        text.line("# change the sources instead.");
        for copy in site.iter().flat_map(|site| &site.material) {
            text.line(&copy.line());
        }
        text
    }

    pub(super) fn line(&mut self, line: &str) {
        (0..self.depth).for_each(|_| self.out.push_str("    "));
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub(super) fn lines(&mut self, lines: &[&str]) {
        lines.iter().for_each(|line| self.line(line));
    }

    pub(super) fn gap(&mut self) {
        self.out.push('\n');
    }

    /// Further lines are within something.
    pub(super) fn deeper(&mut self) {
        self.depth += 1;
    }

    /// The same, no longer.
    pub(super) fn higher(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// A block in braces.
    pub(super) fn block(&mut self, head: &str, write: impl FnOnce(&mut Text)) {
        self.line(&format!("{head} {{"));
        self.deeper();
        write(self);
        self.higher();
        self.line("}");
    }

    pub(super) fn finish(self) -> String {
        self.out
    }
}

/// Any address of a family, and a port.
pub(super) fn any(family: Family, port: u16) -> SocketAddr {
    match family {
        Family::V4 => (Ipv4Addr::UNSPECIFIED, port).into(),
        Family::V6 => (Ipv6Addr::UNSPECIFIED, port).into(),
    }
}
