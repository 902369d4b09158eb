//! Nodes as cards: addresses, and what hangs on their devices.

use super::drawing::{Drawing, Frame};
use super::style::Style;
use crate::picture::topology::{Chip, Group, NodeBox};

/// The height of a card's head, of a line, of the head of a group, and of a chip.
const HEAD: i32 = 26;
const LINE: i32 = 16;
const GROUP: i32 = 22;
const CHIP: i32 = 20;

/// Between things, and between a thing and what it is in.
const GAP: i32 = 4;
const INSET: i32 = 8;

/// How narrow and how wide a card may be.
const WIDTH: (i32, i32) = (190, 320);

/// So few cards may be so wide.
const FEW: (usize, i32) = (4, 440);

/// A chip shows so many numbers of services.
const BADGES: usize = 6;

/// How wide cards must be so that most of what is in them can be read.
pub(super) fn width<'n>(nodes: impl Iterator<Item = &'n NodeBox>) -> i32 {
    let nodes: Vec<&NodeBox> = nodes.collect();
    let few = nodes.len() <= FEW.0;
    let wanted = nodes.iter().map(|node| wanted(node, few)).max();
    wanted.unwrap_or(0).clamp(WIDTH.0, if few { FEW.1 } else { WIDTH.1 })
}

/// How wide the card of a node is to be. Where there are many, addresses of pods are shown as far as
/// there is room.
fn wanted(node: &NodeBox, details: bool) -> i32 {
    let lines = node.lines.iter().map(|line| Style::Dim.width(line) + 3 * INSET);
    let groups = node.groups.iter().map(|group| {
        let head = Style::Body.width(&group.name) + Style::Dim.width(&group.detail) + 6 * INSET;
        let chips = group.chips.iter().map(|chip| {
            let detail = if details { Style::Dim.width(&chip.detail) + INSET } else { 0 };
            let texts = Style::Body.width(&label(chip)) + detail;
            texts + badges(chip).iter().map(|(_, width)| width + GAP).sum::<i32>() + 5 * INSET
        });
        chips.max().unwrap_or(0).max(head)
    });
    let head = Style::Head.width(&node.name) + 3 * INSET;
    lines.chain(groups).max().unwrap_or(0).max(head)
}

/// How high the card of a node is.
pub(super) fn height(node: &NodeBox) -> i32 {
    let groups: i32 = node.groups.iter().map(|group| group_height(group) + INSET).sum();
    HEAD + LINE * count(node.lines.len()) + INSET + groups
}

fn group_height(group: &Group) -> i32 {
    let chips = count(group.chips.len()) * (CHIP + GAP);
    GROUP + chips + if chips > 0 { GAP } else { 0 }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Draws the card of a node.
pub(super) fn draw(out: &mut Drawing, node: &NodeBox, class: &str, at: (i32, i32), width: i32) {
    let note = format!("{}  ({})", node.name, node.origin);
    let mut card = Frame::new(class, at, (width, height(node))).note(note);
    card.write(Style::Head, (INSET + 2, 18), &node.name);
    for (line, top) in node.lines.iter().zip((HEAD..).step_by(16)) {
        card.write(Style::Dim, (INSET + 2, top + 11), line);
    }
    out.frame(card);
    let mut top = at.1 + HEAD + LINE * count(node.lines.len()) + GAP;
    for group in &node.groups {
        draw_group(out, group, (at.0 + INSET, top), width - 2 * INSET);
        top += group_height(group) + INSET;
    }
}

fn draw_group(out: &mut Drawing, group: &Group, at: (i32, i32), width: i32) {
    let note = format!("{} {}  ({})", group.name, group.detail, group.origin);
    let mut frame = Frame::new("group", at, (width, group_height(group))).note(note);
    let used = frame.write(Style::Body, (INSET, 15), &group.name);
    frame.write(Style::Dim, (INSET + used + INSET, 15), &group.detail);
    out.frame(frame);
    for (chip, top) in group.chips.iter().zip((at.1 + GROUP..).step_by(24)) {
        draw_chip(out, chip, (at.0 + GAP, top), width - 2 * GAP);
    }
}

fn draw_chip(out: &mut Drawing, chip: &Chip, at: (i32, i32), width: i32) {
    let class = if chip.idle { "chip idle" } else { "chip" };
    let mut frame = Frame::new(class, at, (width, CHIP)).note(chip.note.as_str());
    let badges = badges(chip);
    let mut right = width - GAP;
    let mut places = Vec::new();
    for (badge, wide) in badges.iter().rev() {
        right -= wide;
        places.push((badge, right, *wide));
        right -= GAP;
    }
    let used = frame.write_until(Style::Body, (6, 14), right, &label(chip));
    let left = 6 + used + INSET;
    // A few letters of an address say nothing.
    if right - left >= Style::Dim.width(&chip.detail).min(80) {
        frame.write_until(Style::Dim, (left, 14), right, &chip.detail);
    }
    out.frame(frame);
    for (badge, left, wide) in places.into_iter().rev() {
        let (number, text) = badge;
        draw_badge(out, (*number, text), &chip.note, (at.0 + left, at.1 + 3), wide);
    }
}

/// The name, with how many it stands for.
fn label(chip: &Chip) -> String {
    if chip.count > 1 { format!("{} ×{}", chip.name, chip.count) } else { chip.name.clone() }
}

/// The badges of a chip: the number of the service, the text, and how wide it is.
fn badges(chip: &Chip) -> Vec<((Option<usize>, String), i32)> {
    let shown = if chip.services.len() > BADGES { BADGES - 1 } else { BADGES };
    let numbers =
        chip.services.iter().take(shown).map(|number| (Some(*number), number.to_string()));
    let more = chip.services.len().saturating_sub(shown);
    let more = (more > 0).then(|| (None, format!("+{more}")));
    numbers.chain(more).map(|(number, text)| ((number, text.clone()), badge_width(&text))).collect()
}

/// How wide a badge with a text is.
pub(super) fn badge_width(text: &str) -> i32 {
    Style::Badge.width(text) + 10
}

/// Draws a badge: the number of a service on the colour of that service.
pub(super) fn draw_badge(
    out: &mut Drawing,
    (number, text): (Option<usize>, &str),
    note: &str,
    at: (i32, i32),
    width: i32,
) {
    let class = number.map_or("n9".to_owned(), |number| format!("n{}", (number + 9) % 10));
    let mut badge = Frame::new(&class, at, (width, 14)).note(note);
    badge.write(Style::Badge, (5, 11), text);
    out.frame(badge);
}
