//! The topology: nodes in rows below their networks, services beside them.

use super::cards::{self, draw_badge};
use super::drawing::{Drawing, Frame, Label};
use super::grid::{BUS, GAP, Grid, LEFT, MARGIN, Place, Row, TRUNK, TUNNEL};
use super::side::Side;
use super::style::Style;
use crate::picture::topology::{Group, NodeBox, Topology};

/// Between the nodes and the services.
const GUTTER: i32 = 36;

/// So many cards may stand in a row at most; so few always do.
const COLUMNS: usize = 32;
const FEW: usize = 4;

/// So many columns may hold the services.
const SIDE: i32 = 8;

impl Topology {
    /// The picture with everything in its place.
    #[must_use]
    pub fn drawing(&self) -> Drawing {
        let mut out = Drawing::new(format!("cluster {}", self.name), self.description());
        let top = header(&mut out, self);
        let (grid, side) = self.arranged();
        let outside = self.outside_box();
        let (wide, height) = size(&grid, &side, outside.as_ref());
        networks(&mut out, &grid, top);
        if let Some(outside) = &outside {
            cards::draw(
                &mut out,
                outside,
                "away",
                (MARGIN, top + grid.height),
                outside_width(&grid, outside),
            );
        }
        if side.size.0 > 0 {
            let left = wide - side.size.0;
            out.label(Label { x: left, y: top + 14, style: Style::Head, text: "services".into() });
            side.draw(&mut out, (left, top + 24));
        }
        out.width = out.width.max(wide) + MARGIN;
        out.height = top + height + MARGIN;
        out
    }

    /// As many columns as make the picture fill a screen best, which is three wide and two high.
    fn arranged(&self) -> (Grid<'_>, Side<'_>) {
        let outside = self.outside_box();
        let count = self.nodes().count();
        let most = count.clamp(1, COLUMNS);
        let least = if count <= FEW { most } else { 2 };
        let sides: Vec<Side> = (1..=SIDE).map(|side| Side::new(&self.services, side)).collect();
        let grids: Vec<Grid> = (least..=most).map(|columns| Grid::new(self, columns)).collect();
        let all = grids.into_iter().map(|grid| {
            let costs = sides.iter().zip(1..).map(|(side, count)| {
                let (width, height) = size(&grid, side, outside.as_ref());
                ((2 * width).max(3 * height), count)
            });
            let (cost, count) = costs.min().unwrap_or_default();
            (cost, grid, count)
        });
        let best = all.min_by_key(|(cost, _, _)| *cost);
        let (_, grid, count) = best.unwrap_or_default();
        (grid, Side::new(&self.services, count))
    }

    /// What is on no node, as a card.
    fn outside_box(&self) -> Option<NodeBox> {
        let group = Group {
            name: "endpoints".into(),
            detail: String::new(),
            chips: self.outside.clone(),
            origin: String::new(),
        };
        (!self.outside.is_empty()).then(|| NodeBox {
            name: "outside the cluster's nodes".into(),
            lines: Vec::new(),
            groups: vec![group],
            origin: String::new(),
        })
    }

    fn description(&self) -> String {
        let facts = self.facts.iter().map(|(label, value)| format!("{label} {value}, "));
        let facts: String = facts.collect();
        format!(
            "{} nodes in {} networks, {} services; {facts}overlay {}",
            self.nodes().count(),
            self.segments.len(),
            self.services.len(),
            self.overlay.text
        )
    }
}

fn outside_width(grid: &Grid, outside: &NodeBox) -> i32 {
    grid.card.max(cards::width([outside].into_iter()))
}

/// How wide and high nodes, what is outside, and services are together.
fn size(grid: &Grid, side: &Side, outside: Option<&NodeBox>) -> (i32, i32) {
    // Without a card below there is no room for one.
    let high = outside.map_or(-GAP, cards::height);
    let wide = outside.map_or(0, |outside| MARGIN + outside_width(grid, outside));
    let gutter = if side.size.0 > 0 { GUTTER } else { 0 };
    let beside = if side.size.1 > 0 { side.size.1 + 24 } else { 0 };
    (grid.width.max(wide) + gutter + side.size.0, (grid.height + high).max(beside))
}

