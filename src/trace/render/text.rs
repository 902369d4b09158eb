//! For people.

use super::super::names::with_port;
use super::super::{Ended, Event, Place, Step};
use super::gist::gist;
use super::line::{Line, line};
use super::seen;
use super::{Reaches, Report, both_ways, ends, share};
use netc_lang::Span;
use std::fmt::Write;

/// Where the position of a statement begins, if what stands before is not longer.
const COLUMN: usize = 92;

/// So many ways are in the table if not all are asked for.
const WAYS: usize = 12;

/// The width of labels.
const LABEL: usize = 8;

impl Report<'_> {
    /// For people: one way in full and a table of all; with `all`, every way in full.
    #[must_use]
    pub fn text(&self, all: bool) -> String {
        let mut out = String::new();
        self.title(&mut out);
        let ways = &self.answer.ways;
        match all {
            true => ways.iter().for_each(|ended| self.way(&mut out, ended, true)),
            false => {
                if let Some(ended) = self.chosen() {
                    self.way(&mut out, ended, false);
                }
            }
        }
        if ways.len() > 1 {
            self.table(&mut out, all);
        }
        self.verdict(&mut out);
        out
    }

    fn title(&self, out: &mut String) {
        let question = self.question;
        let to = with_port(&question.destination, question.payload.destination());
        let protocol = question.payload.name(question.destination.family());
        put(out, &format!("{} -> {}  ({to} {protocol})", self.from, self.to));
        if let Some(id) = self.live {
            let name = self.names().node_name(id);
            put(out, &format!("node {name} as it is now; all others as they are to be"));
        }
    }

    fn way(&self, out: &mut String, ended: &Ended, full: bool) {
        if ended.way.share < 1.0 - super::EPSILON || self.answer.ways.len() > 1 {
            put(out, &format!("\n# {}", self.of(ended)));
        } else {
            put(out, "");
        }
        let (mut there, mut back) = both_ways(ended);
        if !full {
            (there, back) = (gist(&there), gist(&back));
        }
        self.places(out, &there);
        if !back.is_empty() {
            put(out, "\nthe answer");
            // Where it is the answer that is lost, its way is what matters.
            match full || ended.failure.is_some() {
                true => self.places(out, &back),
                false => self.shortly(out, &back),
            }
        }
        if let Some(diagnosis) = self.diagnosis(ended) {
            put(out, &format!("\u{2514} {}", diagnosis.headline));
        }
        let seen = seen::rows(ended, self.names());
        if !seen.is_empty() {
            put(out, "\nseen on");
            table(out, &seen);
        }
    }

    /// Which way this is: the share, and who gets the packet.
    fn of(&self, ended: &Ended) -> String {
        let clients = match ended.way.client.all() {
            [_] => String::new(),
            several => format!(" of {} clients", several.len()),
        };
        let share = share(ended.way.share);
        match ended.server() {
            Some(server) => {
                let at = with_port(&server.address, server.port);
                format!("{share}{clients}: {at} ({})", self.names().place(&server.place))
            }
            None => format!("{share}{clients}: nobody gets it"),
        }
    }

    /// Steps in full, by places.
    fn places(&self, out: &mut String, steps: &[&Step]) {
        let names = self.names();
        let mut place: Option<&Place> = None;
        let mut hook = None;
        for (number, step) in steps.iter().enumerate() {
            if place != Some(&step.place) {
                put(out, &names.place(&step.place));
                (place, hook) = (Some(&step.place), None);
            }
            if let Event::Hook(next) = step.event {
                // It is shown once something happens in it.
                hook = Some((next, false));
                continue;
            }
            let Some(line) = line(step, names) else { continue };
            let within = is_within(&step.event);
            match &mut hook {
                Some((hook, shown)) if within => {
                    if !std::mem::replace(shown, true) {
                        put(out, &format!("\u{2502} {hook}"));
                    }
                }
                _ => hook = None,
            }
            let within = within && hook.is_some();
            self.step(out, step, &line, within);
            if let Some(now) = now(steps.get(number..).unwrap_or_default()) {
                let indent = if within { "  " } else { "" };
                put(out, &format!("\u{2502} {indent}{:LABEL$} {now}", "now"));
            }
        }
    }

    fn step(&self, out: &mut String, step: &Step, line: &Line, within: bool) {
        let indent = if within { "  " } else { "" };
        let text = format!("\u{2502} {indent}{:LABEL$} {}", line.label, line.text);
        let origin = step.decided.as_ref().and_then(|decided| decided.origin);
        self.at(out, &text, origin);
    }

    /// Steps in short: the devices of each place, and what is undone there.
    fn shortly(&self, out: &mut String, steps: &[&Step]) {
        let names = self.names();
        for steps in steps.chunk_by(|one, next| one.place == next.place) {
            let devices = steps.iter().filter_map(|step| match &step.event {
                Event::In(device) => Some(format!("in {device}")),
                Event::Out(device) => Some(format!("out {device}")),
                _ => None,
            });
            let devices: Vec<String> = devices.collect();
            let Some(first) = steps.first() else { continue };
            let place = names.tenant(&first.place);
            match devices.is_empty() {
                true => put(out, &format!("\u{2502} {place}")),
                false => put(out, &format!("\u{2502} {place}: {}", devices.join(", "))),
            }
            for step in steps {
                let changes = matches!(
                    step.event,
                    Event::Restored { .. }
                        | Event::Translated { .. }
                        | Event::Wrapped { .. }
                        | Event::Returned { .. }
                );
                if let Some(line) = line(step, names).filter(|_| changes) {
                    put(out, &format!("\u{2502}   {:LABEL$} {}", line.label, line.text));
                }
            }
        }
    }

    /// All ways, each with its share, its end and what becomes of it.
    fn table(&self, out: &mut String, all: bool) {
        put(out, "\nways");
        let names = self.names();
        let ways = &self.answer.ways;
        let shown = if all { ways.len() } else { WAYS };
        let rows = ways.iter().take(shown).map(|ended| {
            let (at, place, client) = match ended.server() {
                Some(server) => (
                    with_port(&server.address, server.port),
                    names.place(&server.place),
                    format!("sees {}", server.client),
                ),
                None => ("-".to_owned(), "nobody gets it".to_owned(), String::new()),
            };
            let outcome = self.diagnosis(ended).map_or("answers".to_owned(), |why| why.headline);
            [share(ended.way.share), at, place, client, outcome]
        });
        table(out, &rows.collect::<Vec<_>>());
        if let Some(more) = ways.len().checked_sub(shown).filter(|more| *more > 0) {
            put(out, &format!("  and {more} more; --all shows them"));
        }
    }

    fn verdict(&self, out: &mut String) {
        put(out, "");
        let reaches = Reaches::of(self.answer);
        let mut causes = Vec::new();
        for ended in &self.answer.ways {
            if let Some(diagnosis) = self.diagnosis(ended)
                && !causes.contains(&diagnosis)
            {
                causes.push(diagnosis);
            }
        }
        match (reaches, causes.first()) {
            (Reaches::Always, _) => put(out, "reaches"),
            (Reaches::Sometimes(share), _) => {
                put(out, &format!("reaches with probability {}", rounded(share)));
            }
            (Reaches::Never, Some(cause)) => {
                put(out, &format!("does not reach: {}", cause.headline));
            }
            (Reaches::Never, None) => put(out, "does not reach"),
            (Reaches::Unknown(least), _) if least <= 1e-9 => put(out, "cannot be judged"),
            (Reaches::Unknown(least), _) => put(
                out,
                &format!("reaches with probability {}; the rest cannot be judged", rounded(least)),
            ),
        }
        for (place, cause) in causes.iter().enumerate() {
            if place > 0 || reaches != Reaches::Never {
                let what = if cause.is_unknown { "cannot be judged" } else { "does not reach" };
                put(out, &format!("  {what}: {}", cause.headline));
            }
            for said in &cause.explanation {
                put(out, &format!("  {said}"));
            }
            if let Some(help) = &cause.help {
                put(out, &format!("  help: {help}"));
            }
            if let Some(at) = self.located(cause.span) {
                put(out, &format!("  at:   {at}"));
            }
        }
    }

    /// A line with the position of its statement.
    fn at(&self, out: &mut String, text: &str, origin: Option<Span>) {
        match self.located(origin) {
            Some(at) => put(out, &format!("{text:COLUMN$}  # {at}")),
            None => put(out, text),
        }
    }
}

