//! Services, in columns beside the nodes.

use super::cards::{badge_width, draw_badge};
use super::drawing::{Drawing, Frame};
use super::style::Style;
use crate::picture::topology::ServiceBox;

const HEAD: i32 = 26;
const LINE: i32 = 16;
const GAP: i32 = 10;
const INSET: i32 = 10;

/// How narrow and how wide a service may be drawn.
const WIDTH: (i32, i32) = (200, 360);

/// The services in their columns.
pub(super) struct Side<'t> {
    columns: Vec<Vec<(usize, &'t ServiceBox, i32)>>,
    wide: i32,
    /// How wide and how high all is.
    pub(super) size: (i32, i32),
}

impl<'t> Side<'t> {
    /// Puts services into so many columns.
    pub(super) fn new(services: &'t [ServiceBox], count: i32) -> Side<'t> {
        // All columns about equally high.
        let heights: Vec<i32> = services.iter().map(|service| height(service) + GAP).collect();
        let total: i32 = heights.iter().sum();
        let limit = total / count.max(1) + heights.iter().max().unwrap_or(&0) / 2;
        let mut columns: Vec<Vec<(usize, &ServiceBox, i32)>> = Vec::new();
        let (mut top, mut most) = (0, 0);
        for (service, number) in services.iter().zip(1..) {
            let height = height(service);
            if columns.is_empty() || top + height > limit {
                columns.push(Vec::new());
                top = 0;
            }
            if let Some(column) = columns.last_mut() {
                column.push((number, service, top));
            }
            top += height + GAP;
            most = most.max(top - GAP);
        }
        let wide = services.iter().map(wanted).max().unwrap_or(0).clamp(WIDTH.0, WIDTH.1);
        let count = i32::try_from(columns.len()).unwrap_or(0);
        let size = if count == 0 { (0, 0) } else { (count * (wide + GAP) - GAP, most) };
        Side { columns, wide, size }
    }

    pub(super) fn draw(&self, out: &mut Drawing, (left, top): (i32, i32)) {
        for (column, x) in self.columns.iter().zip(0..) {
            let x = left + x * (self.wide + GAP);
            for (number, service, y) in column {
                draw(out, (*number, service), (x, top + y), self.wide);
            }
        }
    }
}

fn wanted(service: &ServiceBox) -> i32 {
    let lines = service.lines.iter().map(|line| Style::Dim.width(line) + 2 * INSET + GAP);
    let head = Style::Head.width(&service.name) + badge_width("99") + 4 * INSET;
    lines.max().unwrap_or(0).max(head)
}

fn height(service: &ServiceBox) -> i32 {
    let lines = service.lines.len() + usize::from(service.warning.is_some());
    HEAD + LINE * i32::try_from(lines).unwrap_or(0) + 6
}

fn draw(out: &mut Drawing, (number, service): (usize, &ServiceBox), at: (i32, i32), width: i32) {
    let note = format!("service {}  ({})", service.name, service.origin);
    let mut frame = Frame::new("card", at, (width, height(service))).note(note.as_str());
    let text = number.to_string();
    let wide = badge_width(&text);
    frame.write(Style::Head, (INSET + wide + 8, 18), &service.name);
    let mut line = HEAD + 11;
    for text in &service.lines {
        frame.write(Style::Dim, (INSET, line), text);
        line += LINE;
    }
    if let Some(warning) = &service.warning {
        frame.write(Style::Warning, (INSET, line), warning);
    }
    out.frame(frame);
    draw_badge(out, (Some(number), &text), &note, (at.0 + INSET, at.1 + 7), wide);
}
