//! Pictures as flowcharts of Mermaid.

use super::needs::{Kind, Needs};
use super::text::{Chips, line};
use super::topology::{Chip, Group, NodeBox, Topology};
use std::fmt::Write;

/// What Mermaid draws unless it is told otherwise: so many letters (`maxTextSize`) and so many arrows
/// (`maxEdges`).
pub const MERMAID_LIMITS: (usize, usize) = (50_000, 500);

impl Needs {
    /// The picture as a flowchart: an arrow leads from what is needed to what needs it.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = "flowchart LR\n".to_owned();
        for (place, one) in self.boxes.iter().enumerate() {
            let label = quote(&format!("{}\n{}", one.what, one.label()));
            line(&mut out, 1, &format!("n{place}[{label}]:::k{}", one.kind as usize));
        }
        for (from, to) in &self.arrows {
            line(&mut out, 1, &format!("n{from} --> n{to}"));
        }
        let colors = [
            "#94a3b3", "#c79a1b", "#3f9a5b", "#3487bd", "#5b67cf", "#d07a34", "#c84a7a", "#8b5cc4",
            "#c8524a", "#777777",
        ];
        for (kind, color) in Kind::ALL.into_iter().zip(colors) {
            if self.boxes.iter().any(|one| one.kind == kind) {
                let class = format!("classDef k{} stroke:{color},stroke-width:2px", kind as usize);
                line(&mut out, 1, &class);
            }
        }
        out
    }
}

impl Topology {
    /// The picture as a flowchart: networks with their nodes, these with their pods, and services
    /// with their endpoints.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = "flowchart LR\n".to_owned();
        let title = quote(&format!("cluster {}\noverlay {}", self.name, self.overlay.text));
        line(&mut out, 1, &format!("cluster[{title}]:::plain"));
        let mut chips = Chips::new(self);
        let (mut node, mut joined) = (0, Vec::new());
        for (place, segment) in self.segments.iter().enumerate() {
            line(&mut out, 1, &format!("segment{place}([{}])", quote(&segment.name)));
            for (zone, own) in segment.zones.iter().enumerate() {
                if let Some(name) = &own.name {
                    let name = quote(&format!("zone {name}"));
                    line(&mut out, 1, &format!("subgraph zone{place}_{zone}[{name}]"));
                }
                for one in &own.nodes {
                    node_box(&mut out, &mut chips, node, one);
                    if segment.joined {
                        joined.push(format!("segment{place} --- node{node}"));
                    }
                    node += 1;
                }
                if own.name.is_some() {
                    line(&mut out, 1, "end");
                }
            }
        }
        self.outside.iter().for_each(|chip| chip_box(&mut out, 1, &mut chips, chip));
        for (service, number) in self.services.iter().zip(1..) {
            let label = quote(&service.label(self.numbered.then_some(number)));
            line(&mut out, 1, &format!("service{number}([{label}])"));
        }
        joined.iter().for_each(|text| line(&mut out, 1, text));
        for (service, chip) in chips.links() {
            line(&mut out, 1, &format!("service{service} -.-> chip{chip}"));
        }
        line(&mut out, 1, "classDef plain fill:none,stroke:none");
        if self.chips().any(|chip| chip.idle) {
            line(&mut out, 1, "classDef idle stroke:#b42318,stroke-dasharray:4 3");
        }
        out
    }
}

/// A node with what is on it.
fn node_box(out: &mut String, chips: &mut Chips, place: usize, node: &NodeBox) {
    let name = quote(&node.name);
    let about = quote(&node.lines.join("\n"));
    if node.groups.is_empty() && node.lines.is_empty() {
        line(out, 1, &format!("node{place}[{name}]"));
        return;
    }
    // The title of a subgraph has room for one line.
    line(out, 1, &format!("subgraph node{place}[{name}]"));
    if !node.lines.is_empty() {
        line(out, 2, &format!("about{place}[{about}]:::plain"));
    }
    for (number, group) in node.groups.iter().enumerate() {
        group_box(out, chips, &format!("group{place}_{number}"), group);
    }
    line(out, 1, "end");
}

fn group_box(out: &mut String, chips: &mut Chips, id: &str, group: &Group) {
    let label = quote(format!("{} {}", group.name, group.detail).trim_end());
    if group.chips.is_empty() {
        line(out, 2, &format!("{id}[{label}]"));
        return;
    }
    line(out, 2, &format!("subgraph {id}[{label}]"));
    group.chips.iter().for_each(|chip| chip_box(out, 3, chips, chip));
    line(out, 2, "end");
}

fn chip_box(out: &mut String, depth: usize, chips: &mut Chips, chip: &Chip) {
    let (number, label) = chips.next(chip);
    let class = if chip.idle { ":::idle" } else { "" };
    line(out, depth, &format!("chip{number}({}){class}", quote(&label)));
}

/// A text in quotation marks. What would end it, be taken for HTML or for Markdown is written as a
/// number, as Mermaid has it: `#34;`.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("<br/>"),
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' | '%' | '*' | '_' => {
                let _ = write!(out, "#{};", u32::from(letter));
            }
            _ if letter.is_control() => out.push(' '),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_text_early() {
        assert_eq!(quote("a \"b\" #1; <c>\nd"), "\"a #34;b#34; #35;1#59; #60;c#62;<br/>d\"");
    }
}
