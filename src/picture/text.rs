//! What the writers of text have in common.

use super::topology::{Chip, ServiceBox, Topology};
use std::fmt::Write;

/// The chips so far: they are numbered as they come.
pub(super) struct Chips {
    next: usize,
    links: Vec<(usize, usize)>,
    numbered: bool,
}

impl Chips {
    pub(super) fn new(topology: &Topology) -> Chips {
        Chips { next: 0, links: Vec::new(), numbered: topology.numbered }
    }

    /// The number of the next one, and its label.
    pub(super) fn next(&mut self, chip: &Chip) -> (usize, String) {
        let number = self.next;
        self.next += 1;
        if !self.numbered {
            self.links.extend(chip.services.iter().map(|service| (*service, number)));
        }
        (number, chip.label(self.numbered))
    }

    /// Numbers of services, and of chips that are endpoints of them, where labels do not say it.
    pub(super) fn links(self) -> Vec<(usize, usize)> {
        self.links
    }
}

impl Chip {
    /// Its name, how many it stands for, and what else there is to say; with `numbered` the numbers
    /// of its services too.
    pub(super) fn label(&self, numbered: bool) -> String {
        let mut label = self.name.clone();
        if self.count > 1 {
            label.push_str(&format!(" ×{}", self.count));
        }
        if numbered && !self.services.is_empty() {
            let numbers: Vec<String> = self.services.iter().map(ToString::to_string).collect();
            label.push_str(&format!(" [{}]", numbers.join(" ")));
        }
        if !self.detail.is_empty() {
            label.push_str(&format!("\n{}", self.detail));
        }
        label
    }
}

impl ServiceBox {
    /// Its name, with its number if it has one, and what else there is to say.
    pub(super) fn label(&self, number: Option<usize>) -> String {
        let front = number.map(|number| format!("[{number}] ")).unwrap_or_default();
        let mut label = vec![format!("{front}{}", self.name)];
        label.extend(self.lines.iter().chain(&self.warning).cloned());
        label.join("\n")
    }
}

/// Writes a line so deep.
pub(super) fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:1$}{text}", "", depth * 4);
}