/// The title, what all nodes share, and what lines and numbers mean. Returns where it ends.
fn header(out: &mut Drawing, topology: &Topology) -> i32 {
    let line = |out: &mut Drawing, (x, y): (i32, i32), style: Style, text: String| {
        let label = Label { x, y, style, text };
        out.width = out.width.max(x + label.width());
        out.label(label);
    };
    line(out, (MARGIN, 38), Style::Title, format!("cluster {}", topology.name));
    let facts: Vec<String> =
        topology.facts.iter().map(|(label, value)| format!("{label} {value}")).collect();
    let mut y = 60;
    if !facts.is_empty() {
        line(out, (MARGIN, y), Style::Body, facts.join(" · "));
        y += 20;
    }
    let overlay = format!("overlay {}", topology.overlay.text);
    match &topology.overlay.tunnels {
        Some(tunnels) => {
            out.wire("tun", format!("M{MARGIN} {}H{}", y - 4, MARGIN + 40));
            line(out, (MARGIN + 50, y), Style::Dim, format!("{overlay}: {tunnels}"));
        }
        None => line(out, (MARGIN, y), Style::Dim, overlay),
    }
    if topology.segments.iter().any(|segment| segment.joined) {
        y += 18;
        out.wire("bus", format!("M{MARGIN} {}H{}", y - 4, MARGIN + 40));
        line(out, (MARGIN + 50, y), Style::Dim, "network of the nodes".into());
    }
    if topology.chips().any(|chip| !chip.services.is_empty()) {
        y += 18;
        draw_badge(out, (Some(1), "1"), "", (MARGIN + 12, y - 11), 17);
        line(out, (MARGIN + 50, y), Style::Dim, "endpoint of the service with this number".into());
    }
    if topology.chips().any(|chip| chip.idle) {
        y += 18;
        out.frame(Frame::new("chip idle", (MARGIN + 6, y - 12), (30, 15)));
        line(out, (MARGIN + 50, y), Style::Dim, "takes no new connections".into());
    }
    y + 22
}

/// Zones first, then lines, then cards: each lies on the ones before.
fn networks(out: &mut Drawing, grid: &Grid, top: i32) {
    for place in &grid.segments {
        for (zone, [left, upper, right, lower]) in &place.zones {
            let size = (right - left, lower - upper);
            let mut frame = Frame::new("zone", (*left, top + upper), size);
            let name = zone.name.as_deref().unwrap_or_default();
            let word = if name.starts_with("zone") { "" } else { "zone " };
            frame.write(Style::Dim, (8, 14), &format!("{word}{name}"));
            out.frame(frame);
        }
    }
    for place in &grid.segments {
        lines(out, grid, place, top);
    }
    tunnels(out, grid, top);
    for row in grid.segments.iter().flat_map(|place| &place.rows) {
        for (node, left) in &row.cards {
            cards::draw(out, node, "card", (*left, top + row.top), grid.card);
        }
    }
}

/// The name of a network, and the line on which its nodes are.
fn lines(out: &mut Drawing, grid: &Grid, place: &Place, top: i32) {
    let text = Style::Head.fit(&place.segment.name, grid.width - LEFT);
    out.label(Label { x: LEFT, y: top + place.name, style: Style::Head, text });
    let (Some(first), Some(last)) = (place.rows.first(), place.rows.last()) else { return };
    if !place.segment.joined {
        return;
    }
    for row in &place.rows {
        let Some(end) = last_tap(row, 18) else { continue };
        out.wire("bus", format!("M{TRUNK} {}H{end}", top + row.bus));
        for (_, left) in &row.cards {
            out.wire("tap", format!("M{} {}V{}", left + 18, top + row.bus, top + row.top));
        }
    }
    if first.bus != last.bus {
        out.wire("bus", format!("M{TRUNK} {}V{}", top + first.bus, top + last.bus));
    }
}

/// The overlay is one line that all nodes are on, whatever their networks.
fn tunnels(out: &mut Drawing, grid: &Grid, top: i32) {
    if !grid.tunnels {
        return;
    }
    let rows: Vec<&Row> = grid.segments.iter().flat_map(|place| &place.rows).collect();
    for row in &rows {
        let Some(end) = last_tap(row, 34) else { continue };
        let y = top + row.bus + BUS + 2;
        out.wire("tun", format!("M{TUNNEL} {y}H{end}"));
        for (_, left) in &row.cards {
            out.wire("ttap", format!("M{} {y}V{}", left + 34, top + row.top));
        }
    }
    if let (Some(first), Some(last)) = (rows.first(), rows.last())
        && first.bus != last.bus
    {
        let [first, last] = [first, last].map(|row| top + row.bus + BUS + 2);
        out.wire("tun", format!("M{TUNNEL} {first}V{last}"));
    }
}

fn last_tap(row: &Row, offset: i32) -> Option<i32> {
    row.cards.last().map(|(_, left)| left + offset)
}