/// From where to where a packet goes behind the first of these steps, if that changes it.
fn now(steps: &[&Step]) -> Option<String> {
    let step = match steps.first()?.event {
        Event::Translated { .. } | Event::Restored { .. } | Event::Unwrapped { .. } => {
            steps.first()?
        }
        // The outer packet has its source once it has a route.
        Event::Wrapped { .. } => {
            let mut later = steps.iter().skip(1);
            later.find(|step| matches!(step.event, Event::Out(_)))?
        }
        _ => return None,
    };
    Some(format!("{} {}", ends(step), super::line::protocol(step)))
}

/// Whether it is the chains of a hook where this happens.
fn is_within(event: &Event) -> bool {
    matches!(
        event,
        Event::Rule { .. }
            | Event::Element { .. }
            | Event::Unjudged { .. }
            | Event::Translated { .. }
            | Event::Restored { .. }
            | Event::Scheduled { .. }
    )
}

/// A probability as people say it.
pub(super) fn rounded(share: f64) -> String {
    let text = format!("{share:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Rows with their columns one under the other.
fn table<const N: usize>(out: &mut String, rows: &[[String; N]]) {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        put(out, &format!("  {}", cells.collect::<Vec<_>>().join("  ")));
    }
}

fn put(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}", text.trim_end());
}
