//! A drawing as SVG.

use super::drawing::{Drawing, Frame, Label, Shape, Wire};
use super::style::SHEET;
use std::fmt::Write;

impl Drawing {
    /// The drawing as an SVG document that needs nothing else: no script, no font, no other file.
    #[must_use]
    pub fn svg(&self) -> String {
        let Drawing { width, height, .. } = self;
        let (title, description) = (escape(&self.title), escape(&self.description));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title description\">\n\
             <title id=\"title\">{title}</title>\n<desc id=\"description\">{description}</desc>\n\
             <style>\n{SHEET}</style>\n\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n"
        );
        for shape in &self.shapes {
            match shape {
                Shape::Frame(frame) => write_frame(&mut out, frame),
                Shape::Wire(wire) => write_wire(&mut out, wire),
                Shape::Label(label) => write_label(&mut out, label),
            }
        }
        out.push_str("</svg>\n");
        out
    }
}

// Writing to a string cannot fail.

fn write_frame(out: &mut String, frame: &Frame) {
    let Frame { x, y, width, height, class, note, labels } = frame;
    out.push_str("<g>");
    write_note(out, note);
    let round = if *height < 24 { 3 } else { 5 };
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>"
    );
    labels.iter().for_each(|label| write_label(out, label));
    out.push_str("</g>\n");
}

fn write_label(out: &mut String, label: &Label) {
    let Label { x, y, style, text } = label;
    let (class, text) = (style.class(), escape(text));
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>");
}

fn write_wire(out: &mut String, wire: &Wire) {
    let _ = writeln!(out, "<path class=\"{}\" d=\"{}\"/>", wire.class, wire.path);
}

fn write_note(out: &mut String, note: &str) {
    if !note.is_empty() {
        let _ = write!(out, "<title>{}</title>", escape(note));
    }
}

/// Text for XML. Control characters are none of its (XML 1.0, section 2.2).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a & \"b\">\u{1}\n"), "&lt;a &amp; &quot;b&quot;&gt;\u{fffd}\n");
    }
}
