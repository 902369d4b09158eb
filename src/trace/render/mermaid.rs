//! As a sequence diagram of Mermaid.

use super::super::{Ended, Event, Place, Step};
use super::gist::gist;
use super::line::line;
use super::text::rounded;
use super::{Reaches, Report, both_ways, ends};
use std::fmt::Write;

impl Report<'_> {
    /// A sequence diagram: places, the packet between them as it is on the wire, and what decides.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = "sequenceDiagram\n".to_owned();
        let Some(ended) = self.chosen() else { return out };
        let (there, back) = both_ways(ended);
        let (there, back) = (gist(&there), gist(&back));
        let mut places: Vec<&Place> = Vec::new();
        for step in there.iter().chain(&back) {
            if !places.contains(&&step.place) {
                places.push(&step.place);
            }
        }
        for (number, place) in places.iter().enumerate() {
            put(
                &mut out,
                &format!("participant p{number} as {}", clean(&self.names().place(place))),
            );
        }
        self.drawn(&mut out, &there, &places, "->>");
        self.drawn(&mut out, &back, &places, "-->>");
        self.verdict_note(&mut out, ended, &places);
        out
    }

    /// Steps: an arrow from place to place, with notes of what happens in between.
    fn drawn(&self, out: &mut String, steps: &[&Step], places: &[&Place], arrow: &str) {
        let number = |place: &Place| places.iter().position(|known| *known == place).unwrap_or(0);
        let mut before: Option<&Step> = None;
        for step in steps {
            if let Some(before) = before.filter(|before| before.place != step.place) {
                let (from, to) = (number(&before.place), number(&step.place));
                put(out, &format!("p{from}{arrow}p{to}: {}", clean(&ends(step))));
            }
            before = Some(step);
            let notable = matches!(
                step.event,
                Event::Rule { .. }
                    | Event::Translated { .. }
                    | Event::Restored { .. }
                    | Event::Scheduled { .. }
                    | Event::Routed { .. }
                    | Event::Bridged { .. }
                    | Event::Wrapped { .. }
                    | Event::Unwrapped { .. }
                    | Event::Relayed { .. }
                    | Event::Returned { .. }
            );
            if let Some(line) = line(step, self.names()).filter(|_| notable) {
                let at = number(&step.place);
                let text = clean(&format!("{} {}", line.label, line.text));
                put(out, &format!("Note over p{at}: {text}"));
            }
        }
    }

    fn verdict_note(&self, out: &mut String, ended: &Ended, places: &[&Place]) {
        let verdict = match (Reaches::of(self.answer), self.diagnosis(ended)) {
            (Reaches::Always, _) => "reaches".to_owned(),
            (Reaches::Sometimes(share), _) => {
                format!("reaches with probability {}", rounded(share))
            }
            (Reaches::Never, Some(why)) => format!("does not reach: {}", why.headline),
            (Reaches::Never, None) => "does not reach".to_owned(),
            (Reaches::Unknown(_), why) => {
                let why = why.map_or_else(String::new, |why| format!(": {}", why.headline));
                format!("cannot be judged{why}")
            }
        };
        let last = places.len().saturating_sub(1);
        let over = if last == 0 { "p0".to_owned() } else { format!("p0,p{last}") };
        put(out, &format!("Note over {over}: {}", clean(&verdict)));
    }
}

/// A text without what has a meaning in Mermaid.
fn clean(text: &str) -> String {
    text.replace(';', ",").replace('#', "").replace('"', "'")
}

fn put(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "    {text}");
}
