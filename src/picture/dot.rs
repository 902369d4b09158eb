//! Pictures in the DOT language of Graphviz.

use super::needs::Needs;
use super::text::{Chips, line};
use super::topology::{Chip, NodeBox, Topology};

/// How boxes look.
const BOXES: &str = "node [shape=box, fontname=\"monospace\", fontsize=11];";

impl Needs {
    /// The picture for Graphviz: an arrow leads from what is needed to what needs it, and what is of
    /// one layer stands in one column.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut out = format!("digraph {} {{\n", quote(&self.node));
        line(&mut out, 1, &format!("rankdir=LR; {BOXES}"));
        for (place, one) in self.boxes.iter().enumerate() {
            let label = quote(&format!("{}\n{}", one.what, one.label()));
            line(&mut out, 1, &format!("n{place} [label={label}, tooltip={}];", quote(&one.note)));
        }
        for (from, to) in &self.arrows {
            line(&mut out, 1, &format!("n{from} -> n{to};"));
        }
        let layers = self.boxes.iter().map(|one| one.layer + 1).max().unwrap_or(0);
        for layer in 0..layers {
            let members = self.boxes.iter().enumerate().filter(|(_, one)| one.layer == layer);
            let members: Vec<String> = members.map(|(place, _)| format!("n{place}")).collect();
            line(&mut out, 1, &format!("{{ rank=same; {}; }}", members.join("; ")));
        }
        out.push_str("}\n");
        out
    }
}

impl Topology {
    /// The picture for Graphviz: networks with their nodes, these with their pods, and services with
    /// their endpoints.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut out = format!("graph {} {{\n", quote(&self.name));
        let label = quote(&format!("cluster {}\noverlay {}", self.name, self.overlay.text));
        line(
            &mut out,
            1,
            &format!("rankdir=LR; fontname=\"monospace\"; fontsize=11; label={label};"),
        );
        line(&mut out, 1, BOXES);
        let mut chips = Chips::new(self);
        let mut node = 0;
        for (place, segment) in self.segments.iter().enumerate() {
            let name = quote(&segment.name);
            line(&mut out, 1, &format!("segment{place} [shape=ellipse, label={name}];"));
            for (zone, own) in segment.zones.iter().enumerate() {
                if let Some(name) = &own.name {
                    line(&mut out, 1, &format!("subgraph cluster_zone{place}_{zone} {{"));
                    line(
                        &mut out,
                        2,
                        &format!("style=dashed; label={};", quote(&format!("zone {name}"))),
                    );
                }
                for one in &own.nodes {
                    node_box(&mut out, &mut chips, node, one);
                    node += 1;
                }
                if own.name.is_some() {
                    line(&mut out, 1, "}");
                }
            }
        }
        self.dot_joined(&mut out);
        for chip in &self.outside {
            chip_box(&mut out, 1, &mut chips, chip);
        }
        self.dot_services(&mut out);
        for (service, chip) in chips.links() {
            line(&mut out, 1, &format!("chip{chip} -- service{service} [style=dashed];"));
        }
        out.push_str("}\n");
        out
    }

    /// Which nodes are in which network.
    fn dot_joined(&self, out: &mut String) {
        let mut node = 0;
        for (place, segment) in self.segments.iter().enumerate() {
            for _ in segment.zones.iter().flat_map(|zone| &zone.nodes) {
                if segment.joined {
                    line(out, 1, &format!("segment{place} -- node{node} [penwidth=2];"));
                }
                node += 1;
            }
        }
    }

    fn dot_services(&self, out: &mut String) {
        for (service, number) in self.services.iter().zip(1..) {
            let label = quote(&service.label(self.numbered.then_some(number)));
            let origin = quote(&service.origin);
            line(
                out,
                1,
                &format!("service{number} [style=rounded, label={label}, tooltip={origin}];"),
            );
        }
    }
}

/// A node with what is on it.
fn node_box(out: &mut String, chips: &mut Chips, place: usize, node: &NodeBox) {
    line(out, 2, &format!("subgraph cluster_node{place} {{"));
    line(out, 3, &format!("label=\"\"; style=solid; tooltip={};", quote(&node.origin)));
    let label: Vec<&str> =
        [node.name.as_str()].into_iter().chain(node.lines.iter().map(String::as_str)).collect();
    let label = quote(&label.join("\n"));
    line(out, 3, &format!("node{place} [shape=plain, label={label}];"));
    for (number, group) in node.groups.iter().enumerate() {
        line(out, 3, &format!("subgraph cluster_group{place}_{number} {{"));
        let label = quote(format!("{} {}", group.name, group.detail).trim_end());
        line(out, 4, &format!("style=dotted; label={label}; tooltip={};", quote(&group.origin)));
        if group.chips.is_empty() {
            // An empty cluster is not drawn.
            line(out, 4, &format!("empty{place}_{number} [style=invis, label=\"\"];"));
        }
        group.chips.iter().for_each(|chip| chip_box(out, 4, chips, chip));
        line(out, 3, "}");
    }
    line(out, 2, "}");
}

fn chip_box(out: &mut String, depth: usize, chips: &mut Chips, chip: &Chip) {
    let (place, label) = chips.next(chip);
    let style = if chip.idle { "\"rounded,dashed\"" } else { "rounded" };
    let (label, note) = (quote(&label), quote(&chip.note));
    line(out, depth, &format!("chip{place} [style={style}, label={label}, tooltip={note}];"));
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
