//! The picture of a node's needs: layers from left to right.

use super::drawing::{Drawing, Frame, Label};
use super::layers::{Layers, Slot};
use super::place::{BOX, Middles, bottom, middles};
use super::style::Style;
use crate::picture::needs::{Kind, NeedBox, Needs};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const MARGIN: i32 = 24;

/// How narrow and how wide a box may be.
const WIDTH: (i32, i32) = (110, 270);

/// How wide the room between two layers may be.
const ROOM: (i32, i32) = (46, 150);

/// Between boxes that nothing leads to.
const GAP: i32 = 10;

/// Where the layers stand: left and right edges.
type Columns = Vec<(i32, i32)>;

impl Needs {
    /// The picture with everything in its place.
    #[must_use]
    pub fn drawing(&self) -> Drawing {
        let mut out = Drawing::new(format!("node {}", self.node), self.description());
        let top = self.header(&mut out);
        let layers = Layers::new(self);
        let middles = middles(&layers);
        let columns = self.columns(&layers);
        self.wires(&mut out, (&layers, &middles, &columns), top);
        for ((slots, middles), (left, right)) in layers.layers.iter().zip(&middles).zip(&columns) {
            let boxes = slots.iter().filter_map(|slot| match slot {
                Slot::Box(place) => Some((self.boxes.get(*place)?, middles.get(slot)?)),
                Slot::Lane(_) => None,
            });
            for (one, middle) in boxes {
                draw(&mut out, one, (*left, top + middle - BOX / 2), right - left);
            }
        }
        let right = columns.last().map_or(MARGIN, |(_, right)| *right);
        out.width = out.width.max(right);
        let end = top + bottom(&middles);
        out.height = self.alone(&mut out, &layers.alone, end) + MARGIN;
        out.width += MARGIN;
        out
    }

    fn description(&self) -> String {
        format!(
            "{} objects, chains and sets in {} boxes: an arrow leads from what is needed to what needs it",
            self.items,
            self.boxes.len()
        )
    }

    /// The title, and what colours mean. Returns where it ends.
    fn header(&self, out: &mut Drawing) -> i32 {
        let line = |out: &mut Drawing, (x, y): (i32, i32), style: Style, text: String| {
            let label = Label { x, y, style, text };
            out.width = out.width.max(x + label.width());
            let end = x + label.width();
            out.label(label);
            end
        };
        line(out, (MARGIN, 38), Style::Title, format!("node {}", self.node));
        let folded = self.boxes.len() < self.items;
        let all = match folded {
            true => {
                format!("{} objects, chains and sets in {} boxes", self.items, self.boxes.len())
            }
            false => format!("{} objects, chains and sets", self.items),
        };
        line(out, (MARGIN, 60), Style::Body, all);
        let reduced =
            if self.reduced { "; arrows that follow from others are left out" } else { "" };
        let text = format!("an arrow leads from what is needed to what needs it{reduced}");
        line(out, (MARGIN, 78), Style::Dim, text);
        let used: BTreeSet<Kind> = self.boxes.iter().map(|one| one.kind).collect();
        let mut left = MARGIN;
        for kind in used {
            out.frame(Frame::new(&class(kind), (left, 88), (14, 14)));
            left = line(out, (left + 20, 99), Style::Dim, kind.word().into()) + 16;
        }
        126
    }

    /// The layers side by side: the more arrows between two, the more room.
    fn columns(&self, layers: &Layers) -> Columns {
        let mut left = MARGIN;
        let columns = layers.layers.iter().zip(&layers.links).map(|(slots, links)| {
            let boxes = slots.iter().filter_map(|slot| match slot {
                Slot::Box(place) => self.boxes.get(*place),
                Slot::Lane(_) => None,
            });
            let width = boxes.map(wanted).max().unwrap_or(0).clamp(WIDTH.0, WIDTH.1);
            let own = (left, left + width);
            let arrows = i32::try_from(links.len()).unwrap_or(i32::MAX / 4);
            left += width + (ROOM.0 + 2 * arrows).min(ROOM.1);
            own
        });
        columns.collect()
    }

    /// The arrows: all from one box are one line that forks.
    fn wires(&self, out: &mut Drawing, at: (&Layers, &Middles, &Columns), top: i32) {
        let (layers, middles, columns) = at;
        let mut paths: BTreeMap<usize, (String, String)> = BTreeMap::new();
        let pairs = columns.windows(2).zip(middles.windows(2));
        for (links, (columns, middles)) in layers.links.iter().zip(pairs) {
            let ([(_, start), (end, behind)], [own, next]) = (columns, middles) else { continue };
            for (from, to) in links {
                let (Some(y), Some(target)) = (own.get(from), next.get(to)) else { continue };
                let (Slot::Box(source) | Slot::Lane(source)) = *from;
                let (line, tips) = paths.entry(source).or_default();
                let (y, target) = (top + y, top + target);
                let bend = start + (end - start) / 2;
                // Writing to a string cannot fail.
                let _ = match to {
                    Slot::Lane(_) => write!(
                        line,
                        "M{start} {y}C{bend} {y} {bend} {target} {end} {target}H{behind}"
                    ),
                    Slot::Box(_) => {
                        let tip = end - 6;
                        let _ = write!(tips, "M{end} {target}l-7 -3v6z");
                        write!(line, "M{start} {y}C{bend} {y} {bend} {target} {tip} {target}")
                    }
                };
            }
        }
        for (line, tips) in paths.into_values() {
            out.wire("need", line);
            out.wire("tip", tips);
        }
    }

    /// What needs nothing and is not needed, in rows below. Returns where it ends.
    fn alone(&self, out: &mut Drawing, alone: &[usize], top: i32) -> i32 {
        let boxes: Vec<&NeedBox> =
            alone.iter().filter_map(|place| self.boxes.get(*place)).collect();
        if boxes.is_empty() {
            return top;
        }
        let text = "need nothing here, and nothing needs them".to_owned();
        let head = if boxes.len() == self.boxes.len() { top } else { top + 40 };
        let label = Label { x: MARGIN, y: head - 8, style: Style::Dim, text };
        out.width = out.width.max(MARGIN + label.width());
        out.label(label);
        let width = boxes.iter().map(|one| wanted(one)).max().unwrap_or(0).clamp(WIDTH.0, WIDTH.1);
        // As wide as what is above, or as a screen.
        let columns = ((out.width.max(900) - MARGIN + GAP) / (width + GAP)).max(1);
        let mut end = head;
        for (one, place) in boxes.into_iter().zip(0..) {
            let x = MARGIN + (place % columns) * (width + GAP);
            let y = head + (place / columns) * (BOX + GAP);
            draw(out, one, (x, y), width);
            out.width = out.width.max(x + width);
            end = y + BOX;
        }
        end
    }
}

fn wanted(one: &NeedBox) -> i32 {
    Style::Body.width(&one.label()).max(Style::Dim.width(&one.what)) + 24
}

fn draw(out: &mut Drawing, one: &NeedBox, at: (i32, i32), width: i32) {
    let mut frame = Frame::new(&class(one.kind), at, (width, BOX)).note(one.note.as_str());
    frame.write(Style::Dim, (8, 14), &one.what);
    // The count is read, whatever is cut off.
    let count = if one.count > 1 { format!("×{}", one.count) } else { String::new() };
    let end = width - 12 - Style::Body.width(&count);
    let used = frame.write_until(Style::Body, (8, 29), end, &one.name);
    frame.write(Style::Body, (16 + used, 29), &count);
    out.frame(frame);
}

/// The class of a kind in the style sheet.
fn class(kind: Kind) -> String {
    format!("k{}", kind as usize)
}
